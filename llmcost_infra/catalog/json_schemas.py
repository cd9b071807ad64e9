"""JSON schemas of what people write, so that an editor completes and checks it while they do."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic.json_schema import GenerateJsonSchema

from llmcost_infra.catalog.dashboards import DashboardDeclaration
from llmcost_infra.catalog.pipeline_files import PipelineDeclaration
from llmcost_infra.declarations import Strict, nearest
from llmcost_infra.errors import LlmCostError
from llmcost_infra.pricing.schema import PriceFile
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel
    from pydantic_core import core_schema

__all__ = ["json_schema", "names"]

_MODELS: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {
        "settings": Settings,
        "dashboard": DashboardDeclaration,
        "pipeline": PipelineDeclaration,
        "prices": PriceFile,
    }
)
_STACK: Final = "stack"
_ARGUMENT: Final = re.compile(r"^    (\w+): (.*(?:\n     +\S.*)*)", re.MULTILINE)


def names() -> list[str]:
    """Return the schemas that there are."""
    return [_STACK, *_MODELS]


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON schema of a kind of file.

    Args:
        name: ``stack`` is a whole ``Pulumi.<stack>.yaml``, ``settings`` what stands in it under
            ``llmcost:settings``; the others are declarations.

    Raises:
        LlmCostError: there is no schema of that name.
    """
    if name == _STACK:
        return _around(json_schema("settings"))
    if name not in _MODELS:
        raise LlmCostError(f"There is no schema {name!r}.", hint=nearest(name, names()))
    made = _MODELS[name].model_json_schema(schema_generator=_Described)
    return cast("dict[str, Any]", _without_numbers_on_text(made))


def _around(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a stack's file; the engine's own keys are its own business."""
    definitions = settings.pop("$defs")
    return {
        "title": "Stack",
        "description": "Configuration of one stack, Pulumi.<stack>.yaml.",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {"llmcost:settings": {"$ref": "#/$defs/Settings"}},
            }
        },
        "$defs": {**definitions, "Settings": settings},
    }


def _without_numbers_on_text(value: Any) -> Any:
    """Return a schema without limits of amounts, which are written as text."""
    if isinstance(value, list):
        return [_without_numbers_on_text(one) for one in value]  # pyright: ignore[reportUnknownVariableType] # JSON
    if not isinstance(value, dict):
        return value
    items = cast("dict[str, Any]", value).items()
    return {key: _without_numbers_on_text(one) for key, one in items if key != "gt"}


class _Described(GenerateJsonSchema):
    """Adds what the models' docstrings say of each key.

    Pydantic can do so itself, but while it makes the classes: every run would pay for it.
    """

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        """Return a model's schema with descriptions."""
        made, model = super().model_schema(schema), schema["cls"]
        own = [one for one in reversed(model.__mro__) if issubclass(one, Strict)]
        said = {name: text for one in own for name, text in _said_in(one)}
        for name, field in model.model_fields.items():
            if name in said:
                made["properties"][field.alias or name]["description"] = said[name]
        made["description"] = made["description"].partition("\n\nArgs:")[0]
        return made


def _said_in(model: type) -> Iterator[tuple[str, str]]:
    """Yield names and texts: of a class's ``Args``, and of docstrings below its attributes."""
    for name, text in _ARGUMENT.findall(inspect.getdoc(model) or ""):
        yield name, " ".join(text.split())
    (declared,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    for field, below in pairwise(cast("ast.ClassDef", declared).body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=text)):
                yield name, " ".join(str(text).split())
            case _:
                pass
