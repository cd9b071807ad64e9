"""What a comparison says, as tables: the same for a terminal, Markdown, HTML and CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import ExitCode
from llmcost_infra.reconcile.causes import NEXT_STEPS, Cause
from llmcost_infra.reconcile.coverage import coverage_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from decimal import Decimal

    from llmcost_infra.reconcile.comparison import CauseTotal, Comparison
    from llmcost_infra.reconcile.coverage import Coverage

__all__ = ["Section", "as_csv", "as_json", "as_markdown", "headline", "sections", "usd"]


@dataclass(frozen=True, slots=True)
class Section:
    """A table, or a list, below its title.

    Args:
        title: what it shows.
        head: headings; empty for a list.
        rows: cells; a list has one in each.
        numbers: places of the columns that hold numbers.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


def usd(amount: Decimal, *, signed: bool = False) -> str:
    """Return an amount as people read it: -$212.00."""
    sign = "-" if amount < 0 else "+" if signed and amount > 0 else ""
    return f"{sign}${abs(amount):,.2f}"


def _percent(share: Decimal | None) -> str:
    return "" if share is None else f"{share:+.1%}"


def headline(found: Comparison) -> str:
    """Return the verdict in one sentence."""
    about = f"{found.provider} {found.month}"
    if found.missing:
        return f"{about}: no verdict, because data are missing."
    verdict = "beyond its limits" if found.problems else "within 5 %"
    sums = f"Ours {usd(found.ours)}, billed for tokens {usd(found.billed)}"
    if not found.billed:
        return f"{about}: {verdict}. {sums}."
    return f"{about}: {verdict}. {sums} ({_percent((found.ours - found.billed) / found.billed)})."


def sections(found: Comparison) -> list[Section]:
    """Return what a report shows, in order; what has nothing to say is left out."""
    made = [
        Section("Missing", (), tuple((one,) for one in found.missing)),
        Section("Beyond a limit", (), tuple((one,) for one in found.problems)),
        Section(
            "Scopes and models",
            ("scope", "model", "ours", "billed", "difference", "drift", ""),
            tuple(
                (
                    one.scope,
                    one.model,
                    usd(one.ours),
                    usd(one.billed),
                    usd(one.difference, signed=True),
                    _percent(one.drift),
                    one.problem,
                )
                for one in found.lines
            ),
            frozenset({2, 3, 4, 5}),
        ),
        Section(
            "Why: ours less the bill",
            ("amount", "cause", "scope", "model", "days", "evidence", "next step"),
            tuple(
                (
                    usd(one.usd, signed=True),
                    _cause(one),
                    one.scope,
                    one.model,
                    str(one.days),
                    one.evidence,
                    NEXT_STEPS[one.cause],
                )
                for one in found.causes
            ),
            frozenset({0, 4}),
        ),
        _coverage_and_rates(found),
        Section("The bill", ("part", "amount", "share"), tuple(_parts(found)), frozenset({1, 2})),
        Section("Left out", (), tuple((one,) for one in found.left_out)),
        Section("Not closed yet", (), tuple((str(day),) for day in found.open_days)),
    ]
    return [one for one in made if one.rows]


def _coverage_and_rates(found: Comparison) -> Section:
    return Section(
        "Coverage and rates (USD for a million tokens)",
        ("scope", "model", "tokens", "ours", "billed", "coverage", "our rate", "billed rate"),
        tuple(
            (
                one.scope,
                one.model,
                one.token_class,
                f"{one.ours:,}",
                f"{one.billed:,}",
                "" if one.share is None else f"{one.share:.1%}",
                _rate(one.table_rate),
                _rate(one.billed_rate),
            )
            for one in found.coverage
        ),
        frozenset({3, 4, 5, 6, 7}),
    )


def _rate(rate: Decimal | None) -> str:
    return "" if rate is None else f"{rate:.4f}".rstrip("0").rstrip(".")


def _cause(one: CauseTotal) -> str:
    if one.cause is not Cause.AMBIGUOUS:
        return one.cause
    ranges = (
        f"{cause} {usd(low, signed=True)} to {usd(high, signed=True)}"
        for cause, low, high in one.ranges
    )
    return f"ambiguous: {'; '.join(ranges)}"


