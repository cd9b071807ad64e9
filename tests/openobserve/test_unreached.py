"""What is said when nobody answers: a cause and a next step for each."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from llmcost_infra.errors import ExitCode, TransportError
from llmcost_infra.openobserve import Client, Retry
from llmcost_infra.openobserve.retry import RetryableAnswer
from llmcost_infra.openobserve.unreached import unanswered


@pytest.mark.parametrize(
    ("error", "what", "hint"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "refused", "Start the server"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "Name or service", "Correct"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] x"), "trusted", "SSL_CERT_FILE"),
        (httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER] x"), "does not speak TLS", "http://"),
        (httpx.ConnectTimeout("x"), "within 12.5 s", "openobserve:timeout"),
        (httpx.ReadTimeout("x"), "within 12.5 s", "openobserve:timeout"),
        (httpx.ReadError("x"), "broke the connection", "whether the server runs"),
        (httpx.RemoteProtocolError("x"), "broke the connection", "whether the server runs"),
    ],
)
def test_each_failure_has_its_cause_and_next_step(
    error: httpx.TransportError, what: str, hint: str
) -> None:
    """A reader learns which address failed, how, and what to do."""
    found = unanswered(error, "http://o.test", "GET /config", 12.5, repeatable=True)
    assert found.message.startswith("GET /config: http://o.test ")
    assert what in found.message
    assert hint in found.hint
    assert found.exit_code is ExitCode.UNREACHABLE


def test_nobody_listens(closed_port: int) -> None:
    """A refused connection on loopback is told as such, after four tries."""
    waits: list[float] = []
    client = Client(f"http://127.0.0.1:{closed_port}", "u", "p", wait=waits.append)
    with pytest.raises(TransportError, match="refused the connection"):
        client.check()
    assert len(waits) == 3


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("3", 3.0),
        ("600", 30.0),
        ("Mon, 23 Nov 2026 20:00:09 GMT", 9.0),
        ("Mon, 23 Nov 2026 20:00:09 -0000", 9.0),
        ("Mon, 23 Nov 2026 19:00:00 GMT", 0.0),
        ("soon", 0.25),
        ("", 0.25),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: float) -> None:
    """Seconds or a date; nonsense counts as nothing, and nobody waits longer than half a minute."""
    answer = RetryableAnswer(httpx.Response(429, headers={"Retry-After": value}))
    now = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert Retry(jitter=lambda: 1.0).pause(1, answer, now) == seconds


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_pauses_grow_and_spread(chance: float) -> None:
    """A pause lies between half and all of its doubled length, and has an end."""
    retry = Retry(first=1.0, longest=5.0, jitter=lambda: chance)
    pauses = [retry.pause(failed, None) for failed in range(1, 6)]
    assert pauses == sorted(pauses)
    assert all(0.5 * 2**n <= pause <= 2**n or pause == 5.0 for n, pause in enumerate(pauses))
