"""What happens to rows on their way in: pipeline, columns learned, one durable write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.local.columnar import to_batch
from llmcost_infra.local.pipelines_run import NotAnObject, Output, Pipelines
from llmcost_infra.local.prices import span_price
from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.rows import StreamKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmcost_infra.local.enrich import Pricer
    from llmcost_infra.local.objects import Objects
    from llmcost_infra.local.rows import RowStore
    from llmcost_infra.local.streams import Streams

__all__ = ["Intake"]

Row = dict[str, Any]


class Intake:
    """Takes rows in, for one server.

    Args:
        objects: keeps pipelines, functions and prices.
        streams: learns columns.
        rows: keeps rows.
        model_pricing: price spans by the organization's model prices.
    """

    def __init__(
        self, objects: Objects, streams: Streams, rows: RowStore, *, model_pricing: bool
    ) -> None:
        self._objects = objects
        self._streams = streams
        self._rows = rows
        self._pipelines = Pipelines(objects)
        self._model_pricing = model_pricing

    def pricer(self, org: str) -> Pricer:
        """Return how spans of an organization are priced on arrival."""
        return span_price(self._objects, org, defined=self._model_pricing)

    def take(self, source: StreamKey, pieces: Iterable[list[Row]]) -> None:
        """Run the stream's pipeline on rows and keep what comes out, all of it or nothing.

        Args:
            source: the stream that they were sent to.
            pieces: flat JSON values, a manageable number at a time.

        Raises:
            Refusal: nothing was kept.
        """
        self._streams.refuse_deleting(source)
        pipeline = self._pipelines.of(*source)
        kept: list[tuple[StreamKey, Any]] = []
        for rows in pieces:
            outputs = {Output(source.type, source.name): rows}
            if pipeline is not None:
                try:
                    outputs = pipeline.run(rows)
                except NotAnObject:
                    raise Refusal(500, "stream did not receive a valid json object") from None
                if source.type == "logs":
                    # The server drops what such a pipeline leads elsewhere; spans may become logs.
                    outputs = {to: made for to, made in outputs.items() if to.type == "logs"}
            kept += self._batches(source.org, outputs)
        self._append(kept)

    def keep(self, org: str, outputs: dict[Output, list[Row]]) -> None:
        """Keep rows of several streams with one write."""
        self._append(list(self._batches(org, outputs)))

    def _batches(
        self, org: str, outputs: dict[Output, list[Row]]
    ) -> Iterator[tuple[StreamKey, Any]]:
        for output, rows in outputs.items():
            if rows:
                key = StreamKey(org, *output)
                self._streams.refuse_deleting(key)
                batch = to_batch(rows)
                stored = self._streams.learn(key, batch.columns, batch.earliest)
                yield key, batch.record_batch(stored)

    def _append(self, batches: list[tuple[StreamKey, Any]]) -> None:
        if batches:
            self._rows.append(batches)
            self._streams.expire()
