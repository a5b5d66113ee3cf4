from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from negotiate_rt.errors import ConfigurationError, LocalProtocolError, MailboxFull
from negotiate_rt.runtime.actor import Actor
from negotiate_rt.runtime.dead_letters import DeadLetters
from negotiate_rt.runtime.kernel import Kernel
from negotiate_rt.runtime.mailbox import BURST, NOTHING, OVERFLOWS, Mailbox


class World:
    """A kernel, a mailbox, and a reader that the test scripts."""

    def __init__(self, read: Callable[[World], Any] | None = None, **settings: Any) -> None:
        self.kernel = Kernel("virtual")
        self.dead = DeadLetters()
        self.got: list[Any] = []
        self.actor = self.kernel.spawn("reader", read or self.read_all, *(() if read is None else (self,)))
        self.box = Mailbox(self.actor, on_drop=self.dead.add, **settings)

    async def read_all(self) -> None:
        while True:
            self.got.append(await self.box.receive())

    def run(self) -> None:
        """Until nothing can happen any more."""
        self.kernel.run_slice(0)

    def step(self) -> None:
        """Whatever can run now, without moving time."""
        self.kernel._run_ready(math.inf)


async def asleep(world: World) -> None:
    await world.actor.pause(1e9)


def full(overflow: str, capacity: int = 3) -> World:
    """A mailbox with a busy reader, filled to its capacity with 0, 1, 2."""
    world = World(asleep, capacity=capacity, overflow=overflow)
    for number in range(capacity):
        assert world.box.put(number)
    return world


def contents(box: Mailbox) -> list[Any]:
    found = []
    while (item := box.take_nowait()) is not NOTHING:
        found.append(item)
    return found


# ----------------------------------------------------------------------------------------------------------- overflow
def test_fail_tells_the_sender() -> None:
    world = full("fail")
    with pytest.raises(MailboxFull, match="mailbox of 'reader' is full") as caught:
        world.box.put("x")
    assert (caught.value.mailbox, caught.value.capacity) == ("reader", 3)
    assert contents(world.box) == [0, 1, 2]
    assert world.dead.counts == {"full": 1}


def test_drop_newest_keeps_what_waits() -> None:
    world = full("drop-newest")
    assert world.box.put("x")
    assert contents(world.box) == [0, 1, 2]
    assert world.dead.recent[0].item == "x"
    assert world.dead.counts == {"overflow": 1}


def test_drop_oldest_keeps_what_is_new() -> None:
    world = full("drop-oldest")
    assert world.box.put("x")
    assert contents(world.box) == [1, 2, "x"]
    assert world.dead.recent[0].item == 0
    assert world.box.dropped == 1


def test_wait_asks_the_sender_to_try_again() -> None:
    world = full("wait")
    assert world.box.put("x") is False
    assert world.box.put("x") is False
    assert contents(world.box) == [0, 1, 2]
    assert world.box.dropped == 0


def test_nobody_needs_to_listen_for_drops() -> None:
    world = full("drop-newest")
    world.box.on_drop = None
    world.box.put("x")
    assert world.box.dropped == 1


@pytest.mark.parametrize("settings", [{"overflow": "explode"}, {"capacity": 0}])
def test_impossible_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="mailbox: expected capacity >= 1 and a policy of"):
        Mailbox(Actor(Kernel("virtual"), "a", asleep, ()), **settings)


@settings(max_examples=50)
@given(some.sampled_from(OVERFLOWS), some.integers(1, 4), some.lists(some.booleans(), max_size=30))
def test_no_message_vanishes_and_none_overtakes(overflow: str, capacity: int, puts: list[bool]) -> None:
    world = World(asleep, capacity=capacity, overflow=overflow)
    offered, taken = 0, []
    refused = set()
    for put in puts:
        if put:
            try:
                if not world.box.put(offered):
                    refused.add(offered)
            except MailboxFull:
                pass
            offered += 1
        elif (item := world.box.take_nowait()) is not NOTHING:
            taken.append(item)
        assert len(world.box) <= capacity
    taken += contents(world.box)
    dropped = {one.item for one in world.dead.recent}
    assert taken == sorted(taken)
    assert dropped | refused | set(taken) == set(range(offered))
    assert len(dropped) + len(refused) + len(taken) == offered


