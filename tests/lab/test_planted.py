"""Every invariant can fail: bugs planted in the engine, the roles, the kernel and the network are all caught."""

from __future__ import annotations

import asyncio

import pytest

from negotiate_rt.lab.stress import running
from tests.lab.planted import PLANTS, Plant, plant
from tests.lab.worlds import broken, worlds

QUICK = PLANTS[::9]


def caught(bug: Plant) -> list[str]:
    """Return what the worlds of a bug break."""
    told: list[str] = []
    for name in bug.scenarios:
        for world in worlds(name, bug.network):
            told += [str(one) for one in asyncio.run(broken(world))]
            if told:
                return told
    return told


@pytest.mark.parametrize("bug", QUICK, ids=lambda bug: bug.name)
def test_a_planted_bug_is_caught(bug, monkeypatch):
    monkeypatch.setattr(running, "PATIENCE", 5.0)
    plant(bug, monkeypatch)
    assert caught(bug)


@pytest.mark.slow
@pytest.mark.parametrize("bug", [bug for bug in PLANTS if bug not in QUICK], ids=lambda bug: bug.name)
def test_each_of_many_planted_bugs_is_caught(bug, monkeypatch):
    monkeypatch.setattr(running, "PATIENCE", 5.0)
    plant(bug, monkeypatch)
    assert caught(bug)


def test_there_are_bugs_enough():
    assert len({bug.name for bug in PLANTS}) == len(PLANTS) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("bug", PLANTS, ids=lambda bug: bug.name)
def test_the_same_worlds_break_nothing_without_the_bug(bug):
    assert caught(bug) == []
