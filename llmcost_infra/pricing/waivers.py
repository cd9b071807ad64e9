"""Differences from public price data that somebody has looked at and answers for, for a time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from pydantic import Field

from llmcost_infra import declarations
from llmcost_infra.declarations import Strict

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Waiver", "load_waivers"]

_FILE: Final = "waivers/genai-prices.yaml"


class Waiver(Strict):
    """One difference that is known.

    Args:
        model: id of our model.
        classes: classes of tokens whose rates may differ.
        reason: why ours is right.
        expires: day from which somebody has to look again.
    """

    model: str
    classes: tuple[str, ...] = Field(min_length=1)
    reason: str = Field(min_length=10)
    expires: date


class _File(Strict):
    waivers: tuple[Waiver, ...]


def load_waivers(project: Path | None = None) -> tuple[Waiver, ...]:
    """Read the waivers; none where there is no file.

    Raises:
        DeclarationError: the file is wrong.
    """
    path = declarations.file("pricing", _FILE, project)
    return declarations.load(path, _File).waivers if path else ()
