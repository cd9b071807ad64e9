"""`llmcost backtest`, as somebody types it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.backtest.conftest import DAY, NOON, ROOT, call
from tests.cli.conftest import ERASED
from tests.review.stored_calls import StoredCalls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.conftest import Type


@pytest.fixture
def rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Rows of two days, of which the second costs more than a day may."""
    monkeypatch.chdir(ROOT)
    made = [call(NOON - 2 * DAY, llmcost_cost_usd=1.0), call(NOON, llmcost_cost_usd=501.0)]
    made.append(call(NOON + DAY // 2))
    path = tmp_path / "rows.ndjson"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in made))
    return str(path)


@pytest.mark.usefixtures("terminal")
def test_firings_are_told_and_found(llmcost: Type, rows: str, tmp_path: Path) -> None:
    """Above what is expected it exits with 4, and a picture is drawn where one is wanted."""
    out = tmp_path / "pictures"

    ended = llmcost(
        *("backtest", "alerts/daily_budget.yaml", "--stack", "prod", "--data", rows),
        *("--days", "2", "--out", str(out)),
    )

    assert ended.code == 4
    assert ended.out.startswith("daily_budget: fired 12 times in 2 days")
    assert "$501.00 spent in the last 24 hours, limit $500.00" in ended.out
    assert "fired 12 times" in (out / "daily_budget.svg").read_text()
    assert (out / "daily_budget.png").read_bytes().startswith(b"\x89PNG")
    progress, _, said = ended.err.rpartition(ERASED)
    assert "Drawing daily_budget" in progress
    assert said.splitlines() == [f"drawn: {out}/daily_budget.{form}" for form in ("svg", "png")]


def test_json_has_every_firing(llmcost: Type, rows: str) -> None:
    """With rows and words, for scripts."""
    typed = ("backtest", "daily_budget", "--stack", "prod", "--data", rows, "--days", "2")

    (told,) = json.loads(llmcost(*typed, "--json").out)

    assert told["firings"] == len(told["fired"]) == 12
    assert told["fired"][0]["rows"][0]["spent_usd"] == "501.00"
    assert told["first"] == "2026-11-24 12:00 UTC"


def test_what_never_fires_is_fine(llmcost: Type, rows: str) -> None:
    """Silence is what a good limit is for."""
    ended = llmcost("backtest", "unpriced_model", "--stack", "prod", "--data", rows)

    assert ended.code == 0
    assert ended.out.startswith("unpriced_model: never fired in 30 days")


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (["daily_budget"], 2, "Say where rows come from: --data FILE or --live."),
        (["dayly_budget", "--data", "ROWS"], 1, "no alert 'dayly_budget'"),
        (["daily_budget", "--data", "none.parquet"], 2, "none.parquet: there is no such file"),
        (["daily_budget", "--data", "ROWS", "--from", "2027-01-01"], 2, "--from has to lie before"),
        (
            ["daily_budget", "--data", "ROWS", "--from", "2020-01-01", "--to", "2020-01-02"],
            1,
            "No row of llm_calls lies between 2020-01-01 00:00 UTC",
        ),
        (["daily_budget", "--data", "ROWS", "--compare", "no-ref"], 2, "--compare: there is no"),
    ],
)
def test_bad_input_is_told_before_anything_is_replayed(
    llmcost: Type, rows: str, typed: list[str], code: int, said: str
) -> None:
    """Each with what to do next, and by the exit code of its cause."""
    arguments = [rows if word == "ROWS" else word for word in typed]

    ended = llmcost("backtest", *arguments, "--stack", "prod")

    assert ended.code == code
    assert said in ended.err


def test_a_history_that_does_not_fit_stays_on_the_server(
    llmcost: Type, rows: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decisions are those of fetched rows; what is drawn needs the rows, and says so."""
    lines = Path(rows).read_text(encoding="utf-8").splitlines()
    server = StoredCalls([json.loads(line) for line in lines])

    @contextmanager
    def at_hand() -> Iterator[StoredCalls]:
        yield server

    monkeypatch.setattr("llmcost_infra.first_run.at_hand.client_at_hand", at_hand)
    typed = (
        *("backtest", "daily_budget", "--stack", "prod", "--live", "--json"),
        *("--from", "2026-11-23", "--to", "2026-11-25"),
    )
    (fetched,) = json.loads(llmcost(*typed).out)
    monkeypatch.setattr("llmcost_infra.backtest.on_server._MOST", 2)
    server.asked.clear()

    stayed = llmcost(*typed, "--out", str(tmp_path / "pictures"))

    (told,) = json.loads(stayed.out)
    assert told.pop("notes")[-1] == "3 rows were looked at on the server"
    assert fetched["firings"] == 12
    same = {key: value for key, value in fetched.items() if key not in {"notes", "evaluated"}}
    assert {key: value for key, value in told.items() if key != "evaluated"} == same
    assert "daily_budget: not drawn, its rows stayed on the server" in stayed.err
    assert not any(sql.startswith('SELECT "') for sql in server.asked)
