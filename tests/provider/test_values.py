"""What crosses the wire arrives as it was sent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
from google.protobuf.struct_pb2 import Struct, Value
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.errors import LlmCostError
from llmcost_infra.provider.values import (
    UNKNOWN,
    Secret,
    decode,
    decode_map,
    encode,
    encode_map,
)

if TYPE_CHECKING:
    from tests.provider.strategies import Values

SIGNATURE = "4dabf18193072939515e22adb298388d"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
ASSET = "c44067f5952c0a294b673a41bacd8c17"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
UNKNOWN_NUMBER = "3eeb2bf0-c639-47a8-9e75-3b44932eb421"


def struct(**fields: Any) -> Value:
    """A struct with the engine's signature key."""
    named = {SIGNATURE if key == "signature" else key: item for key, item in fields.items()}
    return Value(struct_value=Struct(fields={key: encode(item) for key, item in named.items()}))


@given(st.data())
def test_what_is_encoded_decodes_to_the_same(values: type[Values], data: st.DataObject) -> None:
    """Any JSON, with secrets and unknowns nested anywhere, survives the wire."""
    value = data.draw(values.anything)
    assert decode(encode(value)) == value


@given(st.data())
def test_properties_survive_a_real_message(values: type[Values], data: st.DataObject) -> None:
    """Properties are the same after they were serialised to bytes."""
    properties = data.draw(values.marked_maps)
    wire = encode_map(properties).SerializeToString()
    assert decode_map(Struct.FromString(wire)) == properties


@pytest.mark.parametrize(("sent", "kind"), [(2.0, int), (2.5, float), (-0.0, int), (1e300, float)])
def test_whole_numbers_become_integers(sent: float, kind: type) -> None:
    """The engine has doubles only; a whole one is an integer for the server's JSON."""
    received = decode(Value(number_value=sent))
    assert received == sent
    assert type(received) is kind


@pytest.mark.parametrize("sent", [math.inf, -math.inf])
def test_infinite_numbers_stay_floats(sent: float) -> None:
    """A number that no integer can be does not stop decoding."""
    assert decode(Value(number_value=sent)) == sent
    assert math.isnan(decode(Value(number_value=math.nan)))


def test_booleans_stay_booleans() -> None:
    """A boolean is not taken for a number, which it is in Python."""
    assert encode(True) == Value(bool_value=True)
    assert decode(Value(bool_value=False)) is False


@pytest.mark.parametrize("number", [2**53 + 1, -(2**60) - 1, 10**400])
def test_a_number_that_the_engine_would_change_is_refused(number: int) -> None:
    """An integer that no double holds is an error and not another number."""
    with pytest.raises(LlmCostError, match=r"too big.*\n.*as a string"):
        encode(number)


def test_a_big_number_that_a_double_holds_is_sent() -> None:
    """2^60 is exact as a double, so nothing is lost."""
    assert decode(encode(2**60)) == 2**60


def test_secret_and_unknown_have_the_engines_form() -> None:
    """The encoding is the one that the engine reads."""
    assert encode(Secret("x")) == struct(signature=SECRET, value="x")
    assert encode(UNKNOWN) == Value(string_value=UNKNOWN_TEXT)
    assert decode(Value(string_value=UNKNOWN_NUMBER)) is UNKNOWN
    assert decode(Value()) is None


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (struct(signature=OUTPUT, value="x"), "x"),
        (struct(signature=OUTPUT, value="x", secret=False), "x"),
        (struct(signature=OUTPUT, value="x", secret=True), Secret("x")),
        (struct(signature=OUTPUT, secret=True, dependencies=["urn"]), Secret(UNKNOWN)),
        (struct(signature=OUTPUT), UNKNOWN),
    ],
)
def test_output_values_are_understood(sent: Value, received: Any) -> None:
    """Output values are their value, secret if they say so, unknown if they have none."""
    assert decode(sent) == received


def test_assets_are_refused_with_a_next_step() -> None:
    """A file asset has no JSON form: the message says what to give instead."""
    with pytest.raises(LlmCostError, match="Give the text itself"):
        decode(struct(signature=ASSET, text="x"))


def test_a_secret_does_not_show_itself() -> None:
    """The value of a secret is in no traceback and no log."""
    assert "hunter2" not in repr(Secret("hunter2"))
