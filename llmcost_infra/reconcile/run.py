"""Reads both sides of a month, compares them and writes the result, in this order."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmcost_infra.pricing import load_table
from llmcost_infra.program.project import read_stack
from llmcost_infra.reconcile.admin_key import admin_key
from llmcost_infra.reconcile.anthropic import ANTHROPIC_URL, anthropic_api, read_anthropic
from llmcost_infra.reconcile.comparison import Period, compare
from llmcost_infra.reconcile.days import month_of, previous_month, settled_days
from llmcost_infra.reconcile.files import read_file
from llmcost_infra.reconcile.openai import OPENAI_URL, openai_api, read_openai
from llmcost_infra.reconcile.ours import kept_as, read_ours, read_totals
from llmcost_infra.reconcile.scopes import ScopeMap
from llmcost_infra.reconcile.stored import write_days

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.reconcile.comparison import Comparison
    from llmcost_infra.reconcile.records import Bill

__all__ = ["Request", "run"]


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants compared.

    Args:
        provider: openai or anthropic.
        stack: whose calls.
        month: like 2026-10; None for the last one that is over.
        scopes: that are compared; all if empty.
        account: at the provider; needed where the stack has several.
        bill: file that was downloaded; None to ask the provider.
        api_url: address of the provider's API; None for the provider's own.
        write: whether the result is written to the server.
    """

    provider: str
    stack: str
    month: str | None = None
    scopes: tuple[str, ...] = ()
    account: str | None = None
    bill: Path | None = None
    api_url: str | None = None
    write: bool = True


def run(
    request: Request,
    project: Path,
    client: Client,
    now: datetime,
    progress: Callable[[str], object] = str,
) -> Comparison:
    """Compare a month.

    Args:
        request: what.
        project: folder of the stack's Pulumi.yaml.
        client: of the stack's server.
        now: the time, with a zone.
        progress: is told what is read now.

    Raises:
        LlmCostError: of what was asked for, the stack, the bill or the server.
    """
    settings = read_stack(project, request.stack).settings()
    month = month_of(request.month or str(previous_month(now)), now)
    days = settled_days(month, now)
    scopes = ScopeMap.of(settings, request.provider, request.account, request.scopes)
    kept = kept_as(settings, days[0], now)
    table = load_table(project)
    bill = _bill(request, project, scopes, days, table, progress)
    if kept == "calls":
        own = read_ours(client, settings, days, project, progress)
    else:
        progress("totals of old days")

        def biller(model: str) -> str:
            return bill.provider if table.model(bill.provider, model) else ""

        own = read_totals(client, settings, days, biller, project)
    open_days = tuple(day for day in month.days if day not in days)
    found = compare(Period(str(month), days, open_days), bill, own, scopes, table)
    if request.write:
        progress("done, writing")
        write_days(client, settings, found, now)
    return found


def _bill(  # noqa: PLR0913, PLR0917 - what decides where it is read from
    request: Request,
    project: Path,
    scopes: ScopeMap,
    days: Sequence[date],
    table: PriceTable,
    progress: Callable[[str], object],
) -> Bill:
    if request.bill is not None:
        return read_file(request.bill, request.provider, days, table)
    secret = scopes.account.admin_key if scopes.account else None
    key = admin_key(request.provider, secret, request.stack, project, os.environ)
    if request.provider == "openai":
        with closing(openai_api(key, request.api_url or OPENAI_URL)) as api:
            return read_openai(api, days, by_key=scopes.by_key, progress=progress)
    with closing(anthropic_api(key, request.api_url or ANTHROPIC_URL)) as api:
        return read_anthropic(api, days, by_key=scopes.by_key, progress=progress)
