"""`llmcost reconcile` finds stack, bill and server, says what differs, and keeps its key."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from provider_stand_in import Account, openai_cost, served

from llmcost_infra.columns import BILLING, STORED
from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client
from llmcost_infra.reconcile.days import previous_month
from llmcost_infra.reconcile.report import sections
from llmcost_infra.reconcile.run import Request, run
from llmcost_infra.utc import Month, midnight
from tests.cli.conftest import ERASED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Type

PASSWORD = "Complexpass#123"
KEY = "sk-admin-stand-in"
ROOT = Path(__file__).parents[2]
SETTINGS = """\
config:
  mine:settings:
    environment: test
    billing:
      - provider: openai
        account: org-acme
        admin_key: bill_key
        scopes: [{project: proj_search, environment: test, team: search}]
"""


def last_month() -> Month:
    """Return the month that is compared when none is named."""
    return previous_month(datetime.now(UTC))


@pytest.fixture(scope="module")
def stand_in() -> Iterator[tuple[Account, str]]:
    """OpenAI's account and the address at which it is served."""
    account = Account(page=31)
    with served(account, Account()) as url:
        yield account, url


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A server with the streams of a stack."""
    with LocalServer(tmp_path_factory.mktemp("data"), password=PASSWORD) as server:
        with Client(server.url, "root@example.com", PASSWORD) as client:
            for stream, kind, columns in (
                ("llm_calls", "traces", STORED),
                ("llm_billing_daily", "logs", BILLING),
            ):
                fields = [
                    {"name": name, "type": {"uint64": "UInt64"}.get(of, of.capitalize())}
                    for name, of in columns.items()
                    if name != "_timestamp"
                ]
                body = {"fields": fields, "settings": {}}
                client.post(f"/api/default/streams/{stream}", body, {"type": kind})
        yield server


@pytest.fixture
def project(
    server: LocalServer,
    stand_in: tuple[Account, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A project, and an environment that names the server and holds the key."""
    account, _ = stand_in
    account.costs.clear()
    account.usage.clear()
    account.late.clear()
    (tmp_path / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    (tmp_path / "Pulumi.test.yaml").write_text(SETTINGS)
    (tmp_path / "__main__.py").write_text("")
    monkeypatch.chdir(tmp_path)
    named = {"URL": server.url, "USER": "root@example.com", "PASSWORD": PASSWORD}
    for name, value in named.items():
        monkeypatch.setenv(f"OPENOBSERVE_{name}", value)
    monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)
    monkeypatch.setenv("OPENAI_ADMIN_KEY", KEY)
    return tmp_path


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is asked to wait tries again at once."""
    monkeypatch.setattr("llmcost_infra.openobserve.delivery.Delivery.pause", lambda *_: None)


def charge(account: Account, usd: str = "212.00") -> None:
    """Bill something that nobody sent a span for."""
    day = last_month().first + timedelta(days=4)
    account.costs[day] = [
        {
            "object": "organization.costs.result",
            "amount": {"value": usd, "currency": "usd"},
            "line_item": "gpt-4o-2024-08-06, batch input",
            "project_id": "proj_search",
        }
    ]
    account.usage["completions"][day] = [
        {
            "input_tokens": 169_600_000,
            "num_model_requests": 800,
            "model": "gpt-4o-2024-08-06",
            "batch": True,
            "project_id": "proj_search",
        }
    ]


@pytest.mark.usefixtures("project")
def test_a_month_without_anything_is_fine(llmcost: Type, stand_in: tuple[Account, str]) -> None:
    """Nothing billed, nothing called."""
    ended = llmcost("reconcile", "openai", "--stack", "test", "--api", stand_in[1])
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"openai {last_month()}: within 5 %.")


@pytest.mark.usefixtures("no_waits")
def test_drift_ends_with_four_and_says_why(
    llmcost: Type, stand_in: tuple[Account, str], project: Path
) -> None:
    """On the terminal, as JSON, and in five files; the key is in none of them."""
    charge(stand_in[0])
    stand_in[0].faults = [429]
    ended = llmcost(
        "reconcile", "openai", "--stack", "test", "--api", stand_in[1], "--out", "out", "--json"
    )
    assert ended.code == 4, ended.err
    [cause] = json.loads(ended.out)["causes"]
    assert (cause["cause"], cause["usd"].rstrip("0")) == ("missing traffic", "-212.")
    shown = llmcost("reconcile", "openai", "--stack", "test", "--api", stand_in[1])
    assert "-$212.00" in shown.out
    assert "none of 800 batch calls of proj_search makes a span" in shown.out
    written = {path.name: path.read_text("utf-8") for path in (project / "out").iterdir()}
    assert set(written) == {f"report.{one}" for one in ("md", "html", "csv", "json", "svg")}
    assert "missing traffic" in written["report.md"]
    assert "http" not in written["report.html"].replace("http://www.w3.org/2000/svg", "")
    for text in (ended.out, ended.err, shown.out, shown.err, *written.values()):
        assert KEY not in text


@pytest.mark.usefixtures("project")
def test_the_key_is_nowhere_on_the_server(
    llmcost: Type, stand_in: tuple[Account, str], server: LocalServer
) -> None:
    """Neither in what it keeps nor in what it was asked; the rows are there."""
    charge(stand_in[0])
    assert llmcost("reconcile", "openai", "--stack", "test", "--api", stand_in[1]).code == 4
    with Client(server.url, "root@example.com", PASSWORD) as client:
        now = datetime.now(UTC)
        statement = 'SELECT scope, model, billed_usd, cause FROM "llm_billing_daily"'
        start = now - timedelta(days=1)
        rows = client.search(statement, start, now + timedelta(days=1), stream_type="logs").hits
    assert {(row["scope"], row["model"], row["billed_usd"], row["cause"]) for row in rows} == {
        ("test/search", "openai/gpt-4o", 212.0, "missing traffic")
    }
    kept = [path for path in server._folder.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if KEY.encode() in path.read_bytes()]


@pytest.mark.usefixtures("project", "terminal")
def test_late_days_end_with_one(llmcost: Type, stand_in: tuple[Account, str]) -> None:
    """No verdict on half a bill, and what is missing."""
    day = last_month().first + timedelta(days=9)
    stand_in[0].late = {day}
    ended = llmcost("reconcile", "openai", "--stack", "test", "--api", stand_in[1])
    assert ended.code == 1
    assert f"the bill does not tell of {day}" in ended.out
    assert ended.err.endswith(ERASED)  # what is read is told meanwhile


@pytest.mark.usefixtures("project")
def test_a_key_that_is_no_admins_ends_with_three(
    llmcost: Type, stand_in: tuple[Account, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the provider's words, the kind that is needed, and no key."""
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-proj-of-somebody")
    ended = llmcost("reconcile", "openai", "--stack", "test", "--api", stand_in[1])
    assert ended.code == 3
    assert "Missing scopes: api.usage.read" in ended.err
    assert "sk-admin-" in ended.err
    assert "sk-proj" not in ended.out + ended.err


