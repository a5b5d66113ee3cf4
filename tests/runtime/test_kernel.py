"""The kernel steps actors in order, moves time, refuses what is not its own, and ends what is to end."""

from __future__ import annotations

import asyncio
import gc
import math
import random
import warnings
from contextvars import ContextVar

import anyio
import pytest

from negotiate_rt import Buyer, NegotiationConfig, NegotiationExecutor, Seller
from negotiate_rt.errors import ForeignAwaitError, LocalProtocolError, StalledError
from negotiate_rt.runtime.actor import Ended
from negotiate_rt.runtime.kernel import Kernel
from negotiate_rt.runtime.mailbox import BURST, NOTHING, Mailbox


class Bench:
    """A kernel without a host, its actors' boxes, and how each ended."""

    def __init__(self, clock="virtual"):
        self.kernel = Kernel(clock)
        self.log = []
        self.ended = {}

    def actor(self, name, function, *arguments, capacity=1024):
        """Spawn `function(bench, box, *arguments)`; return its box."""
        box = None

        async def body():
            return await function(self, box, *arguments)

        actor = self.kernel.spawn(
            name, body, on_end=lambda a, result, error: self.ended.update({name: (result, error)})
        )
        box = Mailbox(actor, capacity)
        return box

    def run(self):
        self.kernel.run_until_idle()
        return self.log


@pytest.fixture
def bench():
    return Bench()


# -- order and fairness ------------------------------------------------------------------------------------------------


def test_actors_run_in_the_order_they_were_spawned(bench):
    async def note(bench, box, word):
        bench.log.append(word)

    for word in "abc":
        bench.actor(word, note, word)
    assert bench.run() == ["a", "b", "c"]


def test_actor_that_sends_to_itself_lets_others_run(bench):
    async def chatter(bench, box):
        box.put("again")
        for _ in range(10 * BURST):
            await box.receive()
            bench.log.append("chatter")
            box.put("again")

    async def other(bench, box):
        bench.log.append("other")

    bench.actor("chatter", chatter)
    bench.actor("other", other)
    log = bench.run()
    assert log.index("other") <= BURST
    assert len(log) == 10 * BURST + 1


def test_messages_arrive_in_the_order_they_were_put_and_none_is_lost(bench):
    async def reader(bench, box):
        for _ in range(1000):
            bench.log.append(await box.receive())

    async def writer(bench, box, to):
        for number in range(1000):
            to.put(number)

    to = bench.actor("reader", reader)
    bench.actor("writer", writer, to)
    assert bench.run() == list(range(1000))


def test_slice_ends_near_its_budget_however_much_there_is_to_do():
    bench = Bench("real")

    async def busy(bench, box):
        while True:
            box.put(1)
            await box.receive()

    for number in range(50):
        bench.actor(f"busy-{number}", busy)
    ticks = iter(range(10**9))
    bench.kernel.clock = lambda: next(ticks) * 1e-4
    bench.kernel.run_slice(0.01)
    assert bench.kernel.ready  # all of them go on in the next slice
    assert next(ticks) < 150


def test_slice_ends_after_the_plain_hook_that_outlived_it():
    bench = Bench("real")
    now = [0.0]
    bench.kernel.clock = lambda: now[0]

    async def slow(bench, box):
        bench.log.append(box.owner.name)
        now[0] += 1.0  # a plain hook that takes a second
        bench.kernel.hooked = True

    for number in range(5):
        bench.actor(str(number), slow)
    bench.kernel.run_slice(0.001)
    assert bench.log == ["0"]
    bench.kernel.run_slice(0.001)
    assert bench.log == ["0", "1"]


def test_due_timers_beyond_count_do_not_hold_a_slice_for_ever():
    kernel = Kernel("real")
    ticks = iter(range(10**9))
    kernel.origin = 0.0
    kernel.clock = lambda: next(ticks) * 1e-4
    fired = []
    for number in range(10_000):
        kernel.call_at(0.0, lambda number=number: fired.append(number))
    kernel.run_slice(0.002)
    assert 0 < len(fired) < 10_000
    for _ in range(1000):
        kernel.run_slice(0.002)
    assert fired == list(range(10_000))


def test_virtual_slice_keeps_its_budget_while_only_timers_fire():
    kernel = Kernel("virtual")
    ticks = iter(range(10**9))
    kernel.clock = lambda: next(ticks) * 1e-4
    fired = []
    for number in range(10_000):
        kernel.call_at(float(number), lambda number=number: fired.append(number))
    kernel.run_slice(0.002)
    assert 0 < len(fired) < 10_000
    assert not kernel.idle  # more can run at once: the host must not fall asleep, and the world is not stalled


# -- time --------------------------------------------------------------------------------------------------------------


