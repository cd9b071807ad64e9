"""The ingest pipeline: every span priced once, and every row routed somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pulumi

from llmcost_infra.catalog import load_pipeline, load_teams, render_pipeline
from llmcost_infra.components.reporting import stack_secret, without_traceback
from llmcost_infra.pricing import load_table
from llmcost_infra.resources import Function, Pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llmcost_infra.components.streams import LlmStreams
    from llmcost_infra.resources import Node
    from llmcost_infra.settings import Settings

__all__ = ["LlmPipeline"]


class LlmPipeline(pulumi.ComponentResource):
    """Functions and realtime pipeline that turn raw spans into priced, attributed rows.

    Args:
        name: Pulumi name.
        settings: names and profile.
        streams: where rows come from and go to.
        project: folder whose declarations override the shipped ones.
        opts: Pulumi options.
    """

    pipeline_id: pulumi.Output[str]
    """Id of the realtime pipeline."""

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
            rendered = render_pipeline(
                load_pipeline("llm_cost", project),
                settings,
                load_table(project),
                load_teams(project),
            )
        functions = [
            Function(
                f"{name}-{role}",
                name=function.name,
                function=function.text,
                secrets={one: stack_secret(one) for one in function.secrets} or None,
                organization=settings.organization,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for role, function in rendered.functions.items()
        ]
        pipeline = Pipeline(
            name,
            name=rendered.name,
            description=rendered.description,
            nodes=cast("Mapping[str, Node]", rendered.nodes),
            organization=settings.organization,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[streams, *functions]),
        )
        self.pipeline_id = pipeline.pipeline_id
        self.register_outputs({"pipeline_id": self.pipeline_id})
