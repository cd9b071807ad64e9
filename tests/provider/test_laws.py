"""What holds for every kind of object, over the plugin protocol and real REST.

A new kind is here as soon as it is among the kinds and `programs.program` has a sample of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.openobserve.objects import stores
from llmcost_infra.provider.marks import reveal
from tests.provider.engine import CallError
from tests.provider.programs import FIXED, program
from tests.provider.samples import Edit, Sample, sample_of, samples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.provider.world import World

EVERY_KIND = pytest.mark.parametrize("token", KINDS, ids=lambda token: token.rpartition(":")[2])


def stand(world: World, token: str) -> Sample:
    """Bring up the sample of a kind with what it needs."""
    sample = sample_of(token)
    world.engine.up(*sample.program)
    return sample


def edit(world: World, sample: Sample, edits: Iterable[Edit]) -> Edit | None:
    """Make the first of these edits that the server takes, as somebody else."""
    for one in edits:
        try:
            world.edit(sample.resource, {one.key: one.value})
        except LlmCostError:
            continue
        return one
    return None


def test_every_kind_has_a_sample() -> None:
    """A kind without one would be here in name only: add it to `programs.program`."""
    assert samples().keys() == KINDS.keys()


@EVERY_KIND
def test_every_input_is_edited_or_says_why_not(token: str) -> None:
    """The laws walk the whole schema: add an input to `MORE`, or to `FIXED` with the reason."""
    sample = sample_of(token)
    edited = {one.key for _, edits in sample.outside() for one in edits}
    others = sample.kind.replace_on | sample.kind.local_only | edited
    fixed = {path.split(".")[1] for path in FIXED if path.startswith(f"{sample.name}.")}
    assert (sample.kind.required | sample.kind.optional) - others <= fixed


def test_a_second_up_asks_nothing(world: World) -> None:
    """Everything is made once; then it is the same, with not even a read."""
    assert set(world.engine.up(*program()).values()) == {"create"}
    world.requests.clear()
    assert set(world.engine.up(*program()).values()) == {"same"}
    assert world.requests == []


def test_a_refresh_finds_nothing_and_keeps_the_state(world: World) -> None:
    """What the server answers unfolds to what was written."""
    world.engine.up(*program())
    kept = {urn: (state.inputs, state.outputs) for urn, state in world.engine.state.items()}
    world.requests.clear()
    assert world.engine.refresh() == {}
    assert {urn: (s.inputs, s.outputs) for urn, s in world.engine.state.items()} == kept
    assert world.writes == []


@EVERY_KIND
def test_an_import_needs_no_change(world: World, token: str) -> None:
    """Import with the id only: the program that made the object changes nothing."""
    sample = stand(world, token)
    made = world.engine.state.pop(sample.resource.urn)
    imported = world.engine.import_(sample.resource, made.id)
    assert imported is not None
    assert imported.id == made.id
    told = imported.outputs.keys() | sample.kind.told_once
    assert told == made.outputs.keys() | sample.kind.told_once
    assert world.engine.preview(*sample.program) == {}
    assert world.engine.refresh() == {}
    assert set(world.engine.up(*sample.program).values()) == {"same"}


@EVERY_KIND
def test_importing_what_is_gone_finds_nothing(world: World, token: str) -> None:
    """A missing object is not an empty one."""
    sample = stand(world, token)
    id_ = world.id_of(sample.resource)
    _delete_outside(world, sample)
    assert world.engine.import_(sample.resource, id_) is None
    assert world.engine.refresh() == {sample.resource.name: {"": "gone"}}
    assert world.engine.up(*sample.program)[sample.resource.name] == "create"


@EVERY_KIND
def test_an_equal_object_is_adopted(world: World, token: str) -> None:
    """What exists and is what was asked for is taken over, and the log says so."""
    sample = stand(world, token)
    made = world.engine.state.pop(sample.resource.urn)
    world.requests.clear()
    world.engine.up(*sample.program)
    assert world.writes == []
    assert world.id_of(sample.resource) == made.id
    assert "adopted, nothing written." in "\n".join(world.engine.sentences())


@EVERY_KIND
def test_a_save_without_a_change_is_no_drift(world: World, token: str) -> None:
    """What the server stamps on whatever is saved is nobody's input."""
    sample = stand(world, token)
    world.edit(sample.resource, {})
    assert world.engine.refresh() == {}


@EVERY_KIND
def test_an_edit_is_told_at_its_path(world: World, token: str) -> None:
    """A refresh names the one input that somebody changed, whichever it is; an up undoes it."""
    sample = stand(world, token)
    told: dict[str, object] = {}
    for path, edits in sample.outside():
        if edit(world, sample, edits) is None:
            told[path] = "could not be edited: see edits and FIXED"
            continue
        drift = world.engine.refresh()
        told[path] = {name: list(paths) for name, paths in drift.items()}
        world.engine.up(*sample.program)
    assert told == {path: {sample.resource.name: [path]} for path in told}
    assert told
    assert world.engine.refresh() == {}