# ------------------------------------------------------------------------------------------------------ handing over
def test_a_waiting_reader_gets_messages_in_order_and_without_a_queue() -> None:
    world = World()
    world.run()
    world.box.put("first")
    assert world.box.queue is None
    world.box.put("second")
    assert len(world.box) == 2
    world.run()
    assert world.got == ["first", "second"]
    assert repr(world.box) == "<Mailbox of reader: 0 of 1024>"


def test_none_is_a_message() -> None:
    world = World()
    world.run()
    for _ in range(2):
        world.box.put(None)
    world.run()
    assert world.got == [None, None]


def test_a_reader_that_finds_its_own_messages_lets_others_run() -> None:
    ran_after = []

    async def talk_to_itself(world: World) -> None:
        for number in range(10 * BURST):
            world.box.put(number)
            world.got.append(await world.box.receive())

    world = World(talk_to_itself)

    async def bystander() -> None:
        ran_after.append(len(world.got))

    world.kernel.spawn("bystander", bystander)
    world.run()
    assert world.got == list(range(10 * BURST))
    assert ran_after == [BURST - 1]


def test_only_its_own_actor_may_wait_for_a_mailbox() -> None:
    world = World(asleep)
    errors = []

    async def stranger() -> None:
        try:
            await world.box.receive()
        except LocalProtocolError as error:
            errors.append(str(error))

    world.kernel.spawn("stranger", stranger)
    world.run()
    assert errors == [
        "receive on the mailbox of 'reader' from outside its own actor: each mailbox has one reader; legal here: "
        "nothing"
    ]


# ------------------------------------------------------------------------------------------------------- system lane
def test_system_messages_overtake_and_no_bound_stops_them() -> None:
    world = full("fail")
    for number in range(5):
        world.box.put_system(f"stop {number}")
    assert contents(world.box) == [*(f"stop {number}" for number in range(5)), 0, 1, 2]


def test_a_system_message_reaches_a_waiting_reader_at_once() -> None:
    world = World()
    world.run()
    world.box.put_system("stop")
    assert world.box.system is None
    world.run()
    assert world.got == ["stop"]


def test_ordered_messages_of_the_runtime_keep_their_place_beyond_the_bound() -> None:
    world = full("fail")
    world.box.put_ordered("skip")
    assert world.box.capacity == 3
    with pytest.raises(MailboxFull):
        world.box.put("x")
    assert contents(world.box) == [0, 1, 2, "skip"]


# ---------------------------------------------------------------------------------------------------------- deadlines
def waiting(deadline: float) -> Callable[[World], Any]:
    async def read(world: World) -> None:
        item = await world.box.receive(deadline)
        world.got.append(("nothing" if item is NOTHING else item, world.kernel.now))

    return read


def test_a_receive_gives_up_at_its_deadline() -> None:
    world = World(waiting(2.0))
    world.run()
    assert world.got == [("nothing", 2.0)]
    assert not world.kernel.actors


def test_a_message_ends_the_wait_and_the_deadline() -> None:
    world = World(waiting(2.0))
    world.kernel.call_at(1.0, lambda: world.box.put("x"))
    world.run()
    assert world.got == [("x", 1.0)]
    assert world.kernel.now == 1.0


def test_a_message_of_the_same_instant_is_in_time() -> None:
    world = World(waiting(2.0))
    world.step()
    world.kernel.call_at(2.0, lambda: world.box.put("x"), rank=0)
    world.run()
    assert world.got == [("x", 2.0)]


def test_a_message_that_comes_after_the_deadline_but_before_the_reader_runs_is_received() -> None:
    world = World(waiting(2.0))
    world.step()
    world.kernel.now = 2.0
    world.kernel.timers.pop().due()
    world.box.put("x")
    world.run()
    assert world.got == [("x", 2.0)]


