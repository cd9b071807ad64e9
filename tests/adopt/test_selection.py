"""What a project takes: everything that somebody made, or folders with the routes of their own."""

from __future__ import annotations

from typing import Any

import pytest

from llmcost_infra.adopt.organization import Object, Organization
from llmcost_infra.adopt.other_kinds import Left
from llmcost_infra.adopt.selection import in_folders, whole
from llmcost_infra.errors import DeclarationError


def made(kind: str, key: str, **inputs: Any) -> Object:
    """Return an object."""
    return Object(kind, f"acme/{key}", inputs)


def stream(name: str, columns: dict[str, str] | None = None, **settings: Any) -> Object:
    """Return a stream of traces."""
    inputs = {"name": name, "stream_type": "traces", **settings}
    return Object("streams", f"acme/traces/{name}", inputs, columns or {})


def organization(*objects: Object, left: tuple[Left, ...] = ()) -> Organization:
    """Return an organization that holds these."""
    return Organization("acme", objects, left)


def ids(found: Organization) -> set[str]:
    """Return the ids of what is taken, without the organization."""
    return {one.id.removeprefix("acme/") for one in found.objects}


TEAM = organization(
    made("folders", "dashboards/7", name="Search", folder_type="dashboards"),
    made("folders", "alerts/8", name="Search", folder_type="alerts"),
    made("folders", "alerts/9", name="Other", folder_type="alerts"),
    made("dashboards", "d1", title="Cost", folder="7"),
    made("dashboards", "d2", title="Cost"),
    made("alerts", "a1", name="mine", folder="8", destinations=["chat", "page"], template="rows"),
    made("alerts", "a2", name="theirs", folder="9", destinations=["page"]),
    made("destinations", "chat", name="chat", template="slack"),
    made("destinations", "page", name="page", template="pager"),
    made("destinations", "unused", name="unused", template="rows"),
    *(made("templates", name, name=name, body="x") for name in ("slack", "pager", "rows")),
    stream("calls", data_retention=7),
    left=(
        Left("alert", "broken", "why", folder="8"),
        Left("alert", "broken elsewhere", "why", folder="9"),
        Left("dashboard", "unreadable", "why"),
        Left("report", "weekly", "why"),
    ),
)


def test_a_folder_comes_with_what_it_alone_uses() -> None:
    """Dashboards and alerts of that name's folders, and routes that nobody else uses."""
    found = in_folders(TEAM, ["Search"])
    assert ids(found) == {"dashboards/7", "alerts/8", "d1", "a1", "chat", "slack"}


def test_what_others_use_is_told_and_left() -> None:
    """A route of two teams belongs to neither; one may see why it is missing."""
    told = {(one.kind, one.name): one.why for one in in_folders(TEAM, ["Search"]).left}
    assert told == {
        ("alert", "broken"): "why",
        ("dashboard", "unreadable"): "why",
        ("destination", "page"): "alerts of other folders use it as well",
        ("template", "pager"): "alerts of other folders use it as well",
        ("template", "rows"): "alerts of other folders use it as well",
    }


def test_folders_together_own_what_they_share() -> None:
    """Whoever takes both folders takes the route between them."""
    found = in_folders(TEAM, ["Search", "Other"])
    assert {"page", "pager", "chat", "slack"} <= ids(found)


def test_the_default_folder_can_be_taken() -> None:
    """It is no object itself; what lies in it is what names no folder."""
    assert ids(in_folders(TEAM, ["default"])) == {"d2"}


def test_an_unknown_folder_is_told_with_the_nearest() -> None:
    """A typing mistake adopts nothing."""
    with pytest.raises(DeclarationError) as no:
        in_folders(TEAM, ["Serach"])
    assert str(no.value) == (
        "--folder: the organization acme has no folder 'Serach'\n  did you mean 'Search'?"
    )


def test_streams_that_nobody_touched_are_counted_and_left() -> None:
    """There may be thousands of them: a line tells how many and the first names."""
    plain = [stream(f"metric_{number}") for number in range(6)]
    found = whole(organization(*plain, stream("kept", data_retention=7)))
    assert ids(found) == {"traces/kept"}
    (left,) = found.left
    assert (left.kind, left.name) == (
        "6 traces streams",
        "metric_0, metric_1, metric_2, metric_3, metric_4 …",
    )


def test_streams_that_something_reads_are_taken() -> None:
    """An alert, a pipeline or a panel needs its stream in another environment as well."""
    panel = {"stream": "shown", "stream_type": "traces"}
    node = {"type": "stream", "stream_name": "fed", "stream_type": "traces"}
    found = whole(
        organization(
            stream("watched"),
            stream("shown"),
            stream("fed"),
            stream("plain"),
            made("alerts", "a", name="a", stream_name="watched", stream_type="traces"),
            made("dashboards", "d", title="d", tabs={"t": {"panels": {"p": panel}}}),
            made("pipelines", "p", name="p", nodes={"in": node}),
        )
    )
    assert ids(found) >= {"traces/watched", "traces/shown", "traces/fed"}
    assert [one.kind for one in found.left] == ["1 traces stream"]


def test_columns_that_a_statement_reads_are_declared() -> None:
    """In a new environment the alert needs them before the first row; all others are nobody's."""
    columns = {"feature": "utf8", "cost": "float64", "other": "utf8", "model": "geometry"}
    sql = "SELECT feature, SUM(cost) AS usd, MAX(model) AS m FROM calls GROUP BY feature"
    alert = made(
        "alerts",
        "a",
        name="a",
        stream_name="calls",
        stream_type="traces",
        query_condition={"type": "sql", "sql": sql},
    )
    found = whole(organization(stream("calls", columns), stream("beside", columns, x=1), alert))
    fields = {one.id: one.inputs.get("fields") for one in found.objects if one.folder == "streams"}
    assert fields == {
        "acme/traces/calls": {"feature": "utf8", "cost": "float64"},
        "acme/traces/beside": None,
    }
