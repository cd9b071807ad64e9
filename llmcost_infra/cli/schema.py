"""`llmcost schema`: what an editor needs to complete and check the files that people write."""

from __future__ import annotations

import click

from llmcost_infra.cli.printing import print_json

__all__ = ["schema"]


@click.command()
@click.argument("name", type=click.Choice(["stack", "settings", "dashboard", "pipeline", "prices"]))
def schema(name: str) -> None:
    """Print the JSON schema of a kind of file.

    stack is a whole Pulumi.<stack>.yaml, settings what stands in it under llmcost:settings; the
    others are the declarations in dashboards/, pipelines/ and pricing/.
    """
    from llmcost_infra.catalog.json_schemas import json_schema  # noqa: PLC0415 - heavy for help

    print_json(json_schema(name))