def test_a_later_receive_without_deadline_forgets_the_earlier_one() -> None:
    async def read(world: World) -> None:
        world.got.append(await world.box.receive(5.0))
        world.got.append(await world.box.receive())

    world = World(read)
    world.kernel.call_at(1.0, lambda: world.box.put("x"))
    world.kernel.call_at(9.0, lambda: world.box.put("y"))
    world.run()
    assert world.got == ["x", "y"]
    assert world.kernel.now == 9.0


# ---------------------------------------------------------------------------------------------------- selective receive
def picking(*wanted: Any, deadline: float = math.inf) -> Callable[[World], Any]:
    async def read(world: World) -> None:
        for one in wanted:
            item = await world.box.receive_where(lambda item, one=one: item == one, deadline)
            world.got.append("nothing" if item is NOTHING else item)

    return read


def test_a_selective_receive_takes_what_fits_and_leaves_the_rest_in_order() -> None:
    world = World(picking("c", "a", "s"))
    for item in "abcd":
        world.box.put(item)
    world.box.put_system("s")
    world.run()
    assert world.got == ["c", "a", "s"]
    assert contents(world.box) == ["b", "d"]


def test_a_selective_receive_waits_for_what_fits() -> None:
    world = World(picking("x", "s"))
    world.run()
    for item in ("a", "x", "b"):
        world.box.put(item)
    world.run()
    world.box.put("c")
    world.box.put_system("s")
    world.run()
    assert world.got == ["x", "s"]
    assert contents(world.box) == ["a", "b", "c"]
    assert world.box.match is None


def test_a_system_message_that_does_not_fit_waits_its_turn() -> None:
    world = World(picking("x"))
    world.run()
    world.box.put_system("s")
    world.box.put("x")
    world.run()
    assert world.got == ["x"]
    assert contents(world.box) == ["s"]


def test_a_selective_receive_gives_up_at_its_deadline_and_loses_nothing() -> None:
    world = World(picking("x", deadline=2.0))
    world.kernel.call_at(1.0, lambda: world.box.put("a"))
    world.kernel.call_at(3.0, lambda: world.box.put("x"))
    world.run()
    assert world.got == ["nothing"]
    assert contents(world.box) == ["a", "x"]


# ------------------------------------------------------------------------------------------------------- interruption
def test_a_message_can_interrupt_a_reader_that_waits_for_something_else() -> None:
    async def read(world: World) -> None:
        world.box.interrupts = lambda item: item == "cancel"
        world.actor.interrupted = False
        await world.actor.pause(10.0)
        world.got.append((world.actor.interrupted, world.kernel.now))

    world = World(read)
    world.kernel.call_at(1.0, lambda: world.box.put("other"))
    world.kernel.call_at(2.0, lambda: world.box.put("cancel"))
    world.run()
    assert world.got == [(True, 2.0)]
    assert contents(world.box) == ["other", "cancel"]


# ------------------------------------------------------------------------------------------------------- cancellation
@pytest.mark.parametrize("after_delivery", [False, True])
@pytest.mark.parametrize("read", [None, picking("x"), waiting(5.0)])
def test_a_cancelled_receive_loses_nothing(read: Any, after_delivery: bool) -> None:
    world = World(read)
    world.step()
    if after_delivery:
        world.box.put("x")
        world.box.put("y")
    world.kernel.kill(world.actor)
    if not after_delivery:
        world.box.put("x")
        world.box.put("y")
    assert world.box.close() == 2
    assert [one.item for one in world.dead.recent] == ["x", "y"]
    assert world.dead.counts == {"unread": 2}
    assert world.got == []


# -------------------------------------------------------------------------------------------------------------- closing
def test_a_closed_mailbox_refuses_everything_and_tells_where_it_went() -> None:
    world = full("wait")
    world.box.put_system("s")
    assert world.box.close() == 4
    assert world.box.put("x")
    world.box.put_system("y")
    world.box.put_ordered("z")
    assert world.dead.counts == {"unread": 4, "closed": 3}
    assert len(world.box) == 0


