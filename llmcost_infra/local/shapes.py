"""Shapes of request bodies: what is required, defaulted, dropped or refused, in the server's words.

A shape reads a parsed JSON value as the server's typed models do: unknown keys vanish, defaults
appear, and the first mismatch in the order of the text is the one that is reported.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llmcost_infra.local.json_text import JsonPath

__all__ = [
    "ANY",
    "BOOLEAN",
    "FLOAT",
    "INTEGER",
    "REQUIRED",
    "STRING",
    "UNSIGNED",
    "Choice",
    "Deferred",
    "Field",
    "ListOf",
    "MapOf",
    "Mismatch",
    "Nullable",
    "OneOf",
    "Shape",
    "Struct",
    "Tagged",
    "defaulted",
    "invalid_type",
    "is_list",
    "is_object",
    "nullable",
    "optional",
    "required",
]

REQUIRED: Any = object()
"""The default of a field that must be sent."""


class Mismatch(Exception):  # noqa: N818 - it is the client's value that does not match
    """A value does not have the shape.

    Args:
        words: what the server says, without position.
        path: where.
        before: the server stops before reading the value (containers) rather than after it.
    """

    def __init__(self, words: str, path: JsonPath, *, before: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.path = path
        self.before = before


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Tell whether a JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Tell whether a JSON value is a list."""
    return isinstance(value, list)


class Shape(Protocol):
    """What a value must look like."""

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        """Return the value as the server holds it; raises Mismatch."""
        ...


def _unexpected(value: Any) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'string "{escaped}"'
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int | float):
        return f"{'integer' if isinstance(value, int) else 'floating point'} `{value}`"
    if value is None:
        return "null"
    return "map" if isinstance(value, dict) else "sequence"


def invalid_type(value: Any, expected: str, path: JsonPath) -> Mismatch:
    """Return the mismatch of a value of another type than expected."""
    return Mismatch(
        f"invalid type: {_unexpected(value)}, expected {expected}",
        path,
        before=isinstance(value, dict | list),
    )


_INTEGERS = frozenset({"i32", "i64", "u64"})


@dataclass(frozen=True)
class _Scalar:
    expected: str
    fits: Callable[[Any], bool]
    convert: Callable[[Any], Any] = lambda value: value

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        if not self.fits(value):
            if isinstance(value, float) and self.expected in _INTEGERS:
                raise Mismatch("invalid number", path)
            raise invalid_type(value, self.expected, path)
        return self.convert(value)


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


STRING: Shape = _Scalar("a string", lambda value: isinstance(value, str))
BOOLEAN: Shape = _Scalar("a boolean", lambda value: isinstance(value, bool))
INTEGER: Shape = _Scalar("i64", _is_integer)
UNSIGNED: Shape = _Scalar("u64", lambda value: _is_integer(value) and value >= 0)
FLOAT: Shape = _Scalar("f64", _is_number, float)
ANY: Shape = _Scalar("any value", lambda _: True)


@dataclass(frozen=True)
class Nullable:
    """A value or null."""

    inner: Shape

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        """Return null as None."""
        return None if value is None else self.inner.read(value, path)


@dataclass(frozen=True)
class ListOf:
    """A list of one shape."""

    inner: Shape

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        """Read every item."""
        if not is_list(value):
            raise invalid_type(value, "a sequence", path)
        return [self.inner.read(item, (*path, index)) for index, item in enumerate(value)]


@dataclass(frozen=True)
class MapOf:
    """An object with any keys and values of one shape."""

    inner: Shape

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        """Read every value."""
        if not is_object(value):
            raise invalid_type(value, "a map", path)
        return {key: self.inner.read(item, (*path, key)) for key, item in value.items()}


