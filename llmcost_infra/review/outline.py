"""A report in the order in which it is read: sections of items, before any format is chosen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra.review.changes import grouped
from llmcost_infra.review.plain_words import counted
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmcost_infra.review.changes import Change, Group
    from llmcost_infra.review.finding import Finding, Subject
    from llmcost_infra.review.report import Report

__all__ = ["Item", "Section", "Text", "headlines", "only_in", "outline"]

_SECTIONS: Final = (
    ("Dashboards", ("dashboard",)),
    ("Alerts", ("alert", "route", "message")),
    ("Streams", ("stream",)),
    ("Pipeline", ("function", "pipeline")),
)
"""Title, and the kinds below it in the order in which they are read."""
_OTHERS: Final = "Other objects"
_LANGUAGES: Final = {"vrl": "VRL", "text": "text"}


@dataclass(frozen=True, slots=True)
class Text:
    """Lines that can be unfolded below an item.

    Args:
        title: what they are, e.g. ``SQL``.
        lines: of it; of a diff with ``+``, ``-`` or a blank in front.
        whole: whether they are all of a text that is new or gone, and no diff.
    """

    title: str
    lines: tuple[str, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a report, with what can be unfolded below it.

    Args:
        parts: kind and name, from the outside in.
        said: sentences.
        only: the stacks that it is about, as words; empty where all of them are meant.
        also: other objects of which the same holds, as parts and stacks.
        texts: what is below it, as text.
        address: where it can be opened.
    """

    parts: tuple[tuple[str, str], ...]
    said: tuple[str, ...]
    only: str = ""
    also: tuple[tuple[tuple[tuple[str, str], ...], str], ...] = ()
    texts: tuple[Text, ...] = ()
    address: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report.

    Args:
        title: its heading.
        items: lines.
        loud: whether it stands before all others.
    """

    title: str
    items: tuple[Item, ...]
    loud: bool = False


def headlines(report: Report) -> list[str]:
    """Return what a reviewer has to know even if he reads no further."""
    subjects = dict.fromkeys(change.finding.subject for change in report.changes)
    counts = [counted(n, kind) for kind, n in Counter(one.kind for one in subjects).items()]
    said = [f"Changed: {', '.join(counts) or 'nothing'}."]
    said += [
        f"{_named(change.finding.subject)}: {change.finding.sentence}{_suffix(change)}"
        for change in report.changes
        if "deletes" in change.finding.sentence
    ]
    said += [
        f"{effect.change.model} {effect.change.sentence}{_effect(effect.usd, report)}"
        for effect in report.effects
        if effect.usd
    ]
    if report.spend and report.prices:
        first, last = (_day(at) for at in (report.spend.start_us, report.spend.end_us))
        said.append(f"Spend is that of {report.spend.calls:,} calls, {first} to {last}.")
    if report.notes:
        said.append(f"Not looked at: {len(report.notes)}, see below.")
    return said


def outline(report: Report) -> list[Section]:
    """Return a report as sections, those without items left out."""
    sections = [Section("Not looked at", tuple(_notes(report)), loud=True)]
    groups = list(grouped(report.changes))
    for title, kinds in _SECTIONS:
        own = sorted((g for g in groups if _root(g) in kinds), key=lambda g: kinds.index(_root(g)))
        sections.append(Section(title, tuple(_items(own))))
    known = {kind for _, kinds in _SECTIONS for kind in kinds}
    sections.append(Section(_OTHERS, tuple(_items(g for g in groups if _root(g) not in known))))
    sections.append(Section("What alerts would have done", tuple(_firings(report))))
    sections.append(Section("What changed statements read on the server", tuple(_scans(report))))
    sections.append(Section("To be opened on the server", tuple(_previews(report))))
    sections.append(Section("Prices, in USD per million tokens", tuple(_prices(report))))
    sections.append(Section("Settings and arguments", tuple(_settings(report))))
    return [section for section in sections if section.items]


def only_in(stacks: Iterable[str], *, everywhere: bool) -> str:
    """Return which stacks are meant, as words; nothing where all are."""
    names = list(stacks)
    if everywhere or not names:
        return ""
    return f"{names[0]} only" if len(names) == 1 else ", ".join(names)


def _items(groups: Iterable[Group]) -> Iterator[Item]:
    """Yield an item for each group; changes of one object that stand alone share one."""
    alone: dict[tuple[Subject, tuple[str, ...]], list[Change]] = {}
    order: list[Group | list[Change]] = []
    for group in groups:
        if len(group.changes) > 1:
            order.append(group)
            continue
        for change in group.changes:
            if (place := _place(change)) not in alone:
                order.append(alone.setdefault(place, []))
            alone[place].append(change)
    yield from (_item(one) if isinstance(one, list) else _shared(one) for one in order)


def _place(change: Change) -> tuple[Subject, tuple[str, ...]]:
    return change.finding.subject, change.stacks


def _item(changes: list[Change]) -> Item:
    first = changes[0]
    return Item(
        first.finding.subject.parts,
        tuple(change.finding.sentence for change in changes),
        only_in(first.stacks, everywhere=first.everywhere),
        texts=tuple(_text(change.finding) for change in changes if change.finding.diff),
    )


def _shared(group: Group) -> Item:
    first, *others = group.changes
    kinds = Counter(one.finding.subject.kind for one in group.changes)
    counts = " and ".join(counted(n, kind) for kind, n in kinds.items())
    return Item(
        (("the same change in", counts),),
        (first.finding.sentence,),
        also=tuple(
            (
                one.finding.subject.parts,
                only_in(one.stacks, everywhere=one.everywhere),
            )
            for one in (first, *others)
        ),
        texts=(_text(first.finding),),
    )


def _text(finding: Finding) -> Text:
    if finding.whole:
        return Text("SQL", tuple(line[1:] for line in finding.diff), whole=True)
    sql = finding.aspect in {"limit", "sql"}
    return Text("SQL" if sql else _LANGUAGES.get(finding.aspect, finding.aspect), finding.diff)


def _notes(report: Report) -> Iterator[Item]:
    for note in report.notes:
        every = set(note.stacks) >= set(report.stacks)
        yield Item((("", note.place),), (note.message,), only_in(note.stacks, everywhere=every))


def _settings(report: Report) -> Iterator[Item]:
    for one in report.settings:
        every = set(one.stacks) >= set(report.stacks)
        moves = dict.fromkeys(change.finding.subject.parts for change in one.moves)
        yield Item(
            one.parts,
            (one.sentence,),
            only_in(one.stacks, everywhere=every),
            also=tuple((parts, "") for parts in moves),
        )


def _prices(report: Report) -> Iterator[Item]:
    """Yield an item for each model; a row that was there before must not be changed in silence."""
    effects = {one.change: one.usd for one in report.effects}
    for model in dict.fromkeys(one.model for one in report.prices):
        own = [one for one in report.prices if one.model == model]
        said = [
            f"{one.sentence}{_effect(effects[one], report) if one in effects else ''}"
            for one in own
        ]
        if any(one.edited for one in own):
            said.append("a row that was there is changed: append one instead")
        yield Item((("model", model),), tuple(said))


def _firings(report: Report) -> Iterator[Item]:
    for one in report.firings:
        only = only_in((one.stack,), everywhere=len(report.stacks) == 1)
        yield Item((("alert", one.alert.replace("_", " ")),), (one.sentence,), only)


def _scans(report: Report) -> Iterator[Item]:
    for one in report.scans:
        only = only_in((one.stack,), everywhere=len(report.stacks) == 1)
        yield Item(one.subject.parts, (one.sentence,), only)


def _previews(report: Report) -> Iterator[Item]:
    for one in report.previews:
        yield Item((("dashboard", one.title),), (), address=one.address)


def _effect(usd: Decimal, report: Report) -> str:
    spent = report.spend.usd if report.spend else Decimal(0)
    return f": {_dollars(usd, signed=True)} of {_dollars(spent)}"


def _day(at_us: int) -> str:
    return at_microseconds(at_us).date().isoformat()


def _dollars(usd: Decimal, *, signed: bool = False) -> str:
    sign = "\N{MINUS SIGN}" if usd < 0 else "+" if signed else ""
    return f"{sign}${abs(usd):,.2f}"


def _root(group: Group) -> str:
    return group.first.subject.parts[0][0]


def _named(subject: Subject) -> str:
    return " · ".join(f"{kind} {name}" for kind, name in subject.parts)


def _suffix(change: Change) -> str:
    only = only_in(change.stacks, everywhere=change.everywhere)
    return f" ({only})" if only else ""