def test_deadline_passes_in_silence(bench):
    async def waiter(bench, box):
        bench.log.append(await box.receive(3.0))
        bench.log.append(bench.kernel.now)

    bench.actor("waiter", waiter)
    assert bench.run() == [NOTHING, 3.0]


def test_message_at_the_instant_of_the_deadline_is_in_time(bench):
    async def waiter(bench, box):
        bench.log.append(await box.receive(3.0))

    async def sender(bench, box, to):
        await box.owner.pause(3.0)
        to.put("just in time")

    to = bench.actor("waiter", waiter)
    from negotiate_rt.runtime.timers import DELIVERY

    bench.kernel.call_at(3.0, lambda: to.put("just in time"), DELIVERY)
    assert bench.run() == ["just in time"]


def test_deadline_set_earlier_and_later_again_holds_at_its_last_value(bench):
    async def waiter(bench, box):
        for deadline in (10.0, 2.0, 20.0, 30.0):
            await box.receive(deadline)
            bench.log.append(bench.kernel.now)

    box = bench.actor("waiter", waiter)
    bench.kernel.call_at(1.0, lambda: box.put("early"))
    assert bench.run() == [1.0, 2.0, 20.0, 30.0]


def test_rearming_moves_no_virtual_time(bench):
    async def waiter(bench, box):
        for number in range(1, 5):
            await box.receive(100.0 * number)
        bench.log.append(bench.kernel.now)

    box = bench.actor("waiter", waiter)
    for number in range(4):
        bench.kernel.call_at(1.0 + number, lambda: box.put("news"))
    assert bench.run() == [4.0]
    assert bench.kernel.now == 4.0
    assert len(bench.kernel.timers) == 0


def test_equal_deadlines_of_waiting_actors_fire_in_the_order_they_were_set(bench):
    async def waiter(bench, box, name, first):
        await box.receive(first)
        await box.receive(10.0)
        bench.log.append(name)

    for name, first in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        bench.actor(name, waiter, name, first)
    assert bench.run() == ["a", "b", "c"]


def test_real_clock_waits_for_its_timers():
    bench = Bench("real")

    async def sleeper(bench, box):
        start = bench.kernel.now
        await box.owner.pause(start + 0.01)
        bench.log.append(bench.kernel.now - start)

    bench.actor("sleeper", sleeper)
    bench.run()
    assert 0.01 <= bench.log[0] < 1.0


def test_virtual_time_stands_still_while_an_outside_call_is_in_flight(bench):
    async def sleeper(bench, box):
        await box.owner.pause(5.0)

    bench.actor("sleeper", sleeper)
    bench.kernel.in_flight = 1
    bench.kernel.run_slice(0)
    assert bench.kernel.now == 0.0
    bench.kernel.in_flight = 0
    bench.run()
    assert bench.kernel.now == 5.0


# -- stalls and dumps --------------------------------------------------------------------------------------------------


def test_stall_names_who_waits_for_what(bench):
    async def lonely(bench, box):
        await box.owner.pause(2.0)
        await box.receive()

    bench.actor("Bea", lonely)
    bench.actor("Sam", lonely)
    with pytest.raises(StalledError, match=r"Bea: waits for <Mailbox of Bea: 0 of 1024> since 2 s") as caught:
        bench.run()
    assert len(caught.value.waiting) == 2


def test_dump_tells_who_runs_who_waits_and_until_when(bench):
    async def sleeper(bench, box):
        await box.owner.pause(5.0)

    bench.actor("sleeper", sleeper)
    assert bench.kernel.dump() == ("sleeper: ready to run",)
    bench.kernel.in_flight = 1
    bench.kernel.run_slice(0)
    assert bench.kernel.dump() == ("sleeper: waits for 'sleep' since 0 s (now 0 s, until 5 s)",)


# -- foreign awaits ----------------------------------------------------------------------------------------------------


async def sleeps(bench, box):
    await asyncio.sleep(0.1)


async def sleeps_for_nothing(bench, box):
    await asyncio.sleep(0)


async def waits_for_a_future(bench, box):
    await asyncio.get_running_loop().create_future()


async def opens_a_timeout(bench, box):
    async with asyncio.timeout(1):
        await box.receive()


async def opens_a_scope(bench, box):
    with anyio.fail_after(1):
        await box.receive()


async def opens_a_group(bench, box):
    async with anyio.create_task_group():
        await box.receive()


async def opens_asyncios_group(bench, box):
    async with asyncio.TaskGroup():
        await box.receive()


async def sleeps_with_anyio(bench, box):
    await anyio.sleep(0.1)


async def waits_for_an_event(bench, box):
    await asyncio.Event().wait()


async def waits_for_a_task(bench, box):
    async def nothing():
        pass

    await asyncio.create_task(nothing())


