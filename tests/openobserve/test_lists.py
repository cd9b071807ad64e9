"""Shared lists: one request for readers that come together, never older than an own write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.openobserve import Client
from llmcost_infra.openobserve.objects.access import Lists
from llmcost_infra.openobserve.objects.shapes import FoldersShape

if TYPE_CHECKING:
    from tests.clock import Clock

PATH = "/api/v2/default/folders/dashboards"


class Server:
    """Answers lists that grow by one each time, when it may."""

    def __init__(self) -> None:
        self.asked = 0
        self.asked_once = Event()
        self.may_answer = Event()
        self.may_answer.set()

    def __call__(self, _: httpx.Request) -> httpx.Response:
        """Answer."""
        self.asked += 1
        self.asked_once.set()
        folders: list[dict[str, Any]] = [
            {"folderId": str(n), "name": "x"} for n in range(self.asked)
        ]
        self.may_answer.wait(60)
        return httpx.Response(200, json={"list": folders})


@pytest.fixture
def server_of_lists() -> Server:
    """Return a server that counts."""
    return Server()


@pytest.fixture
def lists(server_of_lists: Server, clock: Clock) -> Lists:
    """Return lists that are shared for two seconds."""
    transport = httpx.MockTransport(server_of_lists)
    return Lists(Client("http://o.test", "u", "p", transport=transport), clock)


def read(lists: Lists, **params: str) -> int:
    """Return the length of the list."""
    return len(lists.read(FoldersShape, PATH, params).items)


def test_a_list_is_shared_for_a_moment(lists: Lists, clock: Clock) -> None:
    """Within two seconds readers share; later ones read again."""
    assert [read(lists), read(lists)] == [1, 1]
    clock.sleep(2)
    assert read(lists) == 1
    clock.sleep(0.1)
    assert read(lists) == 2


def test_other_parameters_are_another_list(lists: Lists) -> None:
    """A list of another folder is not this one."""
    assert [read(lists, folder="a"), read(lists, folder="b"), read(lists, folder="a")] == [1, 2, 1]


def test_parallel_readers_wait_for_one_request(lists: Lists, server_of_lists: Server) -> None:
    """Eight readers at once cost one request."""
    server_of_lists.may_answer.clear()
    with ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(read, lists) for _ in range(8)]
        server_of_lists.may_answer.set()
        assert {one.result() for one in reads} == {1}
    assert server_of_lists.asked == 1


def test_an_own_write_makes_lists_old(lists: Lists) -> None:
    """Who writes reads what was written, also after a failed write: it may have been done."""
    assert read(lists, folder="a") == 1
    with lists.changed(PATH):
        pass
    assert read(lists, folder="a") == 2
    with pytest.raises(ValueError, match="failed"), lists.changed(PATH):
        raise ValueError("failed")
    assert read(lists, folder="a") == 3


def test_a_write_during_a_read_makes_its_answer_old(lists: Lists, server_of_lists: Server) -> None:
    """An answer from before a write is not shared with who comes after it."""
    server_of_lists.may_answer.clear()
    with ThreadPoolExecutor(1) as pool:
        early = pool.submit(read, lists)
        assert server_of_lists.asked_once.wait(60)
        with lists.changed(PATH):
            pass
        server_of_lists.may_answer.set()
        assert early.result() == 1
    assert read(lists) == 2


def test_a_failed_read_is_not_kept(clock: Clock) -> None:
    """The next reader asks again."""
    answers = iter([httpx.Response(500), httpx.Response(200, json={"list": []})])
    transport = httpx.MockTransport(lambda _: next(answers))
    lists = Lists(Client("http://o.test", "u", "p", transport=transport), clock)
    with pytest.raises(Exception, match="500"):
        read(lists)
    assert read(lists) == 0
