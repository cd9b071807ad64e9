"""Attribution between services: in W3C baggage, and only what an allow-list names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry import baggage, propagate
from opentelemetry import context as contexts
from opentelemetry.propagators import textmap

from llmcost_infra.telemetry.attribution import current
from llmcost_infra.telemetry.harmless import harmless

if TYPE_CHECKING:
    from collections.abc import Collection

    from opentelemetry.context import Context

__all__ = ["AttributionPropagator", "propagate_attribution"]


class AttributionPropagator(textmap.TextMapPropagator):
    """Adds attribution to the baggage that another propagator writes into outgoing requests.

    Args:
        inner: writes and reads headers; without baggage in it nothing is added.
        allowed: attributes that may leave the process, to whoever is called.
    """

    def __init__(self, inner: textmap.TextMapPropagator, allowed: Collection[str]) -> None:
        self._inner = inner
        self._allowed = frozenset(allowed)

    def extract(
        self,
        carrier: textmap.CarrierT,
        context: Context | None = None,
        getter: textmap.Getter[textmap.CarrierT] = textmap.default_getter,
    ) -> Context:
        """Read headers as the other propagator does."""
        return self._inner.extract(carrier, context, getter)

    def inject(
        self,
        carrier: textmap.CarrierT,
        context: Context | None = None,
        setter: textmap.Setter[textmap.CarrierT] = textmap.default_setter,
    ) -> None:
        """Write headers, with what is allowed of the attribution that holds here."""
        self._inner.inject(carrier, self._told(context) or context, setter)

    @property
    def fields(self) -> set[str]:
        """Return the headers that are written."""
        return self._inner.fields

    @harmless
    def _told(self, context: Context | None) -> Context:
        told = context or contexts.get_current()
        for name, value in current().items():
            if name in self._allowed:
                told = baggage.set_baggage(name, value, told)
        return told


def propagate_attribution(allowed: Collection[str]) -> None:
    """Let outgoing requests carry what is allowed."""
    inner: Any = propagate.get_global_textmap()
    propagate.set_global_textmap(AttributionPropagator(inner, allowed))
