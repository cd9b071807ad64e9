"""What the recorded calls were, by hand: tokens and dollars of every sample, for each profile.

List prices in USD per million tokens: gpt-4o 2.50 in, 1.25 cached, 10.00 out; gpt-4o-mini 0.15 in,
0.60 out; o3-mini 1.10 in, 4.40 out; text-embedding-3-small 0.02 in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

__all__ = ["ATTRIBUTES", "GEN_AI", "LLM", "PIPELINE", "Call"]


@dataclass(frozen=True)
class Call:
    """One call, as panels should show it.

    Args:
        model: the one that answered, else the one that was asked for.
        input_tokens: None when nobody counted.
        output_tokens: None when nobody counted.
        input_usd: part of the cost for input; None when unknown.
        output_usd: part of the cost for output; None when unknown.
        usd: the cost; None when unknown.
        status: pricing status.
        error: class of the error; empty when there was none.
        feature: as attributed.
        user: as attributed.
        with_tool: whether a tool ran in its trace.
        streamed: whether the time to the first token was reported.
    """

    model: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_usd: Decimal | None = None
    output_usd: Decimal | None = None
    usd: Decimal | None = None
    status: str = "priced"
    error: str = ""
    feature: str = "unknown"
    user: str = "unknown"
    with_tool: bool = False
    streamed: bool = False


GPT, MINI, O3 = "gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "o3-mini-2025-01-31"
VECTORS = "text-embedding-3-small"


def _priced(model: str, tokens: tuple[int, int | None], usd: tuple[str, str]) -> Call:
    given, made = Decimal(usd[0]), Decimal(usd[1])
    return Call(model, *tokens, given, made, given + made)


# 2,006 in, of them 1,920 from the cache, 300 out: 86 x 2.50 + 1,920 x 1.25 and 300 x 10.00.
CACHED = _priced(GPT, (2006, 300), ("0.002615", "0.003"))
# 328 in, of them 128 from the cache, 52 out: 200 x 2.50 + 128 x 1.25 and 52 x 10.00.
RESPONSES = _priced(GPT, (328, 52), ("0.00066", "0.00052"))
# 1,200 x 0.15 and 85 x 0.60.
BASIC = _priced(MINI, (1200, 85), ("0.00018", "0.000051"))
# 412 x 1.10 and 640 x 4.40.
REASONING = _priced(O3, (412, 640), ("0.0004532", "0.002816"))
# 16 x 0.02.
EMBEDDING = _priced(VECTORS, (16, None), ("0.00000032", "0"))
UNCOUNTED = Call(MINI, status="no_usage", streamed=True)
TUNED = Call("ft:gpt-4o-mini-2024-07-18:acme::AbC123", 100, 20, status="unpriced_model")
FAILED = [
    Call("gpt-4o", status="failed_no_charge", error=error)
    for error in ["rate_limit"] * 7 + ["timeout", "other", "quota"]
]


def _of_a_user(call: Call) -> Call:
    return replace(call, feature="document_summary", user="u_5f2a")


# The samples of the `genai` instrumentation, priced by the shipped table.
PIPELINE = [
    CACHED,
    replace(CACHED, streamed=True),
    _of_a_user(CACHED),
    replace(CACHED, with_tool=True),
    replace(CACHED, with_tool=True),
    RESPONSES,
    *[BASIC] * 5,
    REASONING,
    EMBEDDING,
    UNCOUNTED,
    UNCOUNTED,
    TUNED,
    *FAILED,
]

# The server of 0.90 takes all cached tokens for new ones (2,006 x 2.50; 328 x 2.50), knows a tuned
# model by its base, counts the tokens of a stream from its text (55 and 34; 55 and 31), and has no
# price for an embedding of which it sees no text.
_NEW = _priced(GPT, (2006, 300), ("0.005015", "0.003"))
_COUNTED = [
    replace(_priced(MINI, (55, 34), ("0.00000825", "0.0000204")), streamed=True),
    replace(_priced(MINI, (55, 31), ("0.00000825", "0.0000186")), streamed=True),
]
LLM = [
    _NEW,
    replace(_NEW, streamed=True),
    _of_a_user(_NEW),
    replace(_NEW, with_tool=True),
    replace(_NEW, with_tool=True),
    _priced(GPT, (328, 52), ("0.00082", "0.00052")),
    *[BASIC] * 5,
    REASONING,
    Call(VECTORS, 16, status="unpriced_model"),
    *_COUNTED,
    _priced(TUNED.model, (100, 20), ("0.000015", "0.000012")),
    *FAILED,
]

# 0.92 prices what the client counted: a stream without usage stays without a price.
GEN_AI = [call for call in LLM if call not in _COUNTED] + [UNCOUNTED, UNCOUNTED]

# The hand-written wrapper knows neither o3-mini nor cached tokens, and splits no cost.
ATTRIBUTES = [
    Call(GPT, 2006, 300, usd=Decimal("0.008015"), feature="document_summary", user="u1"),
    Call(GPT, 2006, 300, usd=Decimal("0.008015"), feature="chat_reply", user="u2"),
    Call(MINI, 1200, 85, usd=Decimal("0.000231"), feature="document_summary", user="u1"),
    Call(O3, 412, 640, status="unpriced_model", feature="document_summary", user="u1"),
]