@EVERY_KIND
def test_base_server_and_target(world: World, token: str) -> None:
    """Server = target: done. Server = base: written. Else: stop, and name the path."""
    sample = stand(world, token)
    for path, edits in sample.outside():
        if (theirs := edit(world, sample, edits)) is None:
            continue
        world.requests.clear()
        assert world.engine.up(*sample.changed(theirs))[sample.resource.name] == "update", path
        assert world.writes == [], path
        world.engine.up(*sample.program)
        assert world.writes, path
        world.edit(sample.resource, {theirs.key: theirs.value})
        _stop_and_go_on(world, sample, path, [one for one in edits if one.value != theirs.value])
        world.engine.up(*sample.program)


def _stop_and_go_on(world: World, sample: Sample, path: str, others: list[Edit]) -> None:
    """Meet their edit with another one, if the input has a third value, and look what is there."""
    for ours in others[:1]:
        world.requests.clear()
        with pytest.raises(CallError, match="was changed outside of Pulumi") as error:
            world.engine.up(*sample.changed(ours))
        assert error.value.code == "ABORTED"
        assert f"\n{path}\n" in error.value.message
        assert world.writes == [], path
    assert list(world.engine.refresh()) == [sample.resource.name], path


@pytest.mark.parametrize("token", [token for token, kind in KINDS.items() if kind.atomic])
def test_a_change_between_reading_and_writing_stops_the_write(world: World, token: str) -> None:
    """Where the server has a lock, whoever saves between our read and our write loses nothing."""
    sample = stand(world, token)
    ours, theirs = [edits[0] for _, edits in sample.outside() if edits][:2]
    world.line.plan(None, method="PUT", meanwhile=lambda: edit(world, sample, [theirs]))
    with pytest.raises(CallError) as error:
        world.engine.up(*sample.changed(ours))
    assert error.value.code == "ABORTED"
    assert world.engine.refresh() == {sample.resource.name: {theirs.path: "update"}}
    assert world.engine.up(*sample.changed(ours))[sample.resource.name] == "update"
    assert world.engine.refresh() == {}


@EVERY_KIND
def test_deleting_twice_is_fine(world: World, token: str) -> None:
    """Whatever is gone already counts as deleted, whoever deleted it."""
    sample = stand(world, token)
    kept = dict(world.engine.state)
    world.engine.up(*sample.before)
    after = world.census()
    world.engine.state = dict(kept)
    world.engine.up(*sample.before)
    assert world.census() == after
    world.engine.up(*sample.program)
    _delete_outside(world, sample)
    world.engine.up(*sample.before)
    assert world.engine.state.keys() == {one.urn for one in sample.before}


@EVERY_KIND
def test_only_what_cannot_change_is_replaced(world: World, token: str) -> None:
    """A preview says so for those inputs that the kind names, and for no other."""
    sample = stand(world, token)
    world.requests.clear()
    elsewhere = Edit("organization", "organization", "another")
    for path, edits in [*sample.edits(), ("organization", [elsewhere])]:
        for one in edits[:1]:
            changes = world.engine.preview(*sample.changed(one))[sample.resource.name]
            replaced = {at: kind.endswith("-replace") for at, kind in changes.items()}
            assert replaced == {path: one.key in sample.kind.replace_on}
    assert world.requests == []


@EVERY_KIND
def test_a_replacement_leaves_one_object(world: World, token: str) -> None:
    """The new one never meets the old one, which is gone afterwards or said to stay."""
    sample = stand(world, token)
    for _, edits in sample.edits():
        if not edits or edits[0].key not in sample.kind.replace_on:
            continue
        before, id_ = world.census(), world.id_of(sample.resource)
        world.engine.log.entries.clear()
        done = world.engine.up(*sample.changed(edits[0]))
        assert done[sample.resource.name] == "replace"
        assert world.id_of(sample.resource) != id_
        stays = " stays on the server" in "\n".join(world.engine.sentences())
        assert world.census().total() == before.total() + stays
        assert world.engine.refresh() == {}
        world.engine.up(*sample.program)


def _delete_outside(world: World, sample: Sample) -> None:
    """Remove an object as somebody else does, a stream with its rows."""
    state = world.engine.state[sample.resource.urn]
    with world.client() as client:
        store = stores(client, clock=world.clock, sleep=world.clock.sleep)[sample.resource.token]
        store.delete(state.id, {**reveal(state.inputs), "on_destroy": "delete"})
