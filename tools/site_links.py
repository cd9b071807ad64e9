"""Lets pages of the site name files of the repository, which are no pages.

In the repository such a link opens the file. On the site it does so too where `repo_url` is set,
and is plain text otherwise: a link that leads nowhere is worse than none.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["on_page_markdown"]

_OUTSIDE = re.compile(r"\[([^\]\n]+)\]\(\.\./([^)\s]+)\)")


def on_page_markdown(markdown: str, *, config: Any, **_: Any) -> str:
    """Return a page whose links lead to pages, or into the repository on the web."""
    url = config["repo_url"]

    def led(link: re.Match[str]) -> str:
        return f"[{link[1]}]({url.rstrip('/')}/blob/main/{link[2]})" if url else link[1]

    return _OUTSIDE.sub(led, markdown)
