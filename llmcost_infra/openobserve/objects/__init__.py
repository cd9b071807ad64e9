"""Object stores: how each kind of object is found, made, changed and removed over REST."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from llmcost_infra.openobserve.objects.access import Access
from llmcost_infra.openobserve.objects.alert import Alerts
from llmcost_infra.openobserve.objects.alert_destination import AlertDestinations
from llmcost_infra.openobserve.objects.alert_template import AlertTemplates
from llmcost_infra.openobserve.objects.dashboard import Dashboards
from llmcost_infra.openobserve.objects.folder import Folders
from llmcost_infra.openobserve.objects.function import Functions
from llmcost_infra.openobserve.objects.pipeline import Pipelines
from llmcost_infra.openobserve.objects.price_table import ModelPriceTables
from llmcost_infra.openobserve.objects.service_account import ServiceAccounts
from llmcost_infra.openobserve.objects.stream import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.openobserve.client import Client
    from llmcost_infra.openobserve.kinds.base import ObjectStore

__all__ = ["stores"]


def stores(
    client: Client,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] | None = None,
    now: Callable[[], float] = time.time,
) -> dict[str, ObjectStore]:
    """Return a store for every kind, by its Pulumi type token; they share what they read.

    Args:
        client: the way to the server.
        clock: seconds, from any start.
        sleep: waits for so many seconds; by default until the client is cancelled at most.
        now: seconds since 1970.
    """
    access = Access(client, clock, sleep, now)
    every: tuple[ObjectStore, ...] = (
        Folders(access),
        Streams(access),
        Functions(access),
        Pipelines(access),
        Dashboards(access),
        AlertTemplates(access),
        AlertDestinations(access),
        Alerts(access),
        ModelPriceTables(access),
        ServiceAccounts(access),
    )
    return {store.kind.token: store for store in every}
