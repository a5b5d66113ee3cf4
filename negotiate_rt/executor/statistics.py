"""A snapshot of a running world: what is open, what waits, who is slow, what was lost. Cost: O(open negotiations and calls)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from negotiate_rt.problems.task import FrozenMapping
from negotiate_rt.runtime.watchdog import BlockedHook

if TYPE_CHECKING:
    from negotiate_rt.executor.world import World
    from negotiate_rt.runtime.mailbox import Mailbox

SLOWEST = 5  # calls that are named


class SlowCall(msgspec.Struct, frozen=True):
    """An outside hook at work: whose, which, and for how many seconds of the society's clock already."""

    agent: str
    hook: str
    seconds: float


class MailboxStatistics(msgspec.Struct, frozen=True):
    """The mailboxes of all open negotiations: how many, messages that wait in them, the most in one, and how many they have
    dropped."""

    boxes: int
    waiting: int
    fullest: int
    dropped: int


class WorldStatistics(msgspec.Struct, frozen=True):
    """What a world holds and has done. `ended` and `messages` count what is over, too; `slowest` names the hooks that have
    been at work for longest; `dead_letters_by` counts by reason; `network` and `journal` are those parts' own, where there
    are such."""

    open: int
    actors: int
    timers: int
    steps: int
    calls_asked: int
    calls_running: int
    calls_waiting: int
    orphans: int
    dead_letters: int
    stubborn: tuple[str, ...]
    blocked: tuple[BlockedHook, ...]
    journal: Any = None  # a JournalStatistics
    ended: int = 0
    messages: int = 0
    mailboxes: MailboxStatistics = MailboxStatistics(0, 0, 0, 0)
    slowest: tuple[SlowCall, ...] = ()
    dead_letters_by: Mapping[str, int] = FrozenMapping({})
    network: Any = None  # a NetworkStatistics


def statistics_of(world: World) -> WorldStatistics:
    """Return a snapshot."""
    kernel, calls = world.kernel, world.calls
    traffic = [negotiation.traffic() for negotiation in world.open.values()]
    network = world.settings.network
    return WorldStatistics(
        open=len(world.open), actors=len(kernel.actors), timers=len(kernel.timers), steps=kernel.steps,
        calls_asked=calls.asked, calls_running=len(calls.live), calls_waiting=calls.waiting, orphans=len(calls.orphans),
        dead_letters=world.dead_letters.total, stubborn=tuple(kernel.stubborn),
        blocked=tuple(world.watchdog.blocked) if world.watchdog else (),
        journal=world.journalling.statistics() if world.journalling else None,
        ended=world.ended, messages=world.messages + sum(said for said, _ in traffic),
        mailboxes=_mailboxes(boxes for _, boxes in traffic), slowest=_slowest(world),
        dead_letters_by=FrozenMapping(world.dead_letters.counts),
        network=None if network is None else network.statistics(),
    )  # fmt: skip


def _mailboxes(several: Iterable[Mapping[Mailbox, int]]) -> MailboxStatistics:
    """Return how full the mailboxes of all talks are."""
    boxes = {box: length for one in several for box, length in one.items()}
    lengths = boxes.values()
    dropped = sum(box.dropped for box in boxes)
    return MailboxStatistics(len(boxes), sum(lengths), max(lengths, default=0), dropped)


def _slowest(world: World) -> tuple[SlowCall, ...]:
    """Return the outside hooks that have been at work for longest, the longest first."""
    now = world.kernel.read_clock()
    going = [SlowCall(call.owner, call.what, max(0.0, now - call.actor.waits_since)) for call in world.calls.live]
    return tuple(sorted(going, key=lambda call: (-call.seconds, call.agent))[:SLOWEST])
