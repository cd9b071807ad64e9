"""`python -m llmcost_infra.local`: the embedded OpenObserve as a process."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click
import uvicorn

from llmcost_infra.errors import LlmCostError
from llmcost_infra.local.server import LOOPBACK, Config, Server, listen, uvicorn_config

if TYPE_CHECKING:
    import socket

__all__ = ["main"]


class _Announced(uvicorn.Server):
    """Says where it answers, once it does, and how another shell gets there.

    Args:
        server: what is served.
    """

    def __init__(self, server: Server) -> None:
        super().__init__(uvicorn_config(server))
        self._known_as = server.config

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets:
            url = f"http://{LOOPBACK}:{sockets[0].getsockname()[1]}"
            click.echo(f"OpenObserve (embedded) at {url}, this machine only; Ctrl-C stops it.")
            click.echo(f"To send to it from another shell:\n  {_export(url, self._known_as)}")


def _export(url: str, config: Config) -> str:
    """Return the line that names a server to a shell; a password of somebody's own is not shown."""
    line = f"export OPENOBSERVE_URL={url} OPENOBSERVE_USER={shlex.quote(config.user)}"
    if config.password == Config.password:
        return f"{line} OPENOBSERVE_PASSWORD={shlex.quote(config.password)}"
    return f"{line}  # and the OPENOBSERVE_PASSWORD of this shell"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for objects and rows.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=5080, show_default=True)
@click.option("--model-pricing", is_flag=True, help="Price spans by model prices at ingest.")
def main(data: Path, port: int, *, model_pricing: bool) -> None:
    """Serve the embedded OpenObserve on loopback until SIGTERM or Ctrl-C.

    OPENOBSERVE_USER and OPENOBSERVE_PASSWORD set the root user.
    """
    config = Config(
        os.environ.get("OPENOBSERVE_USER") or Config.user,
        os.environ.get("OPENOBSERVE_PASSWORD") or Config.password,
        model_pricing,
    )
    try:
        _serve(data, port, config)
    except LlmCostError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


def _serve(data: Path, port: int, config: Config) -> None:
    server = Server(data, config)
    try:
        try:
            listening = listen(port)
        except OSError:
            raise LlmCostError(
                f"port {port} on {LOOPBACK} is taken", hint="choose another with --port"
            ) from None
        with listening:
            server.scheduler.start()
            with suppress(KeyboardInterrupt):  # uvicorn hands it on after it has stopped
                _Announced(server).run(sockets=[listening])
        click.echo(f"Stopped. Objects and rows stay in {data}.")
    finally:
        server.scheduler.stop()
        server.close()


if __name__ == "__main__":
    main()
