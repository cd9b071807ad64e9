"""Arguments that several commands read the same way."""

from __future__ import annotations

import re
from datetime import timedelta

import click

__all__ = ["days"]


def days(_ctx: click.Context, _param: click.Parameter, value: str) -> timedelta:
    """Read a number of days, such as 30d."""
    found = re.fullmatch(r"([0-9]{1,4})d", value)
    if found is None:
        raise click.BadParameter(f"{value!r} is not a number of days like 30d")
    return timedelta(days=int(found[1]))
