from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from negotiate_rt.runtime.kernel import Kernel
from negotiate_rt.runtime.timers import COMPACT_ABOVE, DEADLINE, DELIVERY, Timer, Timers


class Log:
    """Timers that write down when they were due."""

    def __init__(self) -> None:
        self.kernel = Kernel("virtual")
        self.fired: list[tuple[str, float]] = []

    def at(self, when: float, name: str, rank: int = DEADLINE) -> Timer:
        return self.kernel.call_at(when, lambda: self.fired.append((name, self.kernel.now)), rank)

    def run(self) -> list[str]:
        self.kernel.run_slice(0)
        return [name for name, _ in self.fired]


def test_timers_fire_in_order_of_time_and_virtual_time_jumps_to_them() -> None:
    log = Log()
    log.at(5, "late")
    log.at(1, "early")
    log.at(3.5, "middle")
    log.run()
    assert log.fired == [("early", 1), ("middle", 3.5), ("late", 5)]
    assert log.kernel.now == 5


def test_equal_deadlines_fire_in_the_order_they_were_set() -> None:
    log = Log()
    for name in "abcde":
        log.at(1, name)
    assert log.run() == list("abcde")


def test_deliveries_come_before_deadlines_of_the_same_instant() -> None:
    log = Log()
    log.at(1, "deadline")
    log.at(1, "delivery", DELIVERY)
    assert log.run() == ["delivery", "deadline"]


def test_a_timer_in_the_past_fires_at_once_and_time_never_runs_back() -> None:
    log = Log()
    log.at(5, "first")
    log.run()
    log.at(2, "second")
    log.run()
    assert log.fired == [("first", 5), ("second", 5)]


def test_a_disarmed_timer_never_fires() -> None:
    log = Log()
    timer = log.at(1, "never")
    log.at(2, "later")
    log.kernel.timers.disarm(timer)
    log.kernel.timers.disarm(timer)  # twice is once
    assert len(log.kernel.timers) == 1
    assert log.run() == ["later"]
    assert len(log.kernel.timers) == 0


def test_a_timer_fires_once_however_often_it_is_due() -> None:
    calls = []
    timer = Timer(lambda: calls.append(1))
    timer.due()
    timer.due()
    assert calls == [1]


def test_a_later_deadline_costs_no_entry_and_an_earlier_one_fires_in_time() -> None:
    timers = Timers()
    timer = Timer(lambda: None)
    for when in (5.0, 7.0, 9.0):
        timers.arm(timer, when)
    assert len(timers.heap) == 1
    assert timers.next() == 9.0
    timers.arm(timer, 2.0)
    assert timers.next() == 2.0
    assert timers.pop() is timer
    assert timers.next() == math.inf
    assert timers.heap == []
    assert timers.stale == 0


def test_a_deadline_moved_back_keeps_the_place_of_when_it_was_set() -> None:
    """`moved` is set to 2 after `other`, though its entry came up for the first time only at 1."""
    timers = Timers()
    names = {Timer(lambda: None): name for name in ("moved", "other", "third")}
    moved, other, third = names
    timers.arm(moved, 1.0)
    timers.arm(other, 2.0)
    timers.arm(moved, 2.0)
    timers.arm(third, 2.0)
    fired = []
    while timers.next() < math.inf:
        fired.append(names[timers.pop()])
    assert fired == ["other", "moved", "third"]


def test_a_deadline_withdrawn_to_never_leaves_no_entry() -> None:
    timers = Timers()
    timer = Timer(lambda: None)
    timers.arm(timer, 1.0)
    timer.deadline = math.inf  # how a receive without a deadline forgets an earlier one
    assert timers.next() == math.inf
    assert timers.heap == []
    timers.arm(timer, 3.0)
    assert timers.next() == 3.0


def test_a_heap_of_stale_entries_is_compacted() -> None:
    timers = Timers()
    keep = [Timer(lambda: None) for _ in range(10)]
    for timer in keep:
        timers.arm(timer, 1e9)
    for number in range(20 * COMPACT_ABOVE):
        timer = Timer(lambda: None)
        timers.arm(timer, 1e6 + number)
        timers.disarm(timer)
    assert len(timers) == 10
    assert len(timers.heap) <= COMPACT_ABOVE + 1
    assert timers.next() == 1e9


def test_re_arming_never_moves_virtual_time() -> None:
    log = Log()
    timer = log.at(1, "moved")
    log.kernel.arm(timer, 4)
    log.at(3, "other")
    log.run()
    assert log.fired == [("other", 3), ("moved", 4)]


@pytest.mark.parametrize("seed", range(5))
def test_random_use_agrees_with_a_sorted_list(seed: int) -> None:
    rng = random.Random(seed)
    timers = Timers()
    owners = [Timer(lambda: None) for _ in range(30)]
    due: dict[int, float] = {}
    for _ in range(2000):
        place = rng.randrange(30)
        action = rng.random()
        if action < 0.5:
            due[place] = float(rng.randrange(1000))
            timers.arm(owners[place], due[place])
        elif action < 0.7:
            due.pop(place, None)
            timers.disarm(owners[place])
        elif due:
            first = min(due.values())
            assert timers.next() == first
            assert due.pop(owners.index(timers.pop())) == first
        assert len(timers) == len(due) == sum(owner.deadline < math.inf for owner in owners)


@settings(max_examples=30)
@given(some.lists(some.tuples(some.integers(0, 5), some.booleans()), max_size=20))
def test_fired_order_is_time_then_rank_then_age(plan: list[tuple[int, bool]]) -> None:
    log = Log()
    for number, (when, delivery) in enumerate(plan):
        log.at(when, str(number), DELIVERY if delivery else DEADLINE)
    expected = sorted(range(len(plan)), key=lambda n: (plan[n][0], not plan[n][1], n))
    assert log.run() == [str(n) for n in expected]
