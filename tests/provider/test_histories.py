"""Whatever happens in whatever order: no twin, nothing overwritten, and runs converge."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from llmcost_infra.errors import LlmCostError, TransportError
from llmcost_infra.openobserve.kinds.dashboard import DashboardKind
from llmcost_infra.provider.claims import Claims
from llmcost_infra.provider.handler import Handler
from tests.provider.memory import MemoryServer, MemoryStore
from tests.provider.programs import dashboard

if TYPE_CHECKING:
    from llmcost_infra.provider.state import State

VALUES = st.sampled_from(["one", "two", "three"])
PEOPLE = st.sampled_from(["", "", "one", "two", "three", "gone"])
# What happens to the next requests of each operation: nothing, or lost before or after it is done.
FAULTS = st.sampled_from(
    [
        {},
        {"find": ["before"]},
        {"find": ["", "before"], "create": ["after"]},
        {"find": ["before", "before"], "create": ["after"]},
        {"create": ["before"]},
        {"create": ["after"]},
        {"read": ["before"]},
        {"read": ["", "before"], "update": ["after"]},
        {"read": ["before", "before"], "update": ["after"]},
        {"update": ["before"]},
        {"update": ["after"]},
    ]
)
DESCRIPTION = "description"
URN = dashboard().urn


class History(RuleBasedStateMachine):
    """A program and people in the UI change the same dashboard while requests get lost."""

    def __init__(self) -> None:
        super().__init__()
        self.server = MemoryServer()
        self.store = MemoryStore(DashboardKind(), self.server)
        self.state: State | None = None
        self.wanted = "one"
        self.known: str | None = None

    @property
    def there(self) -> str | None:
        """What the server has."""
        return next((there[DESCRIPTION] for there in self.server.objects.values()), None)

    @rule(program=VALUES, people=PEOPLE, faults=FAULTS)
    def up(self, program: str, people: str, faults: dict[str, list[str]]) -> None:
        """Program and dashboard may change, requests may get lost, then somebody runs an update.

        Whoever else changed the dashboard finds it as they left it.
        """
        self._meanwhile(program, people, faults)
        before, ours = self.there, {self.known, self.wanted, None}
        with suppress(LlmCostError):
            self.state = self._after_update()
            self.known = self.wanted
        assert self.there == before or before in ours

    @rule(people=PEOPLE, faults=FAULTS)
    def refresh(self, people: str, faults: dict[str, list[str]]) -> None:
        """Somebody runs a refresh."""
        self._meanwhile(self.wanted, people, faults)
        with suppress(LlmCostError):
            self._refresh()

    @rule()
    def converge(self) -> None:
        """Once nothing breaks any more, a refresh and an update always get there."""
        self.server.faults.clear()
        self._refresh()
        if self.state is None and self.there not in {None, self.wanted}:
            return  # Somebody else's dashboard is in the place: that takes an import.
        self.state = self._after_update()
        self.known = self.wanted
        assert self.there == self.wanted
        self.server.requests.clear()
        assert self._after_update() == self.state
        assert self.server.requests == []

    def _meanwhile(self, program: str, people: str, faults: dict[str, list[str]]) -> None:
        self.wanted = program
        self.server.faults.clear()
        for operation, moments in faults.items():
            for moment in moments:
                self.server.fail(operation, moment, TransportError("lost"))
        if people == "gone":
            self.server.objects.clear()
        for key, there in self.server.objects.items():
            self.server.objects[key] = {**there, DESCRIPTION: people or there[DESCRIPTION]}
            self.server.versions[key] += 1

    @invariant()
    def there_is_no_twin(self) -> None:
        """One dashboard at most."""
        assert len(self.server.objects) <= 1

    def _handler(self) -> Handler:
        return Handler(self.store.kind, lambda: self.store, lambda _urn, _text: None, Claims())

    def _after_update(self) -> State:
        handler = self._handler()
        inputs = handler.check(dashboard(description=self.wanted).inputs, "default", {}).inputs
        if self.state is None:
            return handler.create(URN, inputs)
        if not handler.diff(URN, self.state.id, self.state.inputs, inputs):
            return self.state
        return handler.update(self.state, inputs)

    def _refresh(self) -> None:
        if self.state is not None:
            self.state = self._handler().read(URN, self.state)
            self.known = None if self.state is None else self.there


TestHistories = History.TestCase
TestHistories.settings = settings(max_examples=400, stateful_step_count=8)
