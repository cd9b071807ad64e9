"""Streams over REST: made once, then changed by what differs; their deletion takes a while."""

from __future__ import annotations

from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from llmcost_infra.errors import Conflict, NotFound, OpenObserveError
from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind
from llmcost_infra.openobserve.kinds.stream import STREAM_TYPES, StreamKind
from llmcost_infra.openobserve.objects.access import join_id, organization_in, split_id
from llmcost_infra.openobserve.objects.shapes import StreamShape, StreamsShape
from llmcost_infra.openobserve.objects.stream_settings import managed_inputs, settings_delta
from llmcost_infra.openobserve.paths import api_path

if TYPE_CHECKING:
    from llmcost_infra.openobserve.objects.access import Access

__all__ = ["Streams"]

_DELETED_WITHIN_S, _LOOK_EVERY_S = 120.0, 2.0
_US_PER_DAY = 86_400 * 1_000_000


class Streams:
    """Finds, makes, changes and removes streams (``/api/{org}/streams/{name}``).

    Writing is not atomic: the server reads, changes and writes settings without a lock.
    """

    def __init__(self, access: Access) -> None:
        self.kind: Kind = StreamKind()
        self._access = access
        self._client = access.client
        # Two quick updates of one stream can lose the first.
        self._one_at_a_time: dict[str, Lock] = {}

    def chosen_id(self, inputs: Inputs, urn: str) -> str:  # noqa: ARG002 - the name decides
        """Return the id that a new stream gets."""
        organization = organization_in(inputs, self._client)
        return join_id(organization, inputs["stream_type"], inputs["name"])

    def ids(self, organization: str) -> list[str]:
        """Return the ids of all streams of an organization that hold rows of people, sorted."""
        path = api_path(organization, "streams")
        return sorted(
            join_id(organization, stream_type, one.name)
            for stream_type in STREAM_TYPES
            for one in self._access.lists.read(StreamsShape, path, {"type": stream_type}).items
        )

    def find(self, inputs: Inputs, urn: str) -> Found | None:
        """Return the stream of that name, with those settings that the inputs manage."""
        return self.read(self.chosen_id(inputs, urn), inputs)

    def read(self, id: str, known: Inputs | None) -> Found | None:  # noqa: A002 - Pulumi's word
        """Return the stream with the settings that are managed, or None when it is gone."""
        stream = self._schema(id)
        return None if stream is None else self._found(id, stream, known)

    def create(self, inputs: Inputs, urn: str) -> Found:
        """Make the stream, once an earlier one of that name is deleted, and complete it.

        The server writes the columns before it looks at the settings: it may refuse and keep half.
        """
        id_ = self.chosen_id(inputs, urn)
        with self._one_at_a_time.setdefault(id_, Lock()):
            end = self._access.clock() + _DELETED_WITHIN_S
            while (found := self._made(id_, inputs, last=self._access.clock() >= end)) is None:
                self._access.pause(_LOOK_EVERY_S)
        return found

    def update(self, current: Found, target: Inputs) -> Found:
        """Change what differs from the stream as it is now, in one request."""
        with self._one_at_a_time.setdefault(current.id, Lock()):
            stream = self._schema(current.id)
            if stream is None:
                raise OpenObserveError(
                    f"The stream {current.id} is gone from the server; nothing was written.",
                    hint="`pulumi up --refresh` makes it again.",
                )
            self._settle(current.id, stream, target)
        return self._found(current.id, self._schema(current.id) or stream, target)

    def delete(self, id: str, inputs: Inputs) -> str | None:  # noqa: A002 - Pulumi's word
        """Remove the stream and its rows if the inputs say so; else keep it and say so."""
        organization, stream_type, name = split_id(self.kind, id)
        if inputs.get("on_destroy") != "delete":
            return (
                f"The {stream_type} stream {name} of organization {organization} stays on the "
                "server with its rows, because on_destroy is retain."
            )
        with suppress(NotFound):
            self._client.delete(api_path(organization, "streams", name), {"type": stream_type})
        return None

    def _made(self, id_: str, inputs: Inputs, *, last: bool) -> Found | None:
        """Return the stream with its settings, or None while an earlier one is being deleted."""
        organization, stream_type, name = split_id(self.kind, id_)
        path = api_path(organization, "streams", name)
        try:
            new = self._post(path, stream_type, inputs)
            stream = self._read(id_)
            # A stream that is being deleted looks like any other until one writes to it.
            self._settle(id_, stream, inputs, probe=not new)
        except (Conflict, NotFound) as error:
            if last or not _passes(error):
                error.hint = "The server has not finished yet: run this again in some minutes."
                raise
            return None
        return self._found(id_, self._schema(id_) or stream, inputs)

    def _post(self, path: str, stream_type: str, inputs: Inputs) -> bool:
        """Return whether this made the stream."""
        try:
            body = self.kind.body(inputs, organization_in(inputs, self._client))
            self._client.post(path, body, {"type": stream_type})
        except Conflict as error:
            # Left half-made by a refused request, or made by the first row that came in.
            if "already exists" not in error.server_message:
                raise
            return False
        return True

    def _settle(
        self, id_: str, stream: StreamShape, target: Inputs, *, probe: bool = False
    ) -> None:
        delta = settings_delta(id_, stream, self.kind.canonical(target))
        if probe and not delta:
            delta = {"data_retention": stream.settings.get("data_retention", 0)}
        if delta:
            organization, stream_type, name = split_id(self.kind, id_)
            path = api_path(organization, "streams", name, "settings")
            self._client.put(path, delta, {"type": stream_type})

    def _schema(self, id_: str) -> StreamShape | None:
        try:
            return self._read(id_)
        except NotFound:
            return None

    def _read(self, id_: str) -> StreamShape:
        organization, stream_type, name = split_id(self.kind, id_)
        if self.kind.problems({"name": name, "stream_type": stream_type}):
            # The server would take a type that it does not know for logs.
            raise OpenObserveError(
                f"{id_!r} is no id of a Stream.",
                hint=f"It has the form {self.kind.id_form} with the type logs, traces or metrics "
                "and the name as it is stored: lower case, other characters as _.",
            )
        path = api_path(organization, "streams", name, "schema")
        return self._client.read(StreamShape, path, {"type": stream_type})

    def _found(self, id_: str, stream: StreamShape, known: Inputs | None) -> Found:
        organization, stream_type, name = split_id(self.kind, id_)
        inputs = {
            "organization": organization,
            "stream_type": stream_type,
            "name": name,
            **managed_inputs(stream, known),
        }
        created = stream.stats.created_at
        age = self._access.now() * 1_000_000 - created
        return Found(
            id_,
            self.kind.canonical(inputs),
            facts={"age_days": age / _US_PER_DAY} if created else {},
        )


def _passes(error: Conflict | NotFound) -> bool:
    """Return whether the refusal ends by itself: a deletion, or a schema not yet seen."""
    return isinstance(error, NotFound) or "is being deleted" in error.server_message
