"""What each module offers is said once, sorted and complete."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

import llmcost_infra.openobserve
from llmcost_infra.openobserve.objects import stores

MODULES = [
    found.name
    for found in pkgutil.walk_packages(
        llmcost_infra.openobserve.__path__, "llmcost_infra.openobserve."
    )
]


@pytest.mark.parametrize("name", MODULES)
def test_all_is_complete(name: str) -> None:
    """`__all__` names every public class and function of a module, and nothing else."""
    module = importlib.import_module(name)
    public = {
        key
        for key, value in vars(module).items()
        if not key.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == name
    }
    assert public <= set(module.__all__)
    assert all(hasattr(module, key) for key in module.__all__)


def test_what_is_not_offered_is_not_there() -> None:
    """Names are looked up late; one that does not exist is an ordinary error."""
    with pytest.raises(AttributeError, match="no attribute 'Klient'"):
        llmcost_infra.openobserve.__getattr__("Klient")


def test_there_is_a_store_for_every_kind() -> None:
    """A kind without a store could be declared and never made."""
    from llmcost_infra.openobserve import Client  # noqa: PLC0415 - only this test needs it
    from llmcost_infra.openobserve.kinds import KINDS  # noqa: PLC0415

    every = stores(Client("http://o.test", "u", "p"))
    assert list(every) == list(KINDS)
    assert all(store.kind.token == token for token, store in every.items())
