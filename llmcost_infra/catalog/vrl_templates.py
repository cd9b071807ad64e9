"""Files with VRL, or templates of it, as the text that a server takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import jinja2

from llmcost_infra.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["render_vrl"]


def render_vrl(path: Path, values: Mapping[str, object], folders: Iterable[Path]) -> str:
    """Return a function's text.

    Args:
        path: VRL, or with the ending ``.j2`` a template of it.
        values: what a template knows.
        folders: where files that it includes are looked for, in this order.

    Raises:
        DeclarationError: the template is wrong, or includes what is not there.
    """
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".j2":
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 - VRL, not HTML
            lstrip_blocks=True,
        )
        try:
            source = environment.from_string(source).render(values)
        except jinja2.TemplateError as error:
            _refuse(error, path, values)
    # The server appends a line to a function that does not end like this, and would then differ.
    return source.rstrip()


def _refuse(error: jinja2.TemplateError, path: Path, values: Mapping[str, object]) -> NoReturn:
    said, line, hint = str(error.message), None, ""
    if isinstance(error, jinja2.TemplateSyntaxError):
        path, line = Path(error.filename or path), error.lineno
    elif isinstance(error, jinja2.TemplateNotFound):
        said, hint = f"includes {error.name!r}", "there is no such file in pipelines/"
    elif isinstance(error, jinja2.UndefinedError):
        hint = f"a template knows {', '.join(sorted(values))}"
    raise DeclarationError(said, path=path, line=line, hint=hint) from error
