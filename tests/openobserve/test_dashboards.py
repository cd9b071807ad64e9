"""Dashboards on an embedded server: title and folder, hash as lock, moves, few requests."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import Conflict, NotFound, OpenObserveError, TransportError
from llmcost_infra.local.faults import ResetAfter, Stale
from llmcost_infra.openobserve import Client
from llmcost_infra.openobserve.kinds.dashboard_body import fold_dashboard, unfold_dashboard
from llmcost_infra.openobserve.objects import stores

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_httpx import HTTPXMock

    from llmcost_infra.local.faults import Faults
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve.kinds.base import Found, Inputs, ObjectStore

URN = "urn:pulumi:dev::p::openobserve:index:Dashboard::cost"
PATH = "/api/default/dashboards"


@pytest.fixture
def dashboards(objects: dict[str, ObjectStore]) -> ObjectStore:
    """Return the store."""
    return objects["Dashboard"]


@pytest.fixture
def folder(objects: dict[str, ObjectStore]) -> str:
    """Make a folder and return its id."""
    inputs = {"organization": "default", "folder_type": "dashboards", "name": "LLM"}
    folder_id: str = objects["Folder"].create(inputs, URN).computed["folder_id"]
    return folder_id


def there(store: ObjectStore, found: Found, known: Inputs | None = None) -> Found:
    """Return what is on the server now, which must be there."""
    now = store.read(found.id, known)
    assert now is not None
    return now


def test_a_dashboard_lives_and_dies(
    dashboards: ObjectStore, two_tabs: dict[str, Any], folder: str
) -> None:
    """Made, read, changed and removed: each time what was asked for is there."""
    inputs = {"organization": "default", "folder": folder, **unfold_dashboard(two_tabs, None)}
    assert dashboards.find(inputs, URN) is None
    assert dashboards.chosen_id(inputs, URN) == ""
    made = dashboards.create(inputs, URN)
    assert made.id == f"default/{made.computed['dashboard_id']}"
    assert made.inputs == inputs
    assert made.lock
    assert dashboards.find(inputs, URN) == there(dashboards, made, inputs) == made
    target = {**inputs, "title": "Other", "description": "d"}
    changed = dashboards.update(made, target)
    assert changed.inputs == target
    assert changed.lock != made.lock
    assert there(dashboards, made, target) == changed
    assert dashboards.delete(made.id, target) is None
    assert dashboards.read(made.id, target) is None
    assert dashboards.delete(made.id, target) is None


def test_an_update_keeps_owner_and_date(
    dashboards: ObjectStore, dashboard: Callable[..., Inputs], raw: Client
) -> None:
    """What the server stamps once is sent back, or the hash would change each time."""
    made = dashboards.create(dashboard(), URN)
    before = raw.get(f"{PATH}/{made.computed['dashboard_id']}")["v8"]
    dashboards.update(made, dashboard(title="New"))
    after = raw.get(f"{PATH}/{made.computed['dashboard_id']}")["v8"]
    assert (after["created"], after["owner"]) == (before["created"], before["owner"])


def test_a_change_of_somebody_else_is_not_overwritten(
    dashboards: ObjectStore, dashboard: Callable[..., Inputs], raw: Client
) -> None:
    """The hash that was read is the lock."""
    made = dashboards.create(dashboard(), URN)
    path = f"{PATH}/{made.computed['dashboard_id']}"
    wrapper = raw.get(path)
    raw.put(
        path,
        {**wrapper["v8"], "description": "theirs"},
        {"folder": "default", "hash": made.lock or ""},
    )
    with pytest.raises(Conflict, match=r"concurrent changes(.|\n)*--refresh"):
        dashboards.update(made, dashboard(description="ours"))
    assert raw.get(path)["v8"]["description"] == "theirs"


def test_a_lost_answer_to_an_update_shows_as_a_conflict(
    dashboards: ObjectStore, dashboard: Callable[..., Inputs], faults: Faults
) -> None:
    """The repeated request meets its own first try; a fresh read then equals the target."""
    made = dashboards.create(dashboard(), URN)
    faults.inject(ResetAfter(), method="PUT", path="dashboards")
    target = dashboard(description="ours")
    with pytest.raises(Conflict):
        dashboards.update(made, target)
    assert there(dashboards, made, target).inputs == dashboards.kind.canonical(target)


def test_a_lost_answer_to_a_create_leaves_one_to_find(
    dashboards: ObjectStore, dashboard: Callable[..., Inputs], faults: Faults, raw: Client
) -> None:
    """A create is never repeated: the server would make a second one of the same title."""
    faults.inject(ResetAfter(), method="POST", path="dashboards")
    with pytest.raises(TransportError):
        dashboards.create(dashboard(), URN)
    found = dashboards.find(dashboard(), URN)
    assert found is not None
    assert found.inputs == dashboards.kind.canonical(dashboard())
    assert len(raw.get(PATH)["dashboards"]) == 1


def test_a_dashboard_moves_without_being_replaced(
    dashboards: ObjectStore, dashboard: Callable[..., Inputs], folder: str
) -> None:
    """Another folder is a move; content and folder can change together."""
    made = dashboards.create(dashboard(), URN)
    moved = dashboards.update(made, dashboard(folder=folder))
    assert (moved.id, moved.inputs["folder"]) == (made.id, folder)
    back = dashboards.update(moved, dashboard(title="Back"))
    assert "folder" not in back.inputs
    assert back.inputs["title"] == "Back"
    assert there(dashboards, made, None) == back


def test_a_move_to_nowhere_names_the_folder(
    dashboards: ObjectStore, dashboard: Callable[..., Inputs]
) -> None:
    """A folder is named by its id; the message says so."""
    made = dashboards.create(dashboard(), URN)
    with pytest.raises(NotFound, match=r"'LLM'(.|\n)*folder_id, not its name"):
        dashboards.update(made, dashboard(folder="LLM"))
    with pytest.raises(NotFound, match=r"'LLM'(.|\n)*folder_id, not its name"):
        dashboards.create(dashboard(folder="LLM"), URN)
    assert dashboards.find(dashboard(folder="LLM"), URN) is None


def test_a_dashboard_that_was_moved_in_the_ui_is_found(
    dashboards: ObjectStore, dashboard: Callable[..., Inputs], folder: str, raw: Client
) -> None:
    """The server does not say where a dashboard is; reading finds it by title."""
    made = dashboards.create(dashboard(), URN)
    raw.put(
        f"/api/default/folders/dashboards/{made.computed['dashboard_id']}",
        {"from": "default", "to": folder},
    )
    dashboards.delete(dashboards.create(dashboard(title="x"), URN).id, {})
    assert there(dashboards, made, dashboard()).inputs["folder"] == folder
    with pytest.raises(NotFound, match="--refresh"):
        dashboards.update(made, dashboard(title="New"))


def test_a_dashboard_that_no_list_shows_is_gone(
    dashboards: ObjectStore, dashboard: Callable[..., Inputs], faults: Faults
) -> None:
    """Deleted between two requests is deleted."""
    made = dashboards.create(dashboard(), URN)
    there(dashboards, made)
    dashboards.delete(made.id, {})
    faults.inject(Stale(), method="GET", path=made.computed["dashboard_id"])
    assert dashboards.read(made.id, dashboard()) is None


def test_a_folder_that_is_gone_hides_no_dashboard(
    httpx_mock: HTTPXMock, dashboard: Callable[..., Inputs]
) -> None:
    """Where the last known folder was deleted, the title leads to the new one."""
    body = {**fold_dashboard(dashboard()), "dashboardId": "7"}
    wrapper = {"v8": body, "version": 8, "hash": "1"}
    at = f"http://o.test{PATH}"
    httpx_mock.add_response(url=f"{at}/7", json=wrapper)
    gone = {"code": 404, "message": "Folder not found"}
    httpx_mock.add_response(url=f"{at}?folder=old", status_code=404, json=gone)
    listed = {"dashboards": [{**wrapper, "folder_id": "new"}]}
    httpx_mock.add_response(url=f"{at}?title=Cost", json=listed)
    store = stores(Client("http://o.test", "u", "p"))["openobserve:index:Dashboard"]
    found = store.read("default/7", dashboard(folder="old"))
    assert found is not None
    assert found.inputs["folder"] == "new"


def test_an_equal_twin_is_preferred(
    dashboards: ObjectStore, dashboard: Callable[..., Inputs], raw: Client
) -> None:
    """Titles are not unique; of two, the equal one is ours."""
    raw.post(PATH, fold_dashboard(dashboard(description="theirs")))
    ours = raw.post(PATH, fold_dashboard(dashboard()))
    raw.post(PATH, fold_dashboard(dashboard(title="Cost 2")))
    found = dashboards.find(dashboard(), URN)
    assert found is not None
    assert found.computed["dashboard_id"] == ours["v8"]["dashboardId"]
    other = dashboards.find(dashboard(description="third"), URN)
    assert other is not None
    assert other.inputs["title"] == "Cost"


OLD = {
    "version": 5,
    "title": "Old",
    "description": "",
    "tabs": [
        {
            "tabId": "default",
            "name": "Default",
            "panels": [
                {
                    "id": "p1",
                    "type": "bar",
                    "title": "Calls",
                    "description": "",
                    "queryType": "sql",
                    "config": {"show_legends": True},
                    "layout": {"x": 0, "y": 0, "w": 24, "h": 9, "i": 1},
                    "queries": [
                        {
                            "query": "SELECT a, COUNT(*) AS n FROM s GROUP BY a",
                            "customQuery": True,
                            "config": {"promql_legend": ""},
                            "fields": {
                                "stream": "s",
                                "stream_type": "logs",
                                "x": [{"label": "a", "alias": "a", "column": "a"}],
                                "y": [{"label": "n", "alias": "n", "column": "n"}],
                                "filter": {
                                    "filterType": "group",
                                    "logicalOperator": "AND",
                                    "conditions": [],
                                },
                            },
                        }
                    ],
                }
            ],
        }
    ],
}


def test_an_old_dashboard_is_read_as_the_ui_reads_it(dashboards: ObjectStore, raw: Client) -> None:
    """It is found and read in the present form, and written in it by the first change."""
    made = raw.post(PATH, OLD)
    id_ = f"default/{made['v5']['dashboardId']}"
    found = dashboards.read(id_, None)
    assert found is not None
    panel = found.inputs["tabs"]["default"]["panels"]["p1"]
    # What is not told is the default: 96 columns of 192, 18 rows of 17 pixels.
    assert {key: panel.get(key) for key in ("width", "height", "x_axis")} == {
        "width": None,
        "height": None,
        "x_axis": [{"alias": "a", "column": "a"}],
    }
    assert dashboards.kind.problems(found.inputs) == []
    assert dashboards.find(found.inputs, URN) == found
    assert raw.get(f"{PATH}/{made['v5']['dashboardId']}")["version"] == 5
    changed = dashboards.update(found, {**found.inputs, "description": "new"})
    after = raw.get(f"{PATH}/{made['v5']['dashboardId']}")
    assert (after["version"], after["v8"]["description"]) == (8, "new")
    assert there(dashboards, changed).inputs == {**found.inputs, "description": "new"}


def test_an_old_dashboard_in_no_known_form_is_refused_by_name(
    dashboards: ObjectStore, raw: Client
) -> None:
    """What would have to be guessed is left to the UI; the message says which and what to do."""
    made = raw.post(PATH, {"version": 3, "title": "Odd", "tabs": [{"tabId": "a", "name": "A"}]})
    with pytest.raises(OpenObserveError, match=r"'Odd' is stored in schema version 3") as no:
        dashboards.read(f"default/{made['v3']['dashboardId']}", None)
    assert "save it once" in no.value.hint


def test_what_changed_in_the_ui_is_all_that_is_reported(
    dashboards: ObjectStore, two_tabs: dict[str, Any], raw: Client
) -> None:
    """A changed query and a new panel show; order numbers of the others stay."""
    inputs = {"organization": "default", **unfold_dashboard(two_tabs, None)}
    for tab in inputs["tabs"].values():
        for panel in tab["panels"].values():
            panel["order"] *= 7
    made = dashboards.create(inputs, URN)
    path = f"{PATH}/{made.computed['dashboard_id']}"
    wrapper = raw.get(path)
    body = wrapper["v8"]
    panels = body["tabs"][0]["panels"]
    panels[0]["config"]["decimals"] = 5
    new = copy.deepcopy(panels[-1])
    new |= {"id": "new", "layout": {"x": 0, "y": 63, "w": 192, "h": 18, "i": 99}}
    panels.append(new)
    raw.put(path, body, {"folder": "default", "hash": wrapper["hash"]})
    now = there(dashboards, made, inputs).inputs
    was = copy.deepcopy(made.inputs)
    was["tabs"]["overview"]["panels"]["llm-cost"]["config"]["decimals"] = 5
    added = now["tabs"]["overview"]["panels"].pop("new")
    assert added["order"] == 640
    assert now == was


def test_a_refresh_asks_for_each_dashboard_and_each_folder_once(
    dashboards: ObjectStore,
    objects: dict[str, ObjectStore],
    dashboard: Callable[..., Inputs],
    server: LocalServer,
) -> None:
    """D dashboards in F folders, and the folders, cost D + F + 1 requests at most."""
    inputs = {"organization": "default", "folder_type": "dashboards"}
    folders = [objects["Folder"].create({**inputs, "name": f"F{n}"}, f"{URN}{n}") for n in range(3)]
    made = []
    for n in range(12):
        place = folders[n % 3].computed["folder_id"]
        made.append(dashboards.create(dashboard(title=f"D{n}", folder=place), f"{URN}{n}"))
    before = len(server.requests)
    with ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(dashboards.read, one.id, one.inputs) for one in made]
        reads += [pool.submit(objects["Folder"].read, one.id, one.inputs) for one in folders]
        found = [read.result() for read in reads]
    assert found == [*made, *folders]
    assert len(server.requests) - before <= 12 + 3 + 1
