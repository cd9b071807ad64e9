"""Puts a review together: the program at both ends, what differs, and what that comes to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from llmcost_infra.errors import DeclarationError, LlmCostError
from llmcost_infra.pricing import load_table
from llmcost_infra.program import Program, run_program
from llmcost_infra.program.history import find_base
from llmcost_infra.program.project import stack_names
from llmcost_infra.review.causes import argument_changes, setting_changes
from llmcost_infra.review.changes import Change, merged
from llmcost_infra.review.notes import Note, together, words_of
from llmcost_infra.review.objects import program_findings, subject_of
from llmcost_infra.review.prices import price_changes, spend_effect
from llmcost_infra.review.report import Report
from llmcost_infra.review.sides import Side, note_of, run_sides
from llmcost_infra.review.usage import read_spend

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from llmcost_infra.backtest import Rule
    from llmcost_infra.openobserve import Client
    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.review.backtests import AlertEffect
    from llmcost_infra.review.histories import History
    from llmcost_infra.review.previews import Preview
    from llmcost_infra.review.prices import PriceChange, SpendEffect
    from llmcost_infra.review.row_sources import RowSource
    from llmcost_infra.review.scans import Scan
    from llmcost_infra.review.shots import Shot
    from llmcost_infra.review.usage import Spend

__all__ = ["Extras", "compare", "review"]


@dataclass(frozen=True, slots=True)
class Extras:
    """What a review looks at besides the program's two ends.

    Args:
        data: file of the LLM stream's rows, for the effect of prices, alerts and pictures.
        pictures: whether to draw changed panels and their tabs.
        client: of the server of the one stack that is reviewed.
        live: whether to ask that server what changed statements read, and for the pictures' rows.
        preview_folder: folder on that server to put changed dashboards into, such as ``pr-12``.
    """

    data: Path | None = None
    pictures: bool = False
    client: Client | None = None
    live: bool = False
    preview_folder: str | None = None


def review(
    project: Path,
    ref: str,
    stacks: Sequence[str] = (),
    run: Callable[[Path, str], Program] = run_program,
    extras: Extras | None = None,
) -> Report:
    """Return what the project's present files change against a base.

    Args:
        project: folder of ``Pulumi.yaml``.
        ref: branch, tag or commit; the last commit in common with it is the base.
        stacks: those to compare; none for all of the project.
        run: runs the program of a folder for a stack.
        extras: what else to look at.

    Raises:
        DeclarationError: there is no such base, or the folder is in no Git repository.
    """
    extras = extras or Extras()
    base = find_base(project, ref)
    with TemporaryDirectory(prefix="llmcost-review-") as scratch:
        ends = run_sides(base.lay_out(Path(scratch)), project, stacks or stack_names(project), run)
        changes, notes = compare(*ends)
        prices, effects, spend, missing = _prices(*ends, extras)
        drawn, undrawn = _drawn(ends, changes, extras, spend) if extras.pictures else ((), ())
        fired, silent = _fired(*ends, changes, extras) if spend or extras.live else ((), ())
        read, unread, previews = _asked(ends, changes, extras)
    return Report(
        base=f"{ref} ({base.commit[:7]})",
        head=base.head(),
        stacks=tuple(sorted(ends[0].programs.keys() & ends[1].programs.keys())),
        files=base.changed_files(),
        changes=changes,
        settings=(*setting_changes(*ends, changes), *argument_changes(*ends, changes)),
        prices=prices,
        effects=effects,
        spend=spend,
        firings=fired,
        scans=read,
        previews=previews,
        pictures=drawn,
        notes=together((*notes, *missing, *silent, *undrawn, *unread)),
    )


def compare(base: Side, head: Side) -> tuple[tuple[Change, ...], tuple[Note, ...]]:
    """Return what differs between both ends, and what could not be compared.

    Args:
        base: the one end.
        head: the other.
    """
    both = sorted(base.programs.keys() & head.programs.keys())
    prefixes = {stack: one.prefix for stack, one in {**base.settings, **head.settings}.items()}
    found = {
        stack: list(
            program_findings(
                base.programs[stack],
                head.programs[stack],
                prefixes.get(stack, ""),
                head.folder,
            )
        )
        for stack in both
    }
    having: dict[str, set[str]] = {}
    for stack in both:
        for resource in (*base.programs[stack].resources, *head.programs[stack].resources):
            name = subject_of(resource, prefixes.get(stack, "")).resource
            having.setdefault(name, set()).add(stack)
    return merged(found, prefixes, having), (*base.notes, *head.notes, *_only_one_end(base, head))


def _prices(
    base: Side, head: Side, extras: Extras
) -> tuple[tuple[PriceChange, ...], tuple[SpendEffect, ...], Spend | None, list[Note]]:
    """Return which rates change, what that comes to in what was used, and what went wrong."""
    tables: list[PriceTable] = []
    notes: list[Note] = []
    for side in (base, head):
        try:
            tables.append(load_table(side.folder))
        except LlmCostError as error:
            notes.append(note_of(side.name, side.folder, error))
    changes = tuple(price_changes(*tables)) if len(tables) == len((base, head)) else ()
    spend = None
    try:
        if extras.data is not None:
            spend = read_spend(extras.data)
        elif extras.client is not None and extras.live and changes:
            spend = _spend_on_server(extras.client, head, tables)
    except DeclarationError as error:
        notes.append(Note("--data", str(error)))
    except LlmCostError as error:
        notes.append(Note("--live", words_of(error)))
    effects = spend_effect(changes, spend.usage, tables[1]) if spend and changes else ()
    return changes, effects, spend, notes


def _spend_on_server(client: Client, head: Side, tables: Sequence[PriceTable]) -> Spend | None:
    from llmcost_infra.review.live_usage import (  # noqa: PLC0415 - a review without a server does without
        card_sizes,
        spend_on_server,
    )

    for stack in head.programs:  # one, or none where it did not come to its end
        if stack in head.settings:
            sizes = card_sizes(*tables)
            return spend_on_server(client, head.settings[stack], sizes, datetime.now(UTC))
        said = "the program does not read llmcost:settings, so nobody knows where its calls are"
        raise LlmCostError(said)
    return None


def _drawn(
    ends: tuple[Side, Side], changes: Sequence[Change], extras: Extras, spend: Spend | None
) -> tuple[tuple[Shot, ...], tuple[Note, ...]]:
    """Return pictures of what changes in the first stack that has most of the changes."""
    stack = _most_changed(changes, {"panel", "tab"})
    if stack is None:
        return (), ()
    try:
        # Pictures need the extra `review`; all else of a report does without.
        from llmcost_infra.review.row_sources import (  # noqa: PLC0415
            FileRows,
            SampleRows,
            ServerRows,
        )
        from llmcost_infra.review.shots import shots  # noqa: PLC0415

        rows: RowSource
        if extras.client is not None and extras.live:
            rows = ServerRows(extras.client, datetime.now(UTC))
        elif extras.data is not None and spend is not None:
            rows = FileRows(extras.data, spend.start_us, spend.end_us)
        else:
            rows = SampleRows(load_table(ends[1].folder))
        return shots(changes, _programs(ends, stack), stack, rows, _prefix(ends, stack))
    except ModuleNotFoundError as error:
        message = f"the package {error.name} is missing: pip install 'llmcost-infra[review]'"
        return (), (Note("pictures", message),)
    except LlmCostError as error:
        return (), (Note("pictures", str(error)),)


def _asked(
    ends: tuple[Side, Side], changes: Sequence[Change], extras: Extras
) -> tuple[tuple[Scan, ...], tuple[Note, ...], tuple[Preview, ...]]:
    """Return what a server says about changed statements, and the previews on it."""
    if extras.client is None:
        return (), (), ()
    # Heavy, and a review without a server does without.
    from llmcost_infra.review.previews import put_previews  # noqa: PLC0415
    from llmcost_infra.review.scans import scans  # noqa: PLC0415

    now = datetime.now(UTC)
    found: list[Scan] = []
    notes: list[Note] = []
    previews: list[Preview] = []
    for stack in sorted(ends[0].programs.keys() & ends[1].programs.keys()):
        sides, prefix = _programs(ends, stack), _prefix(ends, stack)
        own = [one for one in changes if stack in one.stacks]
        if extras.live:
            read, unread = scans(extras.client, own, sides, stack, now, prefix=prefix)
            found += read
            notes += unread
        if extras.preview_folder is not None:
            try:
                folder, after = extras.preview_folder, sides["after"]
                previews += put_previews(extras.client, folder, after, own, now, prefix=prefix)
            except LlmCostError as error:
                notes.append(Note("--preview-folder", str(error), (stack,)))
    return tuple(found), tuple(notes), tuple(previews)


def _programs(ends: tuple[Side, Side], stack: str) -> Mapping[str, Program]:
    return {"before": ends[0].programs[stack], "after": ends[1].programs[stack]}


def _prefix(ends: tuple[Side, Side], stack: str) -> str:
    """Return what a stack puts before names; a program of one's own has other settings."""
    settings = ends[1].settings.get(stack) or ends[0].settings.get(stack)
    return settings.prefix if settings else ""


