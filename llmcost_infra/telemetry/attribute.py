"""`attribute`: whose spend the calls are that are made inside."""

from __future__ import annotations

from llmcost_infra.telemetry.around import Around
from llmcost_infra.telemetry.attribution import Said, attributes, enter, leave

__all__ = ["Attribute", "attribute"]


def attribute(
    *,
    feature: object = None,
    user: object = None,
    team: object = None,
    conversation: object = None,
    prompt: object = None,
) -> Attribute:
    """Say whose spend the calls are that are made inside.

    It decorates functions, coroutine functions and generators of both kinds, and is a context
    manager (`with`, in a coroutine as well). What is left out stays as it is outside.

    Args:
        feature: the part of the product, such as `summarize`.
        user: id of who caused the call; it leaves the process hashed.
        team: who pays, where the process does not say it already.
        conversation: id of the conversation; it leaves the process hashed.
        prompt: name of the prompt.
    """
    return Attribute(Said(feature, team, prompt, user, conversation))


class Attribute(Around[None]):
    """What `attribute` returns.

    Args:
        said: what it was told.
    """

    def __init__(self, said: Said) -> None:
        self._said = said

    def _begin(self) -> None:
        return None

    def _resume(self, state: None) -> object:  # noqa: ARG002 - there is none
        return enter(attributes(self._said))

    def _pause(self, token: object) -> None:
        leave(token)

    def _end(self, state: None, error: BaseException | None) -> None:
        """Do nothing: an error is none of its business."""
