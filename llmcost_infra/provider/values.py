"""The engine's encoding of property values: protobuf `Struct` to plain Python and back.

Plain Python here is JSON plus two things that JSON lacks: `Secret`, which marks a value that must
not be shown, and `UNKNOWN`, a value that a preview cannot know yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from google.protobuf.struct_pb2 import ListValue, NullValue, Struct, Value

from llmcost_infra.errors import LlmCostError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "UNKNOWN",
    "Secret",
    "Unknown",
    "decode",
    "decode_map",
    "encode",
    "encode_map",
    "is_list",
    "is_map",
]

_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's tag, no secret
_OUTPUT: Final = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

# The engine has a tag for each type of unknown value, and one for unknowns of no known type.
_UNKNOWNS: Final = frozenset(
    {
        _UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)

_EXACT: Final = 2.0**53
"""Above this a double skips whole numbers."""


class Unknown(Enum):
    """The type of `UNKNOWN`."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN
"""A value that is not known before the update runs."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown.

    Args:
        value: what is hidden; may be `UNKNOWN`.
    """

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


def decode(value: Value) -> Any:
    """Return the Python form of a value as the engine sends it.

    Raises:
        LlmCostError: the value is an asset or another object that has no JSON form.
    """
    match value.WhichOneof("kind"):
        case "bool_value":
            return value.bool_value
        case "number_value":
            return _number(value.number_value)
        case "string_value":
            return UNKNOWN if value.string_value in _UNKNOWNS else value.string_value
        case "list_value":
            return [decode(item) for item in value.list_value.values]
        case "struct_value":
            return _decode_struct(value.struct_value)
        case _:
            return None


def decode_map(struct: Struct) -> dict[str, Any]:
    """Return the Python form of an object's properties."""
    return {key: decode(value) for key, value in struct.fields.items()}


def _number(number: float) -> float:
    """Return a whole number as int: the server's JSON tells 2 and 2.0 apart, the engine's not."""
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


def _decode_struct(struct: Struct) -> Any:
    fields = struct.fields
    if _SIGNATURE not in fields:
        return decode_map(struct)
    match fields[_SIGNATURE].string_value:
        case tag if tag == _SECRET:
            return Secret(decode(fields["value"]))
        case tag if tag == _OUTPUT:
            inner = decode(fields["value"]) if "value" in fields else UNKNOWN
            return Secret(inner) if "secret" in fields and fields["secret"].bool_value else inner
        case _:
            raise LlmCostError(
                "OpenObserve's resources take no assets, archives or references to resources.",
                hint="Give the text itself, or the id of the other resource.",
            )


def encode(value: Any) -> Value:
    """Return the engine's form of a value.

    Raises:
        LlmCostError: a whole number is too big for the engine, whose numbers are all doubles.
    """
    if isinstance(value, Secret):
        return Value(struct_value=_secret(value))
    if is_list(value):
        return Value(list_value=ListValue(values=[encode(item) for item in value]))
    if is_map(value):
        return Value(struct_value=encode_map(value))
    return _encode_plain(value)


def _encode_plain(value: float | str | Unknown | None) -> Value:
    match value:
        case None:
            return Value(null_value=NullValue.NULL_VALUE)
        case Unknown():
            return Value(string_value=_UNKNOWN)
        case bool():
            return Value(bool_value=value)
        case str():
            return Value(string_value=value)
        case _:
            return Value(number_value=_double(value))


def encode_map(properties: Mapping[str, Any]) -> Struct:
    """Return the engine's form of an object's properties."""
    return Struct(fields={key: encode(value) for key, value in properties.items()})


def _secret(secret: Secret) -> Struct:
    return Struct(fields={_SIGNATURE: Value(string_value=_SECRET), "value": encode(secret.value)})


def _double(number: float) -> float:
    if isinstance(number, int) and abs(number) > _EXACT and not _is_double(number):
        raise LlmCostError(
            f"{number} is too big: Pulumi keeps numbers as doubles and would change it.",
            hint="Write it as a string.",
        )
    return float(number)


def _is_double(number: int) -> bool:
    try:
        return int(float(number)) == number
    except OverflowError:
        return False


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Say whether a value is a list of values."""
    return isinstance(value, list)


def is_map(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether a value is an object: JSON has no keys but text."""
    return isinstance(value, dict)
