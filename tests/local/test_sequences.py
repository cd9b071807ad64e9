"""Any valid sequence of calls: no twin ids, honest hashes, nothing forgotten."""

from __future__ import annotations

import tempfile
from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from llmcost_infra.local.server import LocalServer

AUTH = ("root@example.com", "Complexpass#123")
FOLDERS = "/api/v2/default/folders/dashboards"
DASHBOARDS = "/api/default/dashboards"
FUNCTIONS = "/api/default/functions"
TITLES = st.sampled_from(["a", "b", "c"])


def _connect(local: LocalServer) -> httpx.Client:
    # Plain HTTP needs no certificates, which take their time to load.
    return httpx.Client(base_url=local.url, auth=AUTH, timeout=30, verify=False)  # noqa: S501


class Sequences(RuleBasedStateMachine):
    """Folders, dashboards and functions, written and restarted in any order.

    `folders`, `dashboards` and `functions` are what the answers so far promise.
    """

    a_folder = Bundle("a_folder")
    a_dashboard = Bundle("a_dashboard")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.local = LocalServer(self.folder.name).start()
        self.client = _connect(self.local)
        self.folders: dict[str, str] = {}
        self.dashboards: dict[str, dict[str, Any]] = {}
        self.hashes: dict[str, str] = {}
        self.functions: dict[str, str] = {}

    def teardown(self) -> None:
        """Stop the server and remove its folder."""
        self.client.close()
        self.local.stop()
        self.folder.cleanup()

    @rule(target=a_folder, name=TITLES)
    def make_folder(self, name: str) -> Any:
        """A name that is taken is refused, another gets an id of its own."""
        answer = self.client.post(FOLDERS, json={"name": name, "description": ""})
        assert answer.is_success is (name not in self.folders.values())
        if not answer.is_success:
            return multiple()
        made: str = answer.json()["folderId"]
        assert made not in self.folders
        self.folders[made] = name
        return made

    @rule(target=a_dashboard, title=TITLES, folder=a_folder)
    def make_dashboard(self, title: str, folder: str) -> str:
        """Every create makes another one."""
        answer = self.client.post(
            DASHBOARDS, json={"version": 8, "title": title}, params={"folder": folder}
        )
        assert answer.is_success is (folder in self.folders)
        made: str = answer.json()["v8"]["dashboardId"]
        assert made not in self.dashboards
        self._note(answer.json(), folder)
        return made

    @rule(dashboard=a_dashboard, title=TITLES, keeps=st.booleans())
    def write_dashboard(self, dashboard: str, title: str, *, keeps: bool) -> None:
        """The hash is another exactly when the content is."""
        known = self.dashboards[dashboard]
        body = {**known["v8"], "title": known["v8"]["title"] if keeps else title}
        query = {"folder": known["folder"], "hash": known["hash"]}
        answer = self.client.put(f"{DASHBOARDS}/{dashboard}", json=body, params=query)
        assert answer.is_success, answer.text
        after = answer.json()
        assert (after["hash"] == known["hash"]) == (after["v8"] == known["v8"])
        self._note(after, known["folder"])

    @rule(dashboard=consumes(a_dashboard))
    def delete_dashboard(self, dashboard: str) -> None:
        """Once."""
        assert self.client.delete(f"{DASHBOARDS}/{dashboard}").is_success
        del self.dashboards[dashboard]
        assert self.client.delete(f"{DASHBOARDS}/{dashboard}").status_code == 404

    @rule(name=TITLES, number=st.integers(0, 2))
    def save_function(self, name: str, number: int) -> None:
        """Create what is new, update what is there."""
        body = {"name": name, "function": f".x = {number}\n.", "params": "row"}
        known = name in self.functions
        answer = (
            self.client.put(f"{FUNCTIONS}/{name}", json=body)
            if known
            else self.client.post(FUNCTIONS, json=body)
        )
        assert answer.is_success, answer.text
        self.functions[name] = body["function"]

    @rule()
    def restart(self) -> None:
        """Stop and start on the same folder."""
        self.client.close()
        self.local.stop()
        self.local.start()
        self.client = _connect(self.local)

    @invariant()
    def everything_acknowledged_is_there(self) -> None:
        """Lists and reads show what the answers promised, no more and no less."""
        folders = self.client.get(FOLDERS).json()["list"]
        assert {item["folderId"]: item["name"] for item in folders} == self.folders
        functions = self.client.get(FUNCTIONS).json()["list"]
        assert {item["name"]: item["function"] for item in functions} == self.functions
        for key, known in self.dashboards.items():
            shown = self.client.get(f"{DASHBOARDS}/{key}").json()
            assert {**shown, "folder": known["folder"]} == known

    @invariant()
    def equal_hashes_mean_equal_content(self) -> None:
        """Over everything that was ever stored."""
        for known in self.dashboards.values():
            text = repr(known["v8"])
            assert self.hashes.setdefault(known["hash"], text) == text

    def _note(self, answer: dict[str, Any], folder: str) -> None:
        self.dashboards[answer["v8"]["dashboardId"]] = {**answer, "folder": folder}


TestSequences = Sequences.TestCase
TestSequences.settings = settings(max_examples=8, stateful_step_count=12)
