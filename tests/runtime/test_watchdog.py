"""The watchdog names the plain hook that blocks the loop, and nobody else."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.runtime.kernel import Kernel
from negotiate_rt.runtime.watchdog import MAX_BLOCKED, Watchdog


class Scene:
    """A kernel at rest, one dialogue's end, and a watchdog that is told when to look."""

    def __init__(self) -> None:
        self.kernel = Kernel()
        self.reports = []
        self.watchdog = Watchdog(self.kernel, threading.get_ident(), self.reports.append)

    def end(self, name="Bea", negotiation="society/1"):
        return SimpleNamespace(
            actor=object(), seat=SimpleNamespace(name=name), conversation=SimpleNamespace(id=negotiation)
        )

    def ask(self, end):
        self.kernel.asking, self.kernel.current = end, end.actor


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_hook_seen_twice_in_one_step_is_named_with_its_stack(scene):
    scene.ask(scene.end())
    scene.watchdog.look(10.0)
    assert scene.reports == []
    scene.watchdog.look(10.25)
    (blocked,) = scene.reports
    assert (blocked.agent, blocked.negotiation, blocked.seconds) == ("Bea", "society/1", 0.25)
    assert "test_hook_seen_twice_in_one_step_is_named_with_its_stack" in blocked.stack
    assert scene.watchdog.blocked == [blocked]


def test_block_is_reported_once_and_its_seconds_grow(scene):
    scene.ask(scene.end())
    for now in (0.0, 0.25, 0.5, 0.75):
        scene.watchdog.look(now)
    assert len(scene.reports) == 1
    assert [one.seconds for one in scene.watchdog.blocked] == [0.75]


def test_hook_in_a_new_step_has_not_blocked(scene):
    scene.ask(scene.end())
    for now in (0.0, 0.25, 0.5):
        scene.kernel.steps += 1
        scene.watchdog.look(now)
    assert scene.reports == []


def test_another_hook_in_the_same_step_has_not_blocked(scene):
    for now in (0.0, 0.25, 0.5):
        scene.ask(scene.end())
        scene.watchdog.look(now)
    assert scene.reports == []


def test_kernel_at_rest_is_not_blocked_whoever_was_asked_last(scene):
    """An end that waits for its remedy is still `asking` while everybody sleeps."""
    scene.kernel.asking = scene.end()
    scene.watchdog.look(0.0)
    scene.watchdog.look(0.25)
    assert scene.reports == []


def test_end_that_waits_is_not_blamed_for_another_actors_step(scene):
    scene.kernel.asking, scene.kernel.current = scene.end(), object()
    scene.watchdog.look(0.0)
    scene.watchdog.look(0.25)
    assert scene.reports == []


def test_same_hook_that_blocks_again_is_named_again(scene):
    end = scene.end()
    for start in (0.0, 10.0):
        scene.ask(end)
        scene.watchdog.look(start)
        scene.watchdog.look(start + 0.25)
        scene.kernel.asking = scene.kernel.current = None
        scene.watchdog.look(start + 0.5)
    assert len(scene.reports) == 2


def test_list_of_blocked_hooks_is_bounded(scene):
    for number in range(MAX_BLOCKED + 3):
        scene.ask(scene.end(f"agent-{number}"))
        scene.watchdog.look(number)
        scene.watchdog.look(number + 0.5)
    assert len(scene.watchdog.blocked) == MAX_BLOCKED
    assert scene.watchdog.blocked[-1].agent == f"agent-{MAX_BLOCKED + 2}"


def test_report_that_raises_does_not_blind_the_watchdog(scene):
    watchdog = Watchdog(scene.kernel, threading.get_ident(), lambda blocked: 1 / 0)
    scene.ask(scene.end())
    watchdog.look(0.0)
    watchdog.look(0.25)
    watchdog.look(0.5)
    assert watchdog.failures == 1
    assert watchdog.blocked[0].seconds == 0.5


def test_thread_that_is_gone_has_no_stack(scene):
    watchdog = Watchdog(scene.kernel, -1, scene.reports.append)
    scene.ask(scene.end())
    watchdog.look(0.0)
    watchdog.look(0.25)
    assert scene.reports[0].stack == ""


def test_its_thread_sees_a_plain_hook_that_does_not_return():
    named = threading.Event()
    kernel = Kernel()
    watchdog = Watchdog(kernel, threading.get_ident(), lambda blocked: named.set(), interval=0.005)

    async def role():
        kernel.asking = SimpleNamespace(
            actor=kernel.current, seat=SimpleNamespace(name="Bea"), conversation=SimpleNamespace(id="society/1")
        )
        assert named.wait(5), "nobody was named"
        kernel.asking = None

    kernel.spawn("Bea", role)
    watchdog.start()
    watchdog.start()
    assert repr(watchdog).startswith("<Watchdog looks every 0.005 s")
    kernel.run_until_idle()
    watchdog.stop()
    watchdog.stop()
    assert [one.agent for one in watchdog.blocked] == ["Bea"]
    assert "named.wait(5)" in watchdog.blocked[0].stack
    assert not any(thread.name == "negotiate_rt-watchdog" for thread in threading.enumerate())
    assert repr(watchdog) == "<Watchdog stopped: 1 blocked>"


def test_report_may_stop_the_watchdog_from_its_own_thread(scene):
    stopped = threading.Event()

    def stop(blocked):
        watchdog.stop()
        stopped.set()

    watchdog = Watchdog(scene.kernel, threading.get_ident(), stop, interval=0.005)
    scene.ask(scene.end())
    watchdog.start()
    assert stopped.wait(5)


def test_interval_must_be_positive(scene):
    with pytest.raises(ConfigurationError, match="interval must be > 0"):
        Watchdog(scene.kernel, 0, print, interval=0)
