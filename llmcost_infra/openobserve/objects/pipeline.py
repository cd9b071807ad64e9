"""Pipelines over REST: an upsert under an id that the client chooses, updates under a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import AlreadyExists, Conflict, NotFound, OpenObserveError
from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind
from llmcost_infra.openobserve.kinds.pipeline import PipelineKind
from llmcost_infra.openobserve.kinds.pipeline_body import fold_pipeline, unfold_pipeline
from llmcost_infra.openobserve.objects.access import (
    CHANGED,
    chosen_key,
    join_id,
    organization_in,
    split_id,
)
from llmcost_infra.openobserve.objects.shapes import PipelineShape, PipelinesShape
from llmcost_infra.openobserve.paths import api_path

if TYPE_CHECKING:
    from llmcost_infra.openobserve.objects.access import Access

__all__ = ["Pipelines"]


class Pipelines:
    """Finds, makes, changes and removes pipelines (``/api/{org}/pipelines``)."""

    def __init__(self, access: Access) -> None:
        self.kind: Kind = PipelineKind()
        self._access = access
        self._client = access.client

    def chosen_id(self, inputs: Inputs, urn: str) -> str:
        """Return the id that a new pipeline gets."""
        organization = organization_in(inputs, self._client)
        return join_id(organization, chosen_key(urn, organization))

    def ids(self, organization: str) -> list[str]:
        """Return the ids of all pipelines of an organization, sorted."""
        return sorted(join_id(organization, one.pipeline_id) for one in self._list(organization))

    def find(self, inputs: Inputs, urn: str) -> Found | None:
        """Return the pipeline with the chosen id, else the one that has the source stream.

        A stream has one realtime pipeline; the server takes a second one and runs either.
        """
        organization, own = split_id(self.kind, self.chosen_id(inputs, urn))
        listed = self._list(organization)
        pipeline = next((one for one in listed if one.pipeline_id == own), None)
        pipeline = pipeline or self._rival(organization, own, inputs)
        return self._found(organization, pipeline) if pipeline else None

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002, ARG002 - the protocol's words
        """Return the pipeline, or None when it is gone: asked for alone, it would be a 500 then."""
        organization, pipeline_id = split_id(self.kind, id)
        listed = self._list(organization)
        pipeline = next((one for one in listed if one.pipeline_id == pipeline_id), None)
        return self._found(organization, pipeline) if pipeline else None

    def create(self, inputs: Inputs, urn: str) -> Found:
        """Make the pipeline under its chosen id; doing it twice makes one."""
        id_ = self.chosen_id(inputs, urn)
        organization, pipeline_id = split_id(self.kind, id_)
        self._refuse_rival(organization, pipeline_id, inputs)
        path = api_path(organization, "pipelines")
        # Without `source`: the server works it out, and refuses its own pipeline otherwise.
        body = {
            **fold_pipeline(inputs, organization),
            "pipeline_id": pipeline_id,
            "version": 0,
        }
        with self._access.lists.changed(path):
            self._client.post(path, body, {"overwrite": "true"}, repeatable=True)
        return self._written(id_)

    def update(self, current: Found, target: Inputs) -> Found:
        """Change the pipeline, unless its version is no longer the one that was read."""
        organization, pipeline_id = split_id(self.kind, current.id)
        self._refuse_rival(organization, pipeline_id, target)
        body: dict[str, Any] = {
            **fold_pipeline(target, organization),
            "pipeline_id": pipeline_id,
            "version": int(current.lock or 0),
        }
        # An update is taken with the source that it says.
        source = dict(body["nodes"][0]["data"])
        kind = "realtime" if source.pop("node_type") == "stream" else "scheduled"
        body["source"] = {"source_type": kind, **source}
        path = api_path(organization, "pipelines")
        try:
            with self._access.lists.changed(path):
                self._client.put(path, body)
        except Conflict as error:
            error.hint = CHANGED
            raise
        return self._written(current.id)

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002, ARG002 - the protocol's words
        """Remove the pipeline."""
        organization, pipeline_id = split_id(self.kind, id)
        try:
            with self._access.lists.changed(api_path(organization, "pipelines")):
                self._client.delete(api_path(organization, "pipelines", pipeline_id))
        except NotFound:
            pass  # Somebody else did it.
        return None

    def _written(self, id_: str) -> Found:
        found = self.read(id_, None)
        if found is None:
            raise OpenObserveError(
                f"The pipeline {id_} was accepted, but the server does not list it.",
                hint="Run this again: it looks before it makes anything.",
            )
        return found

    def _refuse_rival(self, organization: str, own: str, inputs: Inputs) -> None:
        rival = self._rival(organization, own, inputs)
        if rival is not None:
            stream = f"{rival.source['stream_type']} stream {rival.source['stream_name']}"
            raise AlreadyExists(
                f"The pipeline {rival.name} ({rival.pipeline_id}) already takes the rows of the "
                f"{stream}; nothing was written.",
                hint="A stream has one realtime pipeline: remove that one, import it with `pulumi "
                f"import {self.kind.token} NAME {join_id(organization, rival.pipeline_id)}`, take "
                "another source, or join it: a stack whose program is TeamBudget reads its "
                "streams.",
            )

    def _rival(self, organization: str, own: str, inputs: Inputs) -> PipelineShape | None:
        """Return another realtime pipeline on the same source stream."""
        source = fold_pipeline(inputs, organization)["nodes"][0]["data"]
        if source["node_type"] != "stream":
            return None
        wanted = (source["stream_name"], source["stream_type"])
        others = [one for one in self._list(organization) if one.pipeline_id != own]
        return next((one for one in others if _realtime_source(one) == wanted), None)

    def _list(self, organization: str) -> list[PipelineShape]:
        path = api_path(organization, "pipelines")
        return self._access.lists.read(PipelinesShape, path).items

    def _found(self, organization: str, pipeline: PipelineShape) -> Found:
        inputs = unfold_pipeline(pipeline.model_dump(), organization)
        return Found(
            join_id(organization, pipeline.pipeline_id),
            self.kind.canonical({"organization": organization, **inputs}),
            {"pipeline_id": pipeline.pipeline_id},
            lock=str(pipeline.version),
        )


def _realtime_source(pipeline: PipelineShape) -> tuple[str, str] | None:
    source = pipeline.source
    if source.get("source_type") != "realtime":
        return None
    return source.get("stream_name", ""), source.get("stream_type", "")