# ---------------------------------------------------------------------------------------------------- senders that wait
class Writer:
    def __init__(self, world: World, name: str, items: list[Any], deadline: float = math.inf) -> None:
        self.world = world
        self.items = items
        self.deadline = deadline
        self.gave_up = False
        self.actor = world.kernel.spawn(name, self.write)

    async def write(self) -> None:
        box = self.world.box
        for item in self.items:
            while not box.put(item):
                if not await box.room(self.actor, self.deadline):
                    self.gave_up = True
                    return


def test_senders_wait_for_room_and_come_in_turn() -> None:
    world = full("wait", capacity=2)
    writers = [Writer(world, name, [name + "1", name + "2"]) for name in "ab"]
    world.step()
    taken = []
    while (item := world.box.take_nowait()) is not NOTHING:
        taken.append(item)
        world.step()
    assert taken == [0, 1, "a1", "b1", "a2", "b2"]
    assert not any(writer.gave_up or writer.actor.alive for writer in writers)


def test_a_sender_gives_up_at_its_deadline_and_leaves_the_line() -> None:
    world = full("wait", capacity=1)
    writer = Writer(world, "w", ["x"], deadline=3.0)
    world.kernel.run_slice(0)
    assert writer.gave_up
    assert not world.box.writers


def test_a_sender_hears_that_the_mailbox_was_closed() -> None:
    world = full("wait", capacity=1)
    writers = [Writer(world, name, ["x"]) for name in "ab"]
    world.step()
    world.box.close()
    world.step()
    assert all(writer.gave_up for writer in writers)


@pytest.mark.parametrize("woken_before", [False, True])
def test_room_for_a_sender_that_dies_goes_to_the_next(woken_before: bool) -> None:
    world = full("wait", capacity=1)
    first, second = Writer(world, "first", ["x"]), Writer(world, "second", ["y"])
    world.step()
    if woken_before:
        assert world.box.take_nowait() == 0
    world.kernel.kill(first.actor)
    if not woken_before:
        assert world.box.take_nowait() == 0
    world.step()
    assert contents(world.box) == ["y"]
    assert not second.actor.alive


def test_a_selective_receive_makes_room_too() -> None:
    world = World(picking("b"), capacity=2, overflow="wait")
    world.box.put("a")
    world.box.put("b")
    writer = Writer(world, "w", ["c"])
    world.kernel.ready.rotate()  # the writer runs first and finds no room
    world.run()
    assert world.got == ["b"]
    assert not writer.actor.alive
    assert contents(world.box) == ["a", "c"]


def test_a_system_message_that_is_taken_makes_no_room() -> None:
    world = World(picking("s"), capacity=1, overflow="wait")
    world.box.put("a")
    world.box.put_system("s")
    writer = Writer(world, "w", ["c"])
    world.kernel.ready.rotate()
    world.run()
    assert world.got == ["s"]
    assert writer.actor.alive
    assert list(world.box.writers) == [writer.actor]


# ------------------------------------------------------------------------------------------------------------ a flood
FLOOD = 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("overflow", OVERFLOWS)
def test_a_flood_of_a_million_messages_stays_within_the_bound(overflow: str) -> None:
    check_flood(overflow, FLOOD)


@pytest.mark.parametrize("overflow", OVERFLOWS)
def test_a_flood_stays_within_the_bound(overflow: str) -> None:
    check_flood(overflow, 5_000)


def check_flood(overflow: str, count: int) -> None:
    world = World(asleep, capacity=1024, overflow=overflow)
    world.dead = DeadLetters(keep=10)
    world.box.on_drop = world.dead.add
    put = world.box.put
    refused = 0
    before = sys.getallocatedblocks()
    for number in range(count):
        try:
            refused += not put(number)
        except MailboxFull:
            refused += 1
    assert sys.getallocatedblocks() - before < 3_000  # a message waiting is one block, its share of the queue another
    assert len(world.box) == 1024
    assert world.box.dropped == world.dead.total == (0 if overflow == "wait" else count - 1024)
    assert refused == (count - 1024 if overflow in ("wait", "fail") else 0)
    first = count - 1024 if overflow == "drop-oldest" else 0
    assert contents(world.box) == list(range(first, first + 1024))
