"""What a model refuses is said at the line of the key, with the nearest valid word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal, Self

import pytest
from pydantic import Field, field_validator, model_validator

from llmcost_infra.declarations import InvalidDeclaration, Strict, fitting, load, misplaced, nearest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Declared = Callable[[str], Path]


class Circle(Strict):
    """A shape."""

    type: Literal["circle"]
    radius: float


class Box(Strict):
    """Another shape."""

    type: Literal["box"]
    width: int
    height: int

    @model_validator(mode="after")
    def _flat(self) -> Self:
        if self.height > self.width:
            raise misplaced("{stands} upright", "height", hint="turn it")
        return self


class Drawing(Strict):
    """What the tests declare."""

    title: str
    since: date = date(2026, 1, 1)
    rate: Decimal = Decimal(0)
    colour: Literal["red", "green", "blue"] | None = None
    tags: tuple[str, ...] = ()
    size: int | Box | None = None
    shapes: Mapping[
        Annotated[str, fitting("^[a-z]+$", "use one lower-case word")],
        Annotated[Circle | Box, Field(discriminator="type")],
    ] = Field(default_factory=dict[str, Circle | Box])
    plain: bool = False
    doors: int = 0
    word: Annotated[str, fitting("^[a-z]+$", "use one lower-case word")] = ""
    dots: tuple[Circle, ...] = ()
    notes: Mapping[str, Circle] = Field(default_factory=dict[str, Circle])

    @field_validator("title")
    @classmethod
    def _spoken(cls, title: str) -> str:
        if title.isupper():
            raise ValueError("do not shout")
        return title


def problems(path: Path) -> list[tuple[int | None, str, str]]:
    """Return what loading a drawing complains about."""
    with pytest.raises(InvalidDeclaration) as caught:
        load(path, Drawing)
    return [(problem.line, problem.message, problem.hint) for problem in caught.value.problems]


def test_a_good_file_becomes_a_model(declared: Declared) -> None:
    """Text becomes the exact types that the model asks for; money passes through no float."""
    drawing = load(
        declared(
            "title: House\nsince: 2026-11-24\nrate: 0.1\ntags: [a, b]\nsize: 3\n"
            "shapes:\n  sun: {type: circle, radius: 2}\n"
        ),
        Drawing,
    )
    assert drawing.since == date(2026, 11, 24)
    assert drawing.rate == Decimal("0.1")
    assert drawing.tags == ("a", "b")
    assert drawing.shapes == {"sun": Circle(type="circle", radius=2.0)}


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("title: x\ncolor: red\n", 2, "color: unknown key", "did you mean 'colour'?"),
        ("title: x\ncolour: rad\n", 2, "colour: 'rad' is not valid here", "did you mean 'red'?"),
        (
            "title: x\ncolour: mauve\n",
            2,
            "colour: 'mauve' is not valid here",
            "valid: red, green, blue",
        ),
        ("colour: red\n", 1, "title: is missing", ""),
        ("title: 7\n", 1, "title: write text, in quotes", ""),
        ("title: x\nplain: nope\n", 2, "plain: write true or false", ""),
        ("title: x\ndoors: big\n", 2, "doors: write a whole number", ""),
        ("title: x\nword: A b\n", 2, "word: is not valid here", "use one lower-case word"),
        ("title: LOUD\n", 1, "title: do not shout", ""),
        ("title: x\ntags:\n- a\n- 7\n", 4, "tags.1: write text, in quotes", ""),
        (
            "title: x\nshapes:\n  sun:\n    type: circle\n    raduis: 1\n    radius: 2\n",
            5,
            "shapes.sun.raduis: unknown key",
            "did you mean 'radius'?",
        ),
        (
            "title: x\nshapes:\n  sun:\n    type: circus\n",
            4,
            "shapes.sun.type: 'circus' is not valid here",
            "did you mean 'circle'?",
        ),
        ("title: x\nshapes:\n  sun: {radius: 1}\n", 3, "shapes.sun.type: is missing", ""),
        (
            "title: x\nshapes:\n  door: {type: box, width: 1, height: 2}\n",
            3,
            "shapes.door.height: {stands} upright",
            "turn it",
        ),
        (
            "title: x\nshapes:\n  S-1: {type: circle, radius: 1}\n",
            3,
            "shapes.S-1: is not valid as a key",
            "use one lower-case word",
        ),
        (
            "title: x\nnotes:\n  any:\n    type: circle\n    radius: wide\n",
            5,
            "notes.any.radius: input should be a valid number",
            "",
        ),
        (
            "title: x\ndots:\n- type: circle\n  radius: 1\n  fill: red\n",
            5,
            "dots.0.fill: unknown key",
            "valid: radius, type",
        ),
        (
            "title: x\nnotes:\n  any: {type: square, radius: 1}\n",
            3,
            "notes.any.type: 'square' is not valid here",
            "valid: circle",
        ),
    ],
)
def test_a_problem_is_said_where_it_stands(
    declared: Declared, text: str, line: int, message: str, hint: str
) -> None:
    """Each kind of mistake names line, key and, where there is one, the right word."""
    assert problems(declared(text)) == [(line, message, hint)]


def test_a_union_member_is_no_part_of_the_path(declared: Declared) -> None:
    """The path holds keys of the file only, whichever alternative was tried."""
    found = problems(
        declared("title: x\nsize:\n  type: box\n  width: wide\n  height: 1\n  widht: 1\n")
    )
    assert {message.partition(":")[0] for _, message, _ in found} == {
        "size",
        "size.width",
        "size.widht",
    }
    assert found[-1] == (6, "size.widht: unknown key", "did you mean 'width'?")


def test_problems_come_in_the_order_of_the_file(declared: Declared) -> None:
    """Reader and file go down together."""
    found = problems(declared("titel: x\nshapes:\n  sun: {type: circle}\ncolour: rad\n"))
    assert [line for line, _, _ in found] == [1, 1, 3, 4]


def test_a_file_that_is_no_mapping_is_refused(declared: Declared) -> None:
    """A list where keys are expected is an error about the whole file."""
    assert problems(declared("- a\n")) == [(1, "input should be an object", "")]


def test_nearest_lists_what_is_valid_when_nothing_is_near() -> None:
    """A hint always helps: the near word, else all words, else that there are none."""
    assert nearest("colur", ["colour", "size"]) == "did you mean 'colour'?"
    assert nearest("zzz", ["colour", "size"]) == "valid: colour, size"
    assert nearest("zzz", []) == "none is valid here"
