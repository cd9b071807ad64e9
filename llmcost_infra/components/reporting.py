"""What a program reads of its stack, and how mistakes in it reach the person who runs Pulumi."""

from __future__ import annotations

import difflib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pulumi

from llmcost_infra.declarations import InvalidDeclaration, read
from llmcost_infra.errors import DeclarationError, LlmCostError
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["stack_secret", "stack_settings", "use_placeholder", "without_traceback"]

_NAMESPACE: Final = "llmcost"
_SETTINGS: Final = f"{_NAMESPACE}:settings"


@contextmanager
def without_traceback() -> Generator[None]:
    """Turn our errors into one that Pulumi prints as its words alone.

    Raises:
        pulumi.RunError: with the words of the error: file, line, what is wrong, the next step.
    """
    try:
        yield
    except LlmCostError as error:
        raise pulumi.RunError("\n".join(map(str, _located(error)))) from error


def _located(error: LlmCostError) -> Iterator[LlmCostError]:
    """Yield the problems of an error; one about settings with its line in the stack's file."""
    problems = error.problems if isinstance(error, InvalidDeclaration) else (error,)
    for problem in problems:
        if isinstance(problem, DeclarationError) and problem.path == _SETTINGS:
            yield _in_stack_file(problem)
        else:
            yield problem


def _in_stack_file(problem: DeclarationError) -> DeclarationError:
    path = Path(f"Pulumi.{pulumi.get_stack()}.yaml")
    try:
        document = read(path)
    except DeclarationError:
        return problem
    keys = problem.message.partition(": ")[0].split(".")
    above = ("config", _SETTINGS)
    if above not in document.lines:
        return problem  # the settings come from elsewhere
    place = tuple(int(key) if key.isdigit() else key for key in keys)
    line = document.line((*above, *place))
    return DeclarationError(problem.message, path=path, line=line, hint=problem.hint)


def _config(name: str) -> pulumi.Config:
    """Return the configuration that has a value: the project's, or ours where that has none."""
    own, ours = pulumi.Config(), pulumi.Config(_NAMESPACE)
    found = own.get_secret(name) is not None or ours.get_secret(name) is None
    return own if found else ours


def stack_settings() -> Settings:
    """Return the settings of the selected stack: ``llmcost:settings`` of ``Pulumi.<stack>.yaml``.

    Raises:
        pulumi.RunError: they are missing, or wrong: every problem with the nearest valid key.
    """
    with without_traceback():
        chosen = _config("settings").get_object("settings")
        if chosen is None:
            raise _without_settings()
        return Settings.from_mapping(chosen)


def _without_settings() -> DeclarationError:
    """Return what is wrong with a stack that has no settings: a new one, or a misspelled key."""
    path = Path(f"Pulumi.{pulumi.get_stack()}.yaml")
    keys: dict[str, int] = {}
    with suppress(DeclarationError):
        keys = {str(at[1]): line for at, line in read(path).lines.items() if len(at) == 2}  # noqa: PLR2004 - config, and a key in it
    close = difflib.get_close_matches(_SETTINGS, keys, n=1)
    if close:
        said, hint = f"{close[0]}: unknown key", f"did you mean {_SETTINGS!r}?"
        return DeclarationError(said, path=path, line=keys[close[0]], hint=hint)
    hint = f"write {_SETTINGS} below config, with environment; copy another stack's to begin with"
    return DeclarationError("this stack has no settings yet", path=path, hint=hint)


_placeholders: list[str] = []


def use_placeholder(text: str) -> None:
    """Let a text stand for every secret that is not set: nothing will be sent anywhere."""
    _placeholders[:] = [text]


def stack_secret(name: str) -> pulumi.Output[str]:
    """Return a secret of the selected stack's configuration.

    Raises:
        pulumi.RunError: it is not set; the command that sets it is named.
    """
    value = _config(name).get_secret(name)
    if value is None and _placeholders:
        return pulumi.Output.secret(_placeholders[0])
    if value is None:
        # Where the settings stand, their secrets do: as docs and templates write them.
        key = _config("settings").full_key(name)
        said = f"The stack has no secret {key}.\n  Set it: pulumi config set --secret {key}"
        more = ", ".join(one for one in _missing_secrets() if one != key)
        also = f"\n  Its settings name more that it lacks: {more}" if more else ""
        raise pulumi.RunError(said + also)
    return value


def _missing_secrets() -> list[str]:
    """Return the secrets of routes that are not set: whoever sets one wants to know of all."""
    settings = _config("settings")
    names: dict[str, None] = {}
    with suppress(DeclarationError):  # whoever reads them says what is wrong with them
        routes = Settings.from_mapping(settings.get_object("settings") or {}).routes.values()
        names = dict.fromkeys(route.secret for route in routes if route.secret)
    return [settings.full_key(name) for name in names if _config(name).get_secret(name) is None]