FOREIGN = [sleeps, sleeps_for_nothing, waits_for_a_future, opens_a_timeout, opens_a_scope, opens_a_group,
           opens_asyncios_group, sleeps_with_anyio, waits_for_an_event, waits_for_a_task]  # fmt: skip


@pytest.mark.parametrize("body", FOREIGN, ids=lambda body: body.__name__)
async def test_foreign_await_fails_only_its_own_actor_and_says_what_to_write(bench, body):
    async def healthy(bench, box):
        await box.owner.pause(1.0)
        return "fine"

    bench.actor("foreigner", body)
    bench.actor("healthy", healthy)
    task = asyncio.current_task()
    asyncio.tasks._leave_task(asyncio.get_running_loop(), task)  # as the host does
    try:
        bench.run()
    finally:
        asyncio.tasks._enter_task(asyncio.get_running_loop(), task)
    error = bench.ended["foreigner"][1]
    assert isinstance(error, ForeignAwaitError)
    assert "talk." in str(error)
    assert bench.ended["healthy"] == ("fine", None)
    await asyncio.sleep(0)


async def test_first_foreign_await_may_be_survived_the_second_closes(bench):
    async def careless(bench, box):
        try:
            await asyncio.sleep(1)
        except ForeignAwaitError:
            bench.log.append("told")
        await box.receive(1.0)
        bench.log.append("went on")
        try:
            await asyncio.sleep(1)
        except ForeignAwaitError:
            bench.log.append("told again")
        finally:
            bench.log.append("closed")

    bench.actor("careless", careless)
    assert bench.run() == ["told", "went on", "closed"]
    assert isinstance(bench.ended["careless"][1], ForeignAwaitError)


def test_receive_on_anothers_mailbox_is_refused(bench):
    async def owner(bench, box):
        await box.receive(1.0)

    async def thief(bench, box, other):
        await other.receive()

    box = bench.actor("owner", owner)
    bench.actor("thief", thief, box)
    bench.run()
    error = bench.ended["thief"][1]
    assert isinstance(error, LocalProtocolError)
    assert "'owner'" in str(error)
    assert bench.ended["owner"][1] is None


# -- endings -----------------------------------------------------------------------------------------------------------


def test_result_and_error_are_told_once(bench):
    async def good(bench, box):
        return 42

    async def bad(bench, box):
        raise ValueError("boo")

    bench.actor("good", good)
    bench.actor("bad", bad)
    bench.run()
    assert bench.ended["good"] == (42, None)
    assert repr(bench.ended["bad"][1]) == "ValueError('boo')"


@pytest.mark.parametrize("error", [SystemExit(3), GeneratorExit(), asyncio.CancelledError(), StopAsyncIteration()])
def test_whatever_an_actor_raises_is_its_own_failure(bench, error):
    async def bad(bench, box):
        raise error

    bench.actor("bad", bad)
    bench.run()
    assert type(bench.ended["bad"][1]) is type(error)


