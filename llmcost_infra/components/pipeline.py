"""The ingest pipelines: every span priced once, and every row routed somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import pulumi

from llmcost_infra.catalog import load_pipeline, load_teams, render_pipeline
from llmcost_infra.components.reporting import stack_secret, without_traceback
from llmcost_infra.errors import DeclarationError
from llmcost_infra.pricing import load_table
from llmcost_infra.resources import Function, Pipeline, Source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from llmcost_infra.catalog import RenderedFunction, RenderedPipeline
    from llmcost_infra.components.streams import LlmStreams
    from llmcost_infra.resources import Node
    from llmcost_infra.settings import Settings

__all__ = ["LlmPipeline"]

_PIPELINES: Final = {"llm_cost": "", "llm_logs": "-logs"}


class LlmPipeline(pulumi.ComponentResource):
    """Functions and realtime pipelines that turn raw spans into priced, attributed rows.

    Log records have a pipeline of their own, with functions in common, because instrumentations
    send prompts and completions in them.

    Args:
        name: Pulumi name.
        settings: names and profile.
        streams: where rows come from and go to.
        project: folder whose declarations override the shipped ones.
        opts: Pulumi options.
    """

    pipeline_id: pulumi.Output[str]
    """Id of the realtime pipeline that reads spans."""
    logs_pipeline_id: pulumi.Output[str]
    """Id of the realtime pipeline that reads log records."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        streams: LlmStreams,
        *,
        project: Path | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("llmcost:index:LlmPipeline", name, None, opts)
        with without_traceback():
            table, teams = load_table(project), load_teams(project)
            rendered = {
                declared: render_pipeline(load_pipeline(declared, project), settings, table, teams)
                for declared in _PIPELINES
            }
            texts = _functions([*rendered.values()])
        functions = [
            Function(
                f"{name}-{role}",
                name=function.name,
                function=function.text,
                secrets={one: stack_secret(one) for one in function.secrets} or None,
                organization=settings.organization,
                source=Source(function.file),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for role, function in texts.items()
        ]
        self.pipeline_id, self.logs_pipeline_id = (
            Pipeline(
                f"{name}{_PIPELINES[declared]}",
                name=one.name,
                description=one.description,
                nodes=cast("Mapping[str, Node]", one.nodes),
                organization=settings.organization,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[streams, *functions]),
            ).pipeline_id
            for declared, one in rendered.items()
        )
        self.register_outputs(
            {"pipeline_id": self.pipeline_id, "logs_pipeline_id": self.logs_pipeline_id}
        )


def _functions(rendered: Sequence[RenderedPipeline]) -> dict[str, RenderedFunction]:
    """Return the functions of all pipelines by role; one role has one text.

    Raises:
        DeclarationError: two pipelines give a role different files.
    """
    found: dict[str, RenderedFunction] = {}
    for pipeline in rendered:
        for role, function in pipeline.functions.items():
            if found.setdefault(role, function) != function:
                raise DeclarationError(
                    f"the function {role} is another one in {pipeline.name}",
                    path="pipelines/",
                    hint=f"name the same file for {role} in every pipeline",
                )
    return found
