"""The server that a command works on when nobody says which."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from llmcost_infra.errors import LlmCostError, TransportError
from llmcost_infra.first_run import embedded
from llmcost_infra.first_run.target import project_folder, target_of
from llmcost_infra.openobserve import Client

__all__ = ["client_at_hand", "no_server"]


def client_at_hand() -> Client:
    """Return a client of the server that the environment names, or of the embedded one.

    Raises:
        TransportError: there is neither.
        DeclarationError: the environment names a server only in part.
    """
    named = target_of(Path())
    if named.url is not None:
        return Client(named.url, named.user, named.password, named.organization)
    running = None
    with suppress(LlmCostError):  # outside of a project there is no server of it
        running = embedded.running(target_of(project_folder()).folder)
    if running is None:
        raise no_server()
    return Client(running.url, embedded.USER, running.password, named.organization)


def no_server() -> TransportError:
    """Return the error that there is no server, and how to get one."""
    return TransportError(
        "There is no server to send to: OPENOBSERVE_URL is not set, and no embedded "
        "OpenObserve of this project runs.",
        hint="Start it with `llmcost up`; or start one with `llmcost local serve` and set the "
        "variables that it prints.",
    )
