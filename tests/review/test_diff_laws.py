"""Laws of the comparison, on made-up values and bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.review.dashboards import comparable
from llmcost_infra.review.leaves import ABSENT, applied, leaves
from llmcost_infra.review.objects import object_findings
from tests.review.bodies import ALERTS, DASHBOARDS, VALUES, canonical, registered, shuffled

if TYPE_CHECKING:
    from llmcost_infra.review.finding import Finding

BODIES = st.one_of(
    st.tuples(st.just("Dashboard"), DASHBOARDS, DASHBOARDS),
    st.tuples(st.just("Alert"), ALERTS, ALERTS),
)


def findings(kind: str, before: dict[str, Any], after: dict[str, Any]) -> list[Finding]:
    """What the review says about two versions of an object."""
    return list(object_findings(registered(kind, "one", before), registered(kind, "one", after)))


def compared(kind: str, before: dict[str, Any], after: dict[str, Any]) -> tuple[Any, Any]:
    """Both versions in the form that is compared."""
    pair = canonical(kind, before), canonical(kind, after)
    return comparable(*pair) if kind == "Dashboard" else pair


@given(VALUES)
def test_nothing_differs_from_itself(value: dict[str, Any]) -> None:
    """A value has no difference to itself, in whatever order its keys stand."""
    assert list(leaves(value, shuffled(value))) == []


@given(VALUES, VALUES)
def test_what_is_found_makes_one_of_the_other(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Applied to the one side, the differences give the other."""
    found = list(leaves(before, after))

    assert list(leaves(applied(before, found), after)) == []


@given(VALUES, VALUES)
def test_no_place_is_named_twice_or_inside_another(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """The differences are minimal: none lies within another, and none names equal values."""
    paths = [leaf.path for leaf in leaves(before, after)]

    assert len(set(paths)) == len(paths)
    for path in paths:
        assert not any(path[:end] in paths for end in range(len(path)))


@given(VALUES, VALUES)
def test_both_directions_find_the_same_places(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """What changed from here to there changed from there to here."""
    there = {leaf.path: (leaf.before, leaf.after) for leaf in leaves(before, after)}
    back = {leaf.path: (leaf.after, leaf.before) for leaf in leaves(after, before)}

    assert there == back


@pytest.mark.parametrize(
    ("before", "after", "differ"),
    [(1, 1.0, False), (1, True, True), (0, False, True), (None, ABSENT, True), ([1], [1.0], False)],
)
def test_numbers_are_compared_as_json(before: Any, after: Any, *, differ: bool) -> None:
    """1 and 1.0 are one number, true is none, and null is something else than nothing."""
    assert (list(leaves(before, after)) != []) is differ


@given(BODIES)
def test_an_object_is_not_changed_by_the_order_of_its_keys(
    made: tuple[str, dict[str, Any], dict[str, Any]],
) -> None:
    """The same object gives no finding, in whatever order its keys stand."""
    kind, body, _ = made

    assert findings(kind, body, shuffled(body)) == []


@given(BODIES)
def test_each_difference_is_in_exactly_one_finding(
    made: tuple[str, dict[str, Any], dict[str, Any]],
) -> None:
    """Findings cover every place that differs, each place once, and nothing else."""
    kind, before, after = made
    expected = sorted(leaf.path for leaf in leaves(*compared(kind, before, after)))

    covered = [leaf.path for finding in findings(kind, before, after) for leaf in finding.leaves]

    assert sorted(covered) == expected


@given(BODIES)
def test_findings_together_are_the_whole_change(
    made: tuple[str, dict[str, Any], dict[str, Any]],
) -> None:
    """Applied to the object at the base, what the findings cover gives that at the head."""
    kind, before, after = made
    old, new = compared(kind, before, after)
    covered = [leaf for finding in findings(kind, before, after) for leaf in finding.leaves]

    assert list(leaves(applied(old, covered), new)) == []


@given(DASHBOARDS, DASHBOARDS)
def test_a_dashboard_without_findings_is_the_same_for_the_server(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """No finding means the same body, and the same body means no finding."""
    kind = KINDS["openobserve:index:Dashboard"]
    old, new = (kind.body(canonical("Dashboard", one), "acme") for one in (before, after))

    assert (findings("Dashboard", before, after) == []) is (old == new)


@given(BODIES)
def test_every_finding_says_something(made: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    """A finding has a sentence on one line and names what it is about."""
    for finding in findings(*made):
        assert finding.sentence.strip()
        assert "\n" not in finding.sentence
        assert finding.subject.name
