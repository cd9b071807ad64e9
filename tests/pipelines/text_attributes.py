"""Attributes that tell what people and models said, and others that look alike."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any, Final

import yaml

__all__ = ["OTHERS", "TEXTS"]

_LISTS: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "attributes-with-texts.yaml").read_text()
)

TEXTS: Final[tuple[str, ...]] = tuple(chain(*_LISTS["texts"].values()))
OTHERS: Final[tuple[str, ...]] = tuple(_LISTS["others"])
