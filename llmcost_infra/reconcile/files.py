"""Bills that were downloaded: the CSV of OpenAI's dashboard, and FOCUS 1.x of any cloud."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import DeclarationError
from llmcost_infra.reconcile.amounts import in_usd, usd_of
from llmcost_infra.reconcile.line_items import LineItem, line_item
from llmcost_infra.reconcile.records import Bill, Charge, Lane, Part, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from llmcost_infra.pricing import PriceTable

__all__ = ["read_file"]

_DASHBOARD: Final = frozenset({"start_time", "amount_value", "amount_currency", "line_item"})
_FOCUS: Final = frozenset({"ChargePeriodStart", "BilledCost", "BillingCurrency"})
_CLOUDS: Final = {
    "openai": re.compile(r"^openai", re.IGNORECASE),
    "anthropic": re.compile(r"^anthropic", re.IGNORECASE),
    "azure.ai.openai": re.compile(r"microsoft|azure", re.IGNORECASE),
    "aws.bedrock": re.compile(r"aws|amazon", re.IGNORECASE),
    "gcp.vertex_ai": re.compile(r"google|gcp", re.IGNORECASE),
}
"""Who bills, by the name that calls carry, and how FOCUS files write it."""

_LLM: Final = re.compile(
    r"openai|anthropic|claude|bedrock|vertex ai|foundry|cognitive", re.IGNORECASE
)
_MODEL: Final = re.compile(
    r"\b((?:gpt|claude|o\d|text-embedding|chatgpt|gemini)[\w.\-]*)", re.IGNORECASE
)
_KINDS: Final = (
    ("cache_read", re.compile(r"cach\w*[ _-]*(?:read|input|hit)|cached", re.IGNORECASE)),
    ("cache_write", re.compile(r"cache\w*[ _-]*(?:write|creation)", re.IGNORECASE)),
    ("output", re.compile(r"output|outp\b|completion|generated", re.IGNORECASE)),
    ("input", re.compile(r"input|inp\b|prompt|embedding", re.IGNORECASE)),
)
_THOUSANDS: Final = {"tokens": 1, "token": 1, "1k tokens": 1_000, "1000_tokens": 1_000,
                     "1m tokens": 1_000_000}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Line:
    path: Path
    number: int
    cells: Mapping[str, str]

    def refused(self, said: str, hint: str = "") -> DeclarationError:
        return DeclarationError(said, path=self.path, line=self.number, hint=hint)

    def get(self, name: str) -> str:
        return (self.cells.get(name) or "").strip()


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    provider: str
    days: Sequence[date]
    lines: Sequence[_Line]


def read_file(path: Path, provider: str, days: Sequence[date], table: PriceTable) -> Bill:
    """Read a downloaded bill.

    Args:
        path: a CSV file; its heading tells which kind it is.
        provider: who is asked for; a FOCUS file of a cloud says itself who billed.
        days: UTC days that are compared; others in the file are left out.
        table: whose models are looked for in the words of a FOCUS file.

    Raises:
        DeclarationError: with the line that cannot be read.
    """
    with path.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened)
        heading = frozenset(reader.fieldnames or ())
        lines = [_Line(path, number, row) for number, row in enumerate(reader, 2)]
    _refuse_repeated(lines)
    if heading >= _FOCUS:
        return _focus(_File(path, provider, days, lines), table)
    if heading >= _DASHBOARD and provider == "openai":
        return _bill(_File(path, provider, days, lines), _dashboard_charge)
    missing = ", ".join(sorted((_DASHBOARD if provider == "openai" else _FOCUS) - heading))
    raise DeclarationError(
        f"the heading of no bill that is known here: {missing} is missing",
        path=path,
        line=1,
        hint="Download costs grouped by line item and project, or a FOCUS 1.x export.",
    )


def _refuse_repeated(lines: Sequence[_Line]) -> None:
    seen: dict[tuple[str, ...], int] = {}
    for line in lines:
        cells = tuple(str(cell) for cell in line.cells.values())
        first = seen.setdefault(cells, line.number)
        if first != line.number and any(cells):
            raise line.refused(
                f"is the same as line {first} and would be counted twice", "Remove one of them."
            )


def _bill(
    file: _File,
    charge: Callable[[_Line], tuple[Charge, Usage | None] | None],
    notes: tuple[str, ...] = (),
) -> Bill:
    days, lines = file.days, file.lines
    both = [found for line in lines if (found := charge(line))]
    told = {one.day for one, _ in both} | {
        day for line in lines if (day := _day(line, "start_time_iso", "start_time"))
    }
    charges = tuple(one for one, _ in both if one.day in days)
    usage = tuple(used for _, used in both if used and used.day in days)
    # A file leaves out days without charges, so only its ends tell what it covers.
    missing = tuple(day for day in days if not told or day < min(told) or day > max(told))
    left = sum(one.day not in days for one, _ in both)
    if left:
        notes = (*notes, f"{left:,} lines of other days in the file were left out.")
    return Bill(
        file.provider, str(file.path), charges, usage, missing, counted=bool(usage), notes=notes
    )


def _day(line: _Line, *names: str) -> date | None:
    for name in names:
        text = line.get(name)
        try:
            if text.isdecimal():
                return datetime.fromtimestamp(int(text), tz=UTC).date()
            if text:
                moment = datetime.fromisoformat(text)
                return (
                    (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date()
                )
        except ValueError:
            raise line.refused(f"{name}: {text!r} is no time") from None
    return None


def _dashboard_charge(line: _Line) -> tuple[Charge, Usage | None] | None:
    if not line.get("amount_value"):
        return None  # a day without charges
    day = _day(line, "start_time_iso", "start_time")
    if day is None:
        raise line.refused("says no time")
    where = f"{line.path}:{line.number}"
    in_usd(line.get("amount_currency"), where)
    text = line.get("line_item")
    part = Part(line.get("project_id"), line.get("api_key_id"))
    usd = usd_of(line.get("amount_value"), where)
    return _understood(line, _charge(day, part, usd, text, line_item(text)))


def _charge(day: date, part: Part, usd: Decimal, text: str, item: LineItem) -> Charge:
    return Charge(day, part, usd, text, item.model, item.token_class, item.lane, item.known)


def _understood(line: _Line, charge: Charge) -> tuple[Charge, Usage | None]:
    """Return a charge, with what it counts where it says that in tokens."""
    unit = (line.get("quantity_unit") or line.get("ConsumedUnit")).lower()
    quantity = line.get("quantity") or line.get("ConsumedQuantity")
    if not charge.token_class or unit not in _THOUSANDS or not quantity:
        return charge, None
    tokens = usd_of(quantity, f"{line.path}:{line.number}, quantity") * _THOUSANDS[unit]
    return charge, Usage(
        charge.day,
        charge.part,
        charge.model,
        charge.lane or Lane(),
        {charge.token_class: round(tokens)},
    )


def _focus(file: _File, table: PriceTable) -> Bill:
    path, provider, lines = file.path, file.provider, file.lines
    llm = [line for line in lines if _LLM.search(_words(line))]
    billers = {_biller(line) for line in llm}
    if len(billers) > 1:
        said = ", ".join(sorted(one or "nobody known" for one in billers))
        raise DeclarationError(
            f"bills of several are in this file: {said}", path=path, hint="Export one at a time."
        )
    billed_by = next(iter(billers), provider) or provider
    notes = [f"{len(lines) - len(llm):,} lines of other services were left out."]
    if billed_by != provider:
        notes.append(f"The file is a bill of {billed_by}: calls through it are compared.")
    models = table.providers.get(billed_by, ())
    names = sorted((one.id.partition("/")[2] for one in models), key=len, reverse=True)

    def charge(line: _Line) -> tuple[Charge, Usage | None]:
        return _focus_charge(line, names)

    return _bill(_File(path, billed_by, file.days, llm), charge, tuple(notes))


def _words(line: _Line) -> str:
    names = ("ServiceName", "ChargeDescription", "SkuMeter", "SkuId", "ResourceName")
    return " ".join(line.get(name) for name in names)


def _biller(line: _Line) -> str | None:
    names = ("ServiceProviderName", "ProviderName", "InvoiceIssuerName", "PublisherName")
    said = next((line.get(name) for name in names if line.get(name)), "")
    return next((name for name, words in _CLOUDS.items() if words.search(said)), None)


def _focus_charge(line: _Line, names: Sequence[str]) -> tuple[Charge, Usage | None]:
    day = _day(line, "ChargePeriodStart")
    if day is None:
        raise line.refused("says no ChargePeriodStart")
    in_usd(line.get("BillingCurrency"), f"{line.path}:{line.number}")
    text = line.get("ChargeDescription") or line.get("SkuMeter") or line.get("SkuId")
    usd = usd_of(line.get("BilledCost"), f"{line.path}:{line.number}")
    part = Part(line.get("SubAccountId"))
    return _understood(line, _charge(day, part, usd, text, _focus_item(line, names)))


def _focus_item(line: _Line, names: Sequence[str]) -> LineItem:
    """Return what a line is about: FOCUS has no column for model and class of tokens."""
    for name in ("ChargeDescription", "SkuMeter", "SkuId"):
        item = line_item(line.get(name))
        if item.token_class:
            return item
    words = _words(line)
    if line.get("ChargeCategory") in {"Tax", "Credit", "Adjustment"}:
        return LineItem()
    model = _model(words, names)
    kind = next((kind for kind, pattern in _KINDS if pattern.search(words)), "")
    if not model or not kind:
        return LineItem(known=line_item(words).known)
    tier = "batch" if re.search(r"\bbatch\b", words, re.IGNORECASE) else ""
    return LineItem(model, kind, Lane(tier) if tier else None)


def _model(words: str, names: Sequence[str]) -> str:
    """Return the longest name of a known model in some words, else what looks like one."""
    spelled = re.sub(r"[\s_]+", "-", words.lower())
    known = (name for name in names if re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", spelled))
    found = _MODEL.search(words)
    return next(known, found[1].lower() if found else "")
