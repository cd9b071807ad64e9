"""The embedded server answers as the real one was seen to answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.local.conftest import PLAIN, PRICED, RECORDINGS

if TYPE_CHECKING:
    from tests.local.conftest import Differences
    from tests.local.replaying import Difference

EXCEPTIONS_FILE = Path(__file__).parents[1] / "data" / "replay-exceptions.yaml"
EXCEPTIONS: list[dict[str, Any]] = yaml.safe_load(EXCEPTIONS_FILE.read_text())
FILES = sorted(path.stem for path in RECORDINGS.glob("*.jsonl"))


def _covers(exception: dict[str, Any], difference: Difference) -> bool:
    return exception["file"] == difference.file and difference.number in exception["n"]


@pytest.mark.parametrize("file", FILES)
def test_every_answer_is_the_recorded_one(file: str, replayed: Differences) -> None:
    """Status and body of every recorded exchange come back, ids and times aside."""
    unexpected = [
        str(difference)
        for difference in replayed[file]
        if not any(_covers(exception, difference) for exception in EXCEPTIONS)
    ]

    assert not unexpected, "\n".join(unexpected)


def test_every_recording_is_played() -> None:
    """No recording is left out."""
    assert {name[:2] for name in FILES} == {*PLAIN, *PRICED}


def test_exceptions_are_few_and_have_a_reason() -> None:
    """At most ten lines, each with its reason."""
    assert len(EXCEPTIONS) <= 10
    assert all(exception["reason"] for exception in EXCEPTIONS)


def test_every_exception_is_still_needed(replayed: Differences) -> None:
    """An exception that covers no difference has to go."""
    everything = [difference for differences in replayed.values() for difference in differences]

    stale = [
        exception
        for exception in EXCEPTIONS
        for number in exception["n"]
        if not any(_covers(exception | {"n": [number]}, found) for found in everything)
    ]

    assert not stale