def test_days_that_are_not_closed_are_left_out_and_named(
    server: LocalServer, stand_in: tuple[Account, str], project: Path
) -> None:
    """A month may be compared before it is over; what is read is told while it is."""
    account, url = stand_in
    month = last_month()
    for day in month.days:
        account.costs[day] = [openai_cost("2.00", "gpt-4o, input", "proj_search")]
    said: list[str] = []
    tenth = midnight(month.first) + timedelta(days=9, hours=12)
    asked = Request("openai", "test", str(month), api_url=url, write=False)
    with Client(server.url, "root@example.com", PASSWORD) as client:
        found = run(asked, project, client, tenth, said.append)
    assert (found.days, found.open_days) == (tuple(month.days[:8]), tuple(month.days[8:]))
    assert found.billed == 16
    [section] = [one for one in sections(found) if one.title == "Not closed yet"]
    assert [row[0] for row in section.rows] == [str(day) for day in month.days[8:]]
    assert said[0] == "costs"
    assert f"calls from {month.days[0]} to {month.days[6]}" in said


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--month", "2099-01"), 2, "lies in the future"),
        (("--month", "soon"), 2, "'soon' is no month"),
        (("--scope", "test/serch"), 2, "test/search"),
        (("--account", "org-acne"), 2, "org-acme"),
        (("--month", "2024-01"), 1, "Calls are kept 400 days"),
        (("--api", "http://api.openai.com/v1"), 1, "may be sent to"),
        (("--api", "http://127.0.0.1:1/v1"), 3, "no answer"),
    ],
)
@pytest.mark.usefixtures("project", "no_waits")
def test_what_cannot_be_compared_is_told(
    llmcost: Type, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """Before the provider or the server is asked, where that is possible."""
    ended = llmcost("reconcile", "openai", "--stack", "test", *arguments)
    assert (ended.code, said in ended.err) == (code, True), ended.err


def test_a_downloaded_bill_needs_no_key(
    llmcost: Type, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Amounts alone tell that something differs, not why."""
    monkeypatch.delenv("OPENAI_ADMIN_KEY")
    month = last_month()
    days = (f"{month.days[0]}T00:00:00+00:00", f"{month.days[-1]}T00:00:00+00:00")
    lines = [f'0,{day},1.5{at},usd,"gpt-4o, input",proj_search\n' for at, day in enumerate(days)]
    head = "start_time,start_time_iso,amount_value,amount_currency,line_item,project_id\n"
    (project / "bill.csv").write_text(head + "".join(lines))
    ended = llmcost("reconcile", "openai", "--stack", "test", "--bill", "bill.csv", "--no-write")
    assert ended.code == 4, ended.err
    assert "unexplained" in ended.out
    assert "the bill tells no tokens" in ended.out


def test_the_key_may_be_a_secret_of_the_stack(
    llmcost: Type,
    project: Path,
    stand_in: tuple[Account, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Asked of the engine's CLI; where there is none, the way to set it is told."""
    monkeypatch.delenv("OPENAI_ADMIN_KEY")
    tool = project / "pulumi"
    tool.write_text(f'#!/bin/sh\n[ "$3" = bill_key ] && [ "$5" = test ] && echo {KEY}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{project}:/usr/bin:/bin")
    ended = llmcost("reconcile", "openai", "--stack", "test", "--api", stand_in[1])
    assert ended.code == 0, ended.err
    tool.write_text("#!/bin/sh\nexit 255\n")
    ended = llmcost("reconcile", "openai", "--stack", "test", "--api", stand_in[1])
    assert ended.code == 3
    assert "pulumi config set --stack test --secret bill_key" in ended.err


@pytest.mark.usefixtures("project", "no_waits")
def test_the_pages_commands_work_as_they_stand(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For both providers, without an account: only port and stack are others than on the page."""
    page = (ROOT / "docs/reconciliation.md").read_text("utf-8")
    block = page.partition("## Try it without an account")[2].partition("```console\n")[2]
    lines = block.partition("```")[0].splitlines()
    serve, export, *compared = (shlex.split(line.removeprefix("$ ")) for line in lines)
    keys = dict(one.split("=") for one in export[1:])
    for variable, key in keys.items():
        monkeypatch.setenv(variable, key)
    assert (serve[0], serve[2:]) == ("python", ["--port", "8787", "&"])
    assert [words[2] for words in compared] == ["openai", "anthropic"]
    command = [sys.executable, str(ROOT / serve[1]), "--port", "0"]
    month = last_month()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stand_in:  # noqa: S603 - the page's own
        try:
            assert stand_in.stdout is not None
            url = stand_in.stdout.readline().strip()
            told = {"http://127.0.0.1:8787/v1": url, "local": "test"}
            assert all(set(told) <= set(words) for words in compared)
            ended = [llmcost(*(told.get(word, word) for word in words[1:])) for words in compared]
        finally:
            stand_in.terminate()
    for one, provider in zip(ended, ("openai", "anthropic"), strict=True):
        assert one.code == 4, one.err
        assert one.out.startswith(f"{provider} {month}: beyond its limits.")
        assert "missing traffic" in one.out
        assert not [key for key in keys.values() if key in one.out + one.err]
