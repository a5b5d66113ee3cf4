"""Invariants of a whole world: what it has left behind, and whether its network's account adds up."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec

from negotiate_rt.executor.world import World
from negotiate_rt.lab.invariants.violation import Violation
from negotiate_rt.runtime.link import Parcel
from negotiate_rt.runtime.network import Network
from negotiate_rt.runtime.timers import Timer

DESCRIPTORS = Path("/proc/self/fd")  # one entry an open file; only Linux tells so


class Surroundings(msgspec.Struct, frozen=True):
    """What a process holds at one moment: taken before worlds run and compared afterwards."""

    tasks: int
    threads: int
    files: int
    children: int

    @classmethod
    def now(cls) -> Surroundings:
        """Look. Call from a running event loop. Cost: some system calls."""
        import multiprocessing  # late: it is heavy

        files = len(os.listdir(DESCRIPTORS)) if DESCRIPTORS.is_dir() else 0
        return cls(len(asyncio.all_tasks()), threading.active_count(), files, len(multiprocessing.active_children()))

    def left(self, before: Surroundings) -> Iterator[str]:
        """Tell what there is more of than before."""
        for name in self.__struct_fields__:
            more = getattr(self, name) - getattr(before, name)
            if more > 0:
                yield f"{more} {name} left"


def check_world(world: World, network: Network | None, announced: dict[str, int]) -> list[Violation]:
    """Return what a world that has ended has broken; `announced`: negotiation -> how often its outcome was announced."""
    told = [Violation("released", "", text) for text in _left(world)]
    if network is not None:
        told += [Violation("network-adds-up", "", text) for text in _account(network)]
    wrong = [(name, times) for name, times in announced.items() if times != 1]
    told += [Violation("one-outcome", name, f"its outcome was announced {times} times") for name, times in wrong]
    return told


def _left(world: World) -> Iterator[str]:
    kernel = world.kernel
    if world.open:
        yield f"{len(world.open)} negotiations are still open"
    if kernel.actors:
        yield f"roles run on: {', '.join(actor.name for actor in kernel.actors)}"
    owners = [
        entry[3] for entry in kernel.timers.heap if entry[3].armed == entry[0] and entry[3].deadline < float("inf")
    ]
    stray = [
        type(one).__name__ for one in owners if not isinstance(one, (Timer, Parcel))
    ]  # those are the network's own
    if stray:
        yield f"timers left of: {', '.join(sorted(set(stray)))}"
    if kernel.stubborn:
        yield f"coroutines that would not end: {', '.join(kernel.stubborn)}"
    if world.calls.live or world.calls.waiting:
        yield f"{len(world.calls.live)} calls run on, {world.calls.waiting} wait"


def _account(network: Network) -> Iterator[str]:
    one = network.statistics()
    came = one.carried + one.duplicated
    went = one.delivered + one.lost + one.blocked + one.undelivered + one.in_flight + one.held
    if came != went:
        yield f"{came} messages were carried or duplicated, {went} accounted for: {one}"