@dataclass(frozen=True)
class Choice:
    """One of some texts; `aliases` are read as the text they map to."""

    texts: Sequence[str]
    aliases: Mapping[str, str] | None = None

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        """Return the text."""
        if not isinstance(value, str):
            raise invalid_type(value, "string or map", path)
        if value in self.texts:
            return value
        if self.aliases and value in self.aliases:
            return self.aliases[value]
        known = ", ".join(f"`{text}`" for text in self.texts)
        expected = f"one of {known}" if len(self.texts) > 1 else known
        raise Mismatch(f"unknown variant `{value}`, expected {expected}", path)


@dataclass(frozen=True)
class Field:
    """A key of a Struct.

    Args:
        shape: its value.
        default: its value when it is not sent; REQUIRED refuses.
        hidden: left out of what is read when it equals this.
        alias: another key that is read as this one.
    """

    shape: Shape
    default: Any = REQUIRED
    hidden: Any = REQUIRED
    alias: str | None = None


@dataclass(frozen=True)
class Struct:
    """An object with known keys; others are dropped.

    Args:
        name: the model's name, as refusals show it.
        fields: in the order in which the server writes them.
    """

    name: str
    fields: Mapping[str, Field]

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        """Return the keys in the model's order, defaults filled in."""
        if is_object(value):
            return self._complete(self._sent(value, path), path)
        if is_list(value):
            # The server's models can be read from a list, field by field.
            return self._complete(self._listed(value, path), path)
        raise invalid_type(value, f"struct {self.name}", path)

    def _sent(self, value: dict[str, Any], path: JsonPath) -> dict[str, Any]:
        names = {key: key for key in self.fields}
        names |= {field.alias: key for key, field in self.fields.items() if field.alias}
        return {
            names[key]: self.fields[names[key]].shape.read(item, (*path, key))
            for key, item in value.items()
            if key in names
        }

    def _listed(self, value: list[Any], path: JsonPath) -> dict[str, Any]:
        return {
            key: self.fields[key].shape.read(item, (*path, index))
            for index, (key, item) in enumerate(zip(self.fields, value, strict=False))
        }

    def _complete(self, sent: dict[str, Any], path: JsonPath) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for key, field in self.fields.items():
            if key not in sent and field.default is REQUIRED:
                raise Mismatch(f"missing field `{key}`", path)
            item = sent[key] if key in sent else copy.deepcopy(field.default)
            if field.hidden is REQUIRED or item != field.hidden:
                whole[key] = item
        return whole


@dataclass(frozen=True)
class Tagged:
    """An object whose model depends on one of its keys.

    Args:
        tag: that key.
        models: the model of each of its values.
    """

    tag: str
    models: Mapping[str, Shape]

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        """Return the tag, then the model's keys."""
        if not is_object(value):
            raise invalid_type(value, "internally tagged enum", path)
        if self.tag not in value:
            raise Mismatch(f"missing field `{self.tag}`", path)
        name = Choice(tuple(self.models)).read(value[self.tag], path)
        return {self.tag: name, **self.models[name].read(value, path)}


@dataclass(frozen=True)
class OneOf:
    """The first of some shapes that fits."""

    name: str
    shapes: Sequence[Shape]

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        """Return what the first fitting shape reads."""
        for shape in self.shapes:
            try:
                return shape.read(value, path)
            except Mismatch:
                continue
        raise Mismatch(f"data did not match any variant of untagged enum {self.name}", path)


@dataclass(frozen=True)
class Deferred:
    """A shape that is defined later, for models that contain themselves."""

    shape: Callable[[], Shape]

    def read(self, value: Any, path: JsonPath = ()) -> Any:
        """Read with the shape."""
        return self.shape().read(value, path)


def required(shape: Shape) -> Field:
    """Return a key that must be sent."""
    return Field(shape)


def defaulted(shape: Shape, value: Any) -> Field:
    """Return a key with a default that is shown."""
    return Field(shape, value)


def nullable(shape: Shape) -> Field:
    """Return a key that may be absent and is then shown as null."""
    return Field(Nullable(shape), None)


def optional(shape: Shape) -> Field:
    """Return a key that may be absent and is then left out."""
    return Field(Nullable(shape), None, None)