def test_keyboard_interrupt_passes_through_and_ends_its_actor(bench):
    async def interrupted(bench, box):
        raise KeyboardInterrupt

    bench.actor("interrupted", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bench.run()
    assert isinstance(bench.ended["interrupted"][1], Ended)
    assert bench.kernel.current is None
    assert not bench.kernel.actors


def test_kill_runs_finally_blocks(bench):
    async def careful(bench, box):
        try:
            await box.receive(9.0)
        finally:
            bench.log.append("tidied")

    box = bench.actor("careful", careful)
    bench.kernel.in_flight = 1  # time stands still
    bench.kernel.run_slice(0)
    bench.kernel.kill(box.owner)
    assert bench.log == ["tidied"]
    assert bench.ended == {"careful": (None, None)}
    assert not bench.kernel.actors
    assert len(bench.kernel.timers) == 0
    bench.kernel.kill(box.owner)  # twice is once
    assert bench.log == ["tidied"]


def test_kill_of_an_actor_that_never_ran_warns_of_nothing(bench):
    async def unborn(bench, box):
        raise AssertionError("never runs")

    box = bench.actor("unborn", unborn)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bench.kernel.kill(box.owner)
        bench.run()
        gc.collect()
    assert bench.ended == {"unborn": (None, None)}


def test_kernel_dropped_unstarted_warns_of_nothing():
    async def unborn(bench, box):
        raise AssertionError("never runs")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Bench().actor("unborn", unborn)
        gc.collect()


def test_error_raised_while_cleaning_up_is_reported(bench):
    async def clumsy(bench, box):
        try:
            await box.receive()
        finally:
            raise ValueError("dropped it")

    box = bench.actor("clumsy", clumsy)
    bench.kernel.run_slice(0)
    bench.kernel.kill(box.owner)
    assert repr(bench.ended["clumsy"][1]) == "ValueError('dropped it')"


def test_actor_that_will_not_end_is_listed_and_spins_nowhere(bench):
    relents = []

    async def stubborn(bench, box):
        while not relents:
            try:
                await box.owner.pause(bench.kernel.now + 1.0)
            except BaseException:  # noqa: BLE001  # what a careless role does
                bench.log.append("no")

    box = bench.actor("stubborn", stubborn)
    bench.kernel.in_flight = 1
    bench.kernel.run_slice(0)
    bench.kernel.kill(box.owner)
    assert bench.kernel.stubborn == ["stubborn"]
    assert bench.log == ["no", "no"]  # Ended, and GeneratorExit
    assert not bench.kernel.actors
    bench.kernel.in_flight = 0
    bench.run()
    assert bench.log == ["no", "no"]
    relents.append(True)  # or the interpreter would complain at its end


def test_actor_that_waits_once_more_while_ending_is_closed(bench):
    async def slow_to_leave(bench, box):
        try:
            await box.receive()
        except Ended:
            await box.owner.pause(bench.kernel.now + 1.0)
            bench.log.append("never")

    box = bench.actor("slow", slow_to_leave)
    bench.kernel.run_slice(0)
    bench.kernel.kill(box.owner)
    assert bench.kernel.stubborn == []
    bench.run()
    assert bench.log == []


def test_actor_that_kills_itself_ends_at_its_next_wait(bench):
    async def tired(bench, box):
        bench.kernel.kill(box.owner)
        bench.log.append("a last word")
        await box.receive()
        bench.log.append("never")

    bench.actor("tired", tired)
    assert bench.run() == ["a last word"]
    assert "tired" in bench.ended


def test_actor_killed_while_a_message_is_in_its_hands_leaves_it_in_the_box(bench):
    async def reader(bench, box):
        await box.receive()

    box = bench.actor("reader", reader)
    bench.kernel.run_slice(0)
    box.put("handed over")
    bench.kernel.kill(box.owner)
    assert box.close() == 1


def test_on_end_that_kills_another_and_spawns_a_third_is_fine(bench):
    async def waits(bench, box):
        await box.receive()

    async def third(bench, box):
        bench.log.append("third")

    async def first(bench, box):
        pass

    other = bench.actor("other", waits)

    def on_end(actor, result, error):
        bench.kernel.kill(other.owner)
        bench.actor("third", third)

    bench.kernel.spawn("first", lambda: first(bench, None), on_end=on_end)
    assert bench.run() == ["third"]
    assert bench.ended["other"] == (None, None)


def test_timer_of_a_dead_actor_never_fires_and_holds_nothing(bench):
    async def waiter(bench, box):
        await box.receive(1e9)

    boxes = [bench.actor(str(number), waiter) for number in range(1000)]
    bench.kernel.in_flight = 1
    bench.kernel.run_slice(0)
    for box in boxes:
        bench.kernel.kill(box.owner)
    assert len(bench.kernel.timers) == 0
    assert len(bench.kernel.timers.heap) <= 300  # compacted
    assert bench.kernel.timers.next() == math.inf


# -- contexts ----------------------------------------------------------------------------------------------------------

WHO: ContextVar[str] = ContextVar("who", default="nobody")


def test_context_variables_of_one_actor_stay_out_of_the_next(bench):
    async def claims(bench, box, name):
        before = WHO.get()
        WHO.set(name)
        await box.owner.pause(1.0)
        bench.log.append((before, WHO.get()))

    WHO.set("the caller")
    try:
        bench.actor("a", claims, "a")
        bench.actor("b", claims, "b")
        assert bench.run() == [("the caller", "a"), ("the caller", "b")]
        assert WHO.get() == "the caller"
    finally:
        WHO.set("nobody")


def test_a_shuffled_kernel_runs_everybody_in_an_order_of_its_own_the_same_for_the_same_seed() -> None:
    def order(seed: int | None) -> list[str]:
        kernel = Kernel("virtual", None if seed is None else random.Random(seed))
        log: list[str] = []

        async def run(name: str) -> None:
            for _ in range(3):
                log.append(name)
                await kernel.current.pause(kernel.now)

        for name in "abcdef":
            kernel.spawn(name, run, name)
        kernel.run_until_idle()
        return log

    plain = order(None)
    assert plain == list("abcdef" * 3)
    assert all(sorted(order(seed)) == sorted(plain) for seed in range(5))
    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(5)}) == 5


def test_schedules_change_nothing_that_two_parties_agree_on() -> None:
    def deal(shuffle: int | None) -> object:
        executor = NegotiationExecutor(clock="virtual", shuffle=shuffle)
        return executor.run([Buyer("Bea", 80, 40), Seller("Sam", 60, 120)], NegotiationConfig("bilateral")).accepted_offer.value

    assert {deal(shuffle) for shuffle in (None, 1, 2, 3, 4)} == {deal(None)}
