"""What the server ships with: recorded answers that every fresh server gives."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["configuration", "prebuilt_destinations", "prebuilt_templates"]


@cache
def _data(name: str) -> str:
    return files("llmcost_infra.local").joinpath("data", name).read_text(encoding="utf-8")


def configuration() -> dict[str, Any]:
    """Return the answer of `/config`."""
    content: dict[str, Any] = json.loads(_data("config.json"))
    return content


def prebuilt_templates() -> list[dict[str, Any]]:
    """Return the templates that every organization sees."""
    content: list[dict[str, Any]] = json.loads(_data("prebuilt_templates.json"))
    return content


def prebuilt_destinations() -> list[dict[str, Any]]:
    """Return the examples of destinations."""
    content: list[dict[str, Any]] = json.loads(_data("prebuilt_destinations.json"))
    return content
