"""Outside calls: real tasks that the society owns, within limits, cancelled when late, on either clock."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar

import pytest

from negotiate_rt.messages.view import sleep
from negotiate_rt.runtime.calls import Call, Calls
from negotiate_rt.runtime.host import Host
from negotiate_rt.runtime.kernel import Kernel

WHO: ContextVar[str] = ContextVar("who", default="nobody")


class Agent:
    def __init__(self, name, max_in_flight=None):
        self.name = name
        self.max_in_flight = max_in_flight


class Office:
    """A hosted kernel whose actors make calls; `log` holds (name, done, result or error, time) in the order they resumed."""

    def __init__(self, clock="virtual", limit=10**9):
        self.kernel = Kernel(clock)
        self.calls = Calls(self.kernel, limit)
        self.host = Host(self.kernel, self.calls)
        self.log = []
        self.left = 0
        self.running = self.most = 0

    def ask(self, name, hook, within=1e9, agent=None, after=0.0):
        """Let an actor call a hook at a time, and write down what came of it."""

        async def body():
            if after:
                await actor.pause(after)
            call = Call(self.calls, actor, name, "hook", self.kernel.now + within)
            done = await self.calls.run(call, hook, agent)
            self.log.append((name, done, call.result if call.error is None else call.error, self.kernel.now))

        self.left += 1
        actor = self.kernel.spawn(name, body, on_end=self._ended)
        return actor

    def _ended(self, actor, result, error):
        self.left -= 1
        if error is not None:
            self.log.append((actor.name, error))
        if not self.left:
            self.host.stop()

    async def run(self):
        await asyncio.wait_for(self.host.run(), 20)
        self.orphans = await self.calls.join(0.1)
        assert not self.kernel.actors
        assert not self.kernel.in_flight
        assert not self.kernel.unreleased
        assert not self.calls.live
        assert not self.calls.places
        assert self.calls.waiting == 0
        assert len(self.kernel.timers) == 0
        return self.log

    async def work(self, result=None, turns=3):
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for _ in range(turns):
                await asyncio.sleep(0)
        finally:
            self.running -= 1
        return result


@pytest.fixture(params=["real", "virtual"])
def office(request):
    return Office(request.param)


# -- results -----------------------------------------------------------------------------------------------------------


async def test_result_and_error_come_back_to_their_actor(office):
    async def fails():
        raise ValueError("boo")

    office.ask("a", lambda: office.work(1))
    office.ask("b", fails)
    log = await office.run()
    assert {entry[0]: (entry[1], repr(entry[2])) for entry in log} == {
        "a": (True, "1"),
        "b": (True, "ValueError('boo')"),
    }


@pytest.mark.parametrize("error", [SystemExit(1), asyncio.CancelledError(), GeneratorExit(), StopIteration()], ids=repr)
async def test_whatever_a_hook_raises_is_its_result(office, error):
    async def fails():
        raise error

    office.ask("a", fails)
    ((_, done, caught, _),) = await office.run()
    assert done
    assert type(caught) is type(error) or isinstance(caught, RuntimeError)  # Python itself translates StopIteration


async def test_hook_that_cancels_itself_harms_nobody(office):
    async def cancels():
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    office.ask("a", cancels)
    office.ask("b", lambda: office.work("fine"))
    log = await office.run()
    outcome = {name: result for name, _, result, _ in log}
    assert isinstance(outcome["a"], asyncio.CancelledError)
    assert outcome["b"] == "fine"


async def test_hook_runs_in_a_copy_of_its_actors_context(office):
    async def looks():
        before = WHO.get()
        WHO.set("the hook")
        return before

    async def body():
        WHO.set("the actor")
        call = Call(office.calls, actor, "a", "hook", 1e9)
        await office.calls.run(call, looks)
        office.log.append((call.result, WHO.get()))

    office.left = 1
    actor = office.kernel.spawn("a", body, on_end=office._ended)
    assert await office.run() == [("the actor", "the actor")]
    assert WHO.get() == "nobody"


async def test_eager_tasks_do_no_harm():
    factory = getattr(asyncio, "eager_task_factory", None)
    if factory is None:
        pytest.skip("eager tasks came with Python 3.12")
    loop = asyncio.get_running_loop()
    loop.set_task_factory(factory)
    try:
        office = Office("virtual")

        async def at_once():
            return 1

        office.ask("a", at_once)
        assert await office.run() == [("a", True, 1, 0.0)]
    finally:
        loop.set_task_factory(None)


# -- limits ------------------------------------------------------------------------------------------------------------


async def test_society_runs_no_more_calls_at_once_than_its_limit():
    office = Office("virtual", limit=3)
    for number in range(20):
        office.ask(str(number), lambda number=number: office.work(number))
    log = await office.run()
    assert office.most == 3
    assert [result for _, _, result, _ in log] == list(range(20))


async def test_agent_runs_no_more_calls_at_once_than_its_own_limit_and_holds_up_nobody_else():
    office = Office("virtual", limit=4)
    busy, other = Agent("busy", 2), Agent("other")
    mine = [0, 0]
    begun = asyncio.Event()

    async def counted():
        mine[0] += 1
        mine[1] = max(mine)
        await begun.wait()  # for ever, if the two places that are left were not for the others
        await office.work(turns=2)
        mine[0] -= 1

    async def others():
        begun.set()
        await office.work()

    for number in range(10):
        office.ask(f"busy-{number}", counted, agent=busy)
    for number in range(4):
        office.ask(f"other-{number}", others, agent=other)
    log = await office.run()
    assert mine[1] == 2
    assert office.most <= 4
    names = [entry[0] for entry in log]
    assert [name for name in names if name.startswith("busy")] == [f"busy-{number}" for number in range(10)]


async def test_two_agents_of_one_name_have_limits_of_their_own():
    office = Office("virtual")
    for number in range(6):
        office.ask(str(number), office.work, agent=Agent("Bea", 1))
    await office.run()
    assert office.most == 6


async def test_late_call_gives_its_place_to_the_next():
    office = Office("virtual", limit=1)
    hung = asyncio.Event()
    office.ask("hung", lambda: sleep(1e6), within=5.0)
    office.ask("next", lambda: office.work("fine"), within=100.0)
    log = await office.run()
    assert log == [("hung", False, None, 5.0), ("next", True, "fine", 5.0)]
    assert not hung.is_set()


async def test_call_that_is_late_before_it_had_a_place_is_never_made():
    office = Office("virtual", limit=1)
    called = []

    async def hook():
        called.append(1)

    agent = Agent("Bea", 1)
    office.ask("hung", lambda: sleep(1e6), within=9.0, agent=agent)
    office.ask("own queue", hook, within=3.0, agent=agent)
    office.ask("society's queue", hook, within=4.0)
    office.ask("patient", hook, within=20.0, agent=agent)
    log = await office.run()
    assert [(name, done, now) for name, done, _, now in log] == [
        ("own queue", False, 3.0), ("society's queue", False, 4.0), ("hung", False, 9.0), ("patient", True, 9.0),
    ]  # fmt: skip
    assert called == [1]


async def test_killed_callers_free_their_places():
    office = Office("virtual", limit=2)
    agent = Agent("Bea", 1)
    actors = [office.ask(str(number), lambda: sleep(1e6), agent=agent) for number in range(5)]
    office.ask("last", lambda: office.work("fine"), agent=agent)
    task = asyncio.create_task(office.run())
    await asyncio.sleep(0)
    for actor in actors:
        office.kernel.kill(actor)
    office.kernel.wake_host()
    assert await task == [("last", True, "fine", 0.0)]


# -- late --------------------------------------------------------------------------------------------------------------


async def test_late_hook_is_cancelled_on_the_virtual_clock_and_its_cleaning_up_runs():
    office = Office("virtual")
    log = []

    async def hook():
        try:
            await sleep(1e6)
        finally:
            log.append("tidied")

    office.ask("a", hook, within=7.0)
    started = time.perf_counter()
    assert await office.run() == [("a", False, None, 7.0)]
    assert log == ["tidied"]
    assert time.perf_counter() - started < 5


async def test_late_hook_is_cancelled_on_the_real_clock():
    office = Office("real")
    log = []

    async def hook():
        try:
            await asyncio.Event().wait()
        finally:
            log.append("tidied")

    office.ask("a", hook, within=0.02)
    ((_, done, _, now),) = await office.run()
    assert not done
    assert 0.02 <= now < 5
    assert log == ["tidied"]


@pytest.mark.parametrize("clock", ["real", "virtual"])
async def test_hook_that_swallows_its_cancellation_is_late_all_the_same(clock):
    office = Office(clock)

    async def hook():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "here I am"

    office.ask("a", hook, within=0.01)
    ((_, done, result, _),) = await office.run()
    assert (done, result) == (False, None)
    assert office.orphans == 0


async def test_hook_that_will_not_die_is_counted_as_an_orphan_and_holds_up_nobody():
    office = Office("virtual")
    release = asyncio.Event()

    async def hook():
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                pass

    office.ask("a", hook, within=0.01)
    office.ask("b", lambda: sleep(5.0))
    log = await office.run()
    assert [entry[0] for entry in log] == ["a", "b"]
    assert office.orphans == office.calls.orphaned == 1
    release.set()
    await asyncio.sleep(0.001)
    assert not office.calls.orphans


async def test_orphan_that_sleeps_on_our_clock_is_cancelled_again():
    office = Office("virtual")
    log = []

    async def hook():
        for _ in range(3):
            try:
                await sleep(100.0)
            except asyncio.CancelledError:
                log.append("cancelled")

    office.ask("a", hook, within=1.0)
    await office.run()
    assert log == ["cancelled"] * 3
    assert office.orphans == 0


# -- the virtual clock -------------------------------------------------------------------------------------------------


async def test_virtual_time_stands_still_while_a_real_call_is_in_flight():
    office = Office("virtual")

    async def real():
        await asyncio.sleep(0.01)
        return office.kernel.now

    office.ask("real", real, within=1000.0)
    office.ask("sleeper", lambda: sleep(3.0))
    assert await office.run() == [("real", True, 0.0, 0.0), ("sleeper", True, None, 3.0)]


async def test_deadline_of_a_real_call_runs_in_real_time_on_the_virtual_clock():
    office = Office("virtual")
    started = time.perf_counter()
    office.ask("hung", lambda: asyncio.Event().wait(), within=0.05)
    office.ask("sleeper", lambda: sleep(0.03))
    log = await office.run()
    assert log == [("sleeper", True, None, 0.03), ("hung", False, None, 0.05)]
    assert 0.04 < time.perf_counter() - started < 5


async def test_completions_are_released_in_the_order_they_were_asked():
    office = Office("virtual")
    for number, turns in enumerate((2, 0, 1, 2, 0)):
        office.ask(str(number), lambda turns=turns: office.work(turns=turns))
    log = await office.run()
    assert [entry[0] for entry in log] == list("01234")


async def test_completion_at_the_very_deadline_is_in_time():
    office = Office("virtual")
    office.ask("a", lambda: sleep(5.0), within=5.0)
    assert await office.run() == [("a", True, None, 5.0)]


async def test_hooks_that_wake_at_one_instant_act_at_once_and_not_one_after_the_other():
    office = Office("virtual")
    at_work = []

    async def hook():
        await sleep(5.0)
        at_work.append(1)
        await asyncio.sleep(0.01)
        return len(at_work)

    for number in range(20):
        office.ask(str(number), hook)
    started = time.perf_counter()
    log = await office.run()
    assert [result for _, _, result, _ in log] == [20] * 20
    assert time.perf_counter() - started < 5


async def test_many_sleeps_in_one_hook_take_as_long_as_the_longest():
    office = Office("virtual")

    async def hook():
        await asyncio.gather(sleep(1.0), sleep(2.0), sleep(3.0))
        return office.kernel.now

    started = time.perf_counter()
    office.ask("a", hook, within=1000.0)
    assert await office.run() == [("a", True, 3.0, 3.0)]
    assert time.perf_counter() - started < 5


async def test_hook_that_wakes_from_the_first_of_two_sleeps_acts_before_time_goes_on():
    office = Office("virtual")

    async def hook():
        tasks = [asyncio.ensure_future(sleep(1.0)), asyncio.ensure_future(sleep(500.0))]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        now = office.kernel.now
        tasks[1].cancel()
        await asyncio.wait(tasks)
        return now

    office.ask("a", hook, within=1000.0)
    office.ask("b", lambda: sleep(2.0))
    assert await office.run() == [("a", True, 1.0, 1.0), ("b", True, None, 2.0)]


async def test_hook_that_goes_from_our_clock_to_the_real_world_and_back_stops_time_only_there():
    office = Office("virtual")

    async def hook():
        await sleep(1.0)
        await asyncio.sleep(0.005)
        before = office.kernel.now
        await sleep(1.0)
        return before, office.kernel.now

    office.ask("a", hook, within=100.0)
    office.ask("b", lambda: sleep(1.5))
    assert await office.run() == [("b", True, None, 1.5), ("a", True, (1.0, 2.0), 2.0)]


async def test_task_that_outlives_its_hook_cannot_sleep_on_our_clock():
    office = Office("virtual")
    stray = []

    async def late_sleeper():
        await asyncio.sleep(0.001)
        await sleep(10.0)

    async def hook():
        stray.append(asyncio.ensure_future(late_sleeper()))

    office.ask("a", hook)
    await office.run()
    await asyncio.wait(stray)
    assert stray[0].cancelled()


async def test_sleep_outside_of_a_hook_says_where_it_works():
    with pytest.raises(RuntimeError, match="inside asynchronous hooks"):
        await sleep(1.0)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
async def test_sleep_of_no_time_returns_at_once(office, seconds):
    office.ask("a", lambda: sleep(seconds))
    ((_, done, _, _),) = await office.run()
    assert done


async def test_call_repr_says_what_it_is(office):
    call = Call(office.calls, None, "Bea", "decide", 1.0)
    assert repr(call) == "<decide of Bea: waiting>"
