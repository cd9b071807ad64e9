"""Values as the engine may send them, for laws."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from llmcost_infra.provider.values import UNKNOWN, Secret

__all__ = ["Values"]

KEYS = st.text(min_size=1, max_size=6).filter(lambda key: not key.startswith("4dabf"))
NUMBERS = st.one_of(
    st.integers(min_value=-(2**53), max_value=2**53),
    st.floats(allow_nan=False, allow_infinity=False),
)
SCALARS: st.SearchStrategy[Any] = st.one_of(st.booleans(), NUMBERS, st.text(max_size=8))


def maps(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of these values, of a few keys so that two of them have some in common."""
    keys = st.one_of(st.sampled_from(["a", "b", "odd key", 'q"uote', "x.y"]), KEYS)
    return st.dictionaries(keys, values, max_size=4)


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects and lists of these, nested."""
    return st.recursive(
        leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), maps(inner)), max_leaves=12
    )


def marked(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of which some are secret; a secret within a secret means no more than one."""
    return st.recursive(
        st.one_of(values, values.map(Secret)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), maps(inner)),
        max_leaves=8,
    )


class Values:
    """The strategies, for tests that cannot import this file."""

    json = nested(st.one_of(st.none(), SCALARS))
    plain_maps = maps(nested(SCALARS))
    sparse_maps = maps(nested(st.one_of(st.none(), SCALARS)))
    marked_maps = maps(marked(nested(st.one_of(SCALARS, st.just(UNKNOWN)))))
    anything = st.recursive(
        st.one_of(st.none(), st.just(UNKNOWN), SCALARS),
        lambda inner: st.one_of(st.lists(inner, max_size=3), maps(inner), inner.map(Secret)),
        max_leaves=12,
    )
    keys = KEYS
