"""`python -m llmcost_infra.local`: the embedded OpenObserve as a process."""

from __future__ import annotations

import os
import sys
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
    """Says where it answers, once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets:
            port = sockets[0].getsockname()[1]
            click.echo(f"OpenObserve (embedded) at http://{LOOPBACK}:{port}, this machine only")


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
        os.environ.get("OPENOBSERVE_USER", Config.user),
        os.environ.get("OPENOBSERVE_PASSWORD", Config.password),
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
            _Announced(uvicorn_config(server)).run(sockets=[listening])
    finally:
        server.scheduler.stop()
        server.close()


if __name__ == "__main__":
    main()