def _fired(
    base: Side, head: Side, changes: Sequence[Change], extras: Extras
) -> tuple[tuple[AlertEffect, ...], tuple[Note, ...]]:
    """Return what changed alerts would have done, in the stack that has most of the changes."""
    stack = _most_changed(changes, {"alert"})
    if stack is None:
        return (), ()
    try:
        # Backtests need the extra `review`; all else of a report does without.
        from llmcost_infra.review.backtests import alert_effects  # noqa: PLC0415
        from llmcost_infra.review.histories import FileHistory, ServerHistory  # noqa: PLC0415
    except ModuleNotFoundError as error:
        message = f"the package {error.name} is missing: pip install 'llmcost-infra[review]'"
        return (), (Note("backtest", message),)

    def history(stream: str, rules: Sequence[Rule]) -> History:
        if extras.data is not None:
            return FileHistory(extras.data, stream)
        if extras.client is None:
            raise AssertionError("rows come from a file or from a server")
        return ServerHistory(extras.client, rules, datetime.now(UTC))

    return alert_effects(base, head, stack, history)


def _most_changed(changes: Sequence[Change], kinds: Collection[str]) -> str | None:
    """Return the stack in which most objects of these kinds change; none if none do."""
    counts = Counter(
        stack
        for change in changes
        for stack in change.stacks
        if change.finding.subject.kind in kinds
    )
    return max(sorted(counts), key=lambda one: counts[one], default=None)


def _only_one_end(base: Side, head: Side) -> Iterator[Note]:
    failed = {
        (note.place.partition(",")[0], stack)
        for note in (*base.notes, *head.notes)
        for stack in note.stacks
    }
    for stack in sorted(head.programs.keys() ^ base.programs.keys()):
        here, there = (head, base) if stack in head.programs else (base, head)
        if (there.name, stack) in failed:
            continue
        count = sum(one.custom for one in here.programs[stack].resources)
        word = "new" if here is head else "gone"
        yield Note(
            f"Pulumi.{stack}.yaml", f"the stack is {word}, with all its {count} objects", (stack,)
        )