def _parts(found: Comparison) -> Iterator[tuple[str, str, str]]:
    rows = [("tokens", found.billed), ("other than tokens", found.other)]
    if found.unmapped:
        rows.append(("of these, projects that no scope names", found.unmapped))
    for name, amount in rows:
        share = f"{amount / found.charged:.1%}" if found.charged else ""
        yield name, usd(amount), share


def as_markdown(found: Comparison) -> str:
    """Return the report as Markdown."""
    parts = [f"# Reconciliation: {found.provider} {found.month}", headline(found)]
    for one in sections(found):
        parts.append(f"## {one.title}")
        if one.head:
            rule = ("---:" if place in one.numbers else "---" for place in range(len(one.head)))
            lines = [one.head, tuple(rule), *one.rows]
            parts.append("\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines))
        else:
            parts.append("\n".join(f"- {_cell(row[0])}" for row in one.rows))
    return "\n\n".join(parts) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def as_csv(found: Comparison) -> str:
    """Return every finding of every day, with exact amounts."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(("day", "scope", "model", "cause", "usd", "evidence", "ranges"))
    for one in found.findings:
        ranges = "; ".join(f"{r.cause} {r.low:f} to {r.high:f}" for r in one.ranges)
        cells = (one.scope, one.model, one.cause, f"{one.usd:f}", one.evidence, ranges)
        writer.writerow((one.day.isoformat(), *map(_inert, cells)))
    return written.getvalue()


def _inert(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; amounts stay numbers."""
    risky = text[:1] in {"=", "+", "@", "\t"} or (text[:1] == "-" and not text[1:2].isdigit())
    return f"'{text}" if risky else text


def as_json(found: Comparison) -> dict[str, Any]:
    """Return the report for scripts; amounts are texts, so that they stay exact."""
    return {
        "provider": found.provider,
        "account": found.account,
        "month": found.month,
        "source": found.source,
        "verdict": _verdict(found),
        "days": [day.isoformat() for day in found.days],
        "open_days": [day.isoformat() for day in found.open_days],
        "ours_usd": f"{found.ours:f}",
        "billed_usd": f"{found.billed:f}",
        "other_usd": f"{found.other:f}",
        "unmapped_usd": f"{found.unmapped:f}",
        "problems": found.problems,
        "missing": list(found.missing),
        "left_out": list(found.left_out),
        "lines": [
            {
                "scope": one.scope,
                "model": one.model,
                "ours_usd": f"{one.ours:f}",
                "billed_usd": f"{one.billed:f}",
                "difference_usd": f"{one.difference:f}",
                "gross_usd": f"{one.gross:f}",
                "drift": None if one.drift is None else round(float(one.drift), 6),
                "problem": one.problem or None,
            }
            for one in found.lines
        ],
        "coverage": [
            {"scope": one.scope, "model": one.model, "token_class": one.token_class}
            | _coverage(one)
            for one in found.coverage
        ],
        "by_day": [
            {
                "day": one.cell.day.isoformat(),
                "scope": one.cell.scope,
                "model": one.cell.model,
                "ours_usd": f"{one.ours:f}",
                "billed_usd": f"{one.billed:f}",
                "coverage": {of.token_class: _coverage(of) for of in coverage_of([one.cell])},
            }
            for one in found.compared
        ],
        "causes": _causes(found.causes),
    }


def _coverage(one: Coverage) -> dict[str, Any]:
    rates = {"table_usd_per_mtok": one.table_rate, "billed_usd_per_mtok": one.billed_rate}
    return {
        "ours_tokens": one.ours,
        "billed_tokens": one.billed,
        "coverage": None if one.share is None else round(float(one.share), 6),
        **{name: None if rate is None else f"{rate:f}" for name, rate in rates.items()},
    }


def _causes(causes: Sequence[CauseTotal]) -> list[dict[str, Any]]:
    return [
        {
            "scope": one.scope,
            "model": one.model,
            "cause": one.cause,
            "usd": f"{one.usd:f}",
            "days": one.days,
            "evidence": one.evidence,
            "next_step": NEXT_STEPS[one.cause],
            "ranges": [
                {"cause": cause, "low_usd": f"{low:f}", "high_usd": f"{high:f}"}
                for cause, low, high in one.ranges
            ],
        }
        for one in causes
    ]


def _verdict(found: Comparison) -> str:
    names = {ExitCode.FINE: "fine", ExitCode.FINDINGS: "drift", ExitCode.FAILED: "incomplete"}
    return names[found.exit_code]
