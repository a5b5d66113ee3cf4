"""Isolated agents: real worker processes, killed when late, named when they die, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import pickle
import subprocess
import sys
import textwrap
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import pytest

from negotiate_rt.errors import ConfigurationError, InvalidDecision, SocietyClosed
from negotiate_rt.messages.performatives import Propose
from negotiate_rt.runtime import isolation
from negotiate_rt.runtime.isolation import IsolatedHookError, Worker, WorkerDied, check_isolatable, signal_name
from negotiate_rt.runtime.kernel import formatted
from negotiate_rt.runtime.seat import is_async
from tests.runtime.isolated_agents import Dreamer, Memory, Scholar, Stillborn, Unborn

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups and signals of POSIX")


def open_files() -> int:
    return len(os.listdir("/dev/fd"))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@contextlib.asynccontextmanager
async def at_work(agent: Scholar) -> AsyncIterator[Worker]:
    """A worker that is stopped at the end, checked to leave neither process, file nor thread behind."""
    files = open_files()
    worker = Worker(agent)
    pid = None
    try:
        yield worker
        pid = worker.pid
    finally:
        await worker.stop(5)
    assert worker.pid is None
    assert pid is None or gone(pid)
    assert open_files() == files
    for thread in threading.enumerate():
        if thread.name.startswith("waitpid-"):
            thread.join(5)
            assert not thread.is_alive()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what other processes bring about; there is nothing to await."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # see above
            await asyncio.sleep(0.001)


async def cancelled(
    call: Coroutine[Any, Any, Any] | asyncio.Future[Any], when: Callable[[], bool] | None = None
) -> None:
    """Let a call get as far as told, then cancel it."""
    task = asyncio.ensure_future(call)
    if when is not None:
        await until(when)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# ------------------------------------------------------------------------------------------------------------- services
async def test_worker_keeps_its_state_between_calls_and_its_failures_keep_their_type(capfd):
    agent = Scholar()
    async with at_work(agent) as worker:
        assert repr(worker) == "<Worker of Sol: not started, 0 calls, 0 kills>"
        await asyncio.gather(worker.start(), worker.start(), worker.start())
        assert worker.statistics().starts == 1
        await worker.start()
        decide = worker.hook("decide")
        assert is_async(decide)
        assert await decide(70.0) == (70.0, 1)
        assert await asyncio.gather(*(decide(n) for n in (1, 2, 3))) == [(1, 2), (2, 3), (3, 4)]
        assert agent.calls == 0, "its state lives in the worker"
        assert await worker.hook("where")() == worker.pid != os.getpid()

        remember = worker.hook("remember")
        assert await remember(agent.strategy, 70.0) == (True, 1), "the agent's own strategy is sent by name"
        assert await remember(agent.strategy, 60.0) == (True, 2)
        assert await remember(Memory(), 60.0) == (False, 1)

        ponder = worker.hook("ponder")
        assert [await ponder(), await ponder()] == [False, True], "asynchronous hooks share one event loop"

        with pytest.raises(InvalidDecision) as raised:
            await worker.hook("invalid")()
        assert str(raised.value) == "no such move"
        assert "in invalid\n" in formatted(raised.value), "the worker's traceback goes into the record"
        for hook, text in [
            ("picky", "picky of isolated agent 'Sol' raised Picky: picky"),
            ("stubborn", "raised Stubborn: (its text raised ZeroDivisionError)"),
            ("give_up", "raised SystemExit: 4"),
            ("unsayable", "a Unsayable that cannot leave its process: stays here"),
            ("changeling", "its decision cannot be rebuilt here: invalid literal"),
        ]:
            with pytest.raises(IsolatedHookError) as foreign:
                await worker.hook(hook)()
            assert text in str(foreign.value)
        with pytest.raises(AttributeError, match="no attribute 'dance'"):
            await worker.hook("dance")()
        with pytest.raises(ConfigurationError, match="decide of isolated agent 'Sol' is asked cannot be sent"):
            await decide(lambda: None)

        assert await worker.hook("shout")() == "", "a hook reads nothing from the channel"
        assert await decide(50.0) == (50.0, 5), "and prints do not disturb it"
        printed = capfd.readouterr()
        assert printed.err.splitlines() == ["printed by the hook", "written to descriptor 1"]
        assert printed.out == ""
        assert worker.statistics().deaths == worker.statistics().kills == 0
    assert repr(worker).startswith("<Worker of Sol: stopped")
    with pytest.raises(SocietyClosed, match="'Sol' has been stopped"):
        await decide(1)
    await worker.stop()


async def test_spinning_hook_is_killed_at_its_deadline_and_the_next_call_finds_a_fresh_worker():
    async with at_work(Scholar()) as worker:
        decide, spin = worker.hook("decide"), worker.hook("spin")
        await decide(1)
        pid = worker.pid
        spinning = asyncio.ensure_future(spin())
        await until(lambda: worker.calls == 2)
        turns = iter(range(10))
        await cancelled(decide(2), when=lambda: next(turns) == 9)
        assert worker.pid == pid, "one that waits for its turn harms nobody"
        waiting = asyncio.ensure_future(decide(3))
        await cancelled(spinning)
        assert gone(pid)
        assert await waiting == (3, 1), "what the old one had learned is lost"
        assert worker.pid != pid
        with anyio.move_on_after(0.02) as scope:  # a deadline of anyio's is as good
            await spin()
        assert scope.cancelled_caught
        assert worker.statistics() == isolation.WorkerStatistics(starts=2, kills=2, deaths=0, calls=4)


async def test_worker_that_dies_on_its_own_is_named_with_its_exit():
    async with at_work(Scholar()) as worker:
        with pytest.raises(WorkerDied, match=r"of agent 'Sol' exited with code 3 before vanish had answered") as died:
            await worker.hook("vanish")()
        assert (died.value.agent, died.value.hook, died.value.code) == ("Sol", "vanish", 3)
        with pytest.raises(WorkerDied, match=r"was killed by signal 11 \(SIGSEGV\) before crash"):
            await worker.hook("crash")()
        assert worker.statistics().deaths == 2


async def test_processes_started_by_a_hook_die_with_its_worker():
    read, write = os.pipe()  # end of file comes when the last holder of the write end is gone
    saved = os.dup(2)
    os.dup2(write, 2)
    os.close(write)
    try:
        async with at_work(Scholar()) as worker:
            await worker.start()
            os.dup2(saved, 2)
            delegating = asyncio.ensure_future(worker.hook("delegate")())
            assert await asyncio.to_thread(os.read, read, 1) == b"!"
            await cancelled(delegating)
            assert await asyncio.wait_for(asyncio.to_thread(os.read, read, 1), 5) == b""
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(read)


async def test_stop_kills_what_outlives_its_grace():
    async with at_work(Scholar()) as worker:
        await worker.start()
        spinning = asyncio.ensure_future(worker.hook("spin")())
        await until(lambda: worker.calls == 1)
        await worker.stop(0.01)
        assert worker.pid is None
        with pytest.raises(SocietyClosed, match="was stopped before spin had answered"):
            await spinning


async def test_stop_that_is_cancelled_kills_at_once():
    async with at_work(Scholar()) as worker:
        await worker.start()
        spinning = asyncio.ensure_future(worker.hook("spin")())
        await until(lambda: worker.calls == 1)
        turns = iter(range(10))
        await cancelled(worker.stop(60), when=lambda: next(turns) == 9)  # cancelled, it kills at once
        assert worker.pid is None
        with pytest.raises(SocietyClosed, match="was stopped before spin had answered"):
            await spinning


# --------------------------------------------------------------------------------------------------------------- starts
async def test_start_goes_on_when_its_caller_is_cancelled(tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    async with at_work(Dreamer(str(gate))) as worker:
        await cancelled(worker.start(), when=lambda: worker.pid is not None)
        await cancelled(worker.hook("decide")(1))
        pid = worker.pid
        await asyncio.to_thread(gate.write_text, "open")
        assert await worker.hook("decide")(2) == (2, 1)
        assert worker.pid == pid
        assert worker.statistics().starts == 1


async def test_start_that_takes_for_ever_is_killed_with_the_call_that_waits(tmp_path, monkeypatch):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    monkeypatch.setattr(isolation, "START_PATIENCE", 0.0)
    async with at_work(Dreamer(str(gate))) as worker:
        await cancelled(worker.hook("decide")(1), when=lambda: worker.pid is not None)
        assert worker.pid is None
        assert worker.statistics().kills == 1


@pytest.mark.parametrize("patience", [0.0, 30.0])
async def test_start_cancelled_while_it_is_told_what_to_build_is_taken_up_or_killed(monkeypatch, patience):
    monkeypatch.setattr(isolation, "START_PATIENCE", patience)
    send = isolation._Child.send

    async def slow_send(child, data):
        await send(child, data)
        await asyncio.sleep(0 if child.ready else 0.05)  # as when the pipe is full

    monkeypatch.setattr(isolation._Child, "send", slow_send)
    async with at_work(Scholar()) as worker:
        await cancelled(worker.start(), when=lambda: worker.pid is not None)
        assert (worker.pid is None) == (patience == 0)
        await worker.start()
        assert worker.statistics().starts == (2 if patience == 0 else 1)


@pytest.mark.parametrize("turns", range(0, 14, 2))
async def test_start_cancelled_at_any_turn_of_the_loop_leaves_nothing(turns):
    async with at_work(Scholar()) as worker:
        task = asyncio.ensure_future(worker.start())
        for _ in range(turns):
            await asyncio.sleep(0)
        await cancelled(task)


async def test_worker_stopped_while_its_process_is_opened_is_not_left_running():
    async with at_work(Scholar()) as worker:
        starting = asyncio.ensure_future(worker.start())
        for _ in range(3):  # far enough to have asked for the process
            await asyncio.sleep(0)
        assert worker.pid is None
        await worker.stop(0)
        with pytest.raises(SocietyClosed, match="was stopped before it had answered"):
            await starting


async def test_agent_that_cannot_be_rebuilt_says_why():
    async with at_work(Unborn()) as worker:
        with pytest.raises(ConfigurationError, match="cannot be rebuilt in its worker process: OSError: no library"):
            await worker.start()


async def test_worker_that_dies_while_it_starts_is_named():
    async with at_work(Stillborn()) as worker:
        with pytest.raises(WorkerDied, match="exited with code 7 while it started"):
            await worker.start()


# ------------------------------------------------------------------------------------------------ what can be isolated
def test_agent_of_importable_parts_can_be_isolated():
    check_isolatable(Scholar())


class Odd(Scholar):
    """Holds one thing more."""

    def __init__(self, part) -> None:
        super().__init__("Ott")
        self.part = part


class Holder:
    def __init__(self, part) -> None:
        self.inner = {"deep": [1, part]}

    def method(self) -> None:
        """Nothing."""


@pytest.mark.parametrize(
    ("part", "path", "advice"),
    [
        (lambda view: view, r"Odd\('Ott'\)\.part \(function .*<lambda>\)", "write it with `def` or `class` at the top"),
        (Holder(lambda: 1), r"Odd\('Ott'\)\.part\.inner\['deep'\]\[1\] \(function", "at the top level of a module"),
        (functools.partial(print, threading.Lock()), r"\.part\.args\[0\] \(a lock\)", "make it inside the hook"),
        (Holder(threading.Lock()).method, r"\.part\.__self__\.inner\['deep'\]\[1\] \(a lock", "inside the hook"),
        ((n for n in ()), r"\.part \(generator ", "make it inside the hook"),
    ],
    ids=["lambda", "nested", "partial", "method", "generator"],
)
def test_part_that_cannot_be_pickled_is_named_with_what_to_write_instead(part, path, advice):
    said = f"agent 'Ott' cannot be isolated: .*{path}.*cannot be pickled.*{advice}"
    with pytest.raises(ConfigurationError, match=said):
        check_isolatable(Odd(part))


def test_open_file_is_named(tmp_path):
    with (tmp_path / "log").open("w") as file, pytest.raises(ConfigurationError, match=r"\.part \(a TextIOWrapper\)"):
        Worker(Odd(file))


def test_part_of_a_struct_is_named():
    with pytest.raises(ConfigurationError, match=r"\.part\.value \(function "):
        check_isolatable(Odd(Propose(lambda: 1)))


def test_class_defined_in_a_function_is_named():
    class Local(Scholar):
        pass

    with pytest.raises(ConfigurationError, match=r"\(a Local\) cannot be pickled .* at the top level of a module"):
        check_isolatable(Local())


def test_errors_of_workers_can_be_pickled_themselves():
    died = pickle.loads(pickle.dumps(WorkerDied("Sol", "decide", 3)))
    assert (died.agent, died.hook, died.code) == ("Sol", "decide", 3)
    raised = pickle.loads(pickle.dumps(IsolatedHookError("Sol", "decide", "Picky", "no", "trace")))
    assert (raised.type, raised.text, raised.trace) == ("Picky", "no", "trace")


def test_signals_have_names():
    assert signal_name(9) == "signal 9 (SIGKILL)"
    assert signal_name(63) == "signal 63"


# ------------------------------------------------------------------------------------------------------------- programs
PROGRAM = """
    import asyncio, os, sys
    from negotiate_rt.runtime.isolation import Worker

    class Mine:
        name = "Mia"
        def decide(self, offer):
            return Mine, offer
        def spin(self):
            while True:
                pass

    async def go():
        worker = Worker(Mine())
        kind, offer = await worker.hook("decide")(70)
        assert kind is Mine, kind
        print("answered", offer, flush=True)
        if "orphan" in sys.argv:
            asyncio.ensure_future(worker.hook("spin")())
            await asyncio.sleep(0.02)
            os._exit(0)
        await worker.stop(5)
"""


def run(*arguments: str, typed: str | None = None, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program to the end of all its processes: they all hold its stderr."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [sys.executable, *arguments], input=typed, capture_output=True, text=True, timeout=20, check=False,
        env=environment, cwd=folder,
    )  # fmt: skip


@pytest.fixture
def program(tmp_path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(PROGRAM) + "\nif __name__ == '__main__':\n    asyncio.run(go())\n")
    return path


def test_classes_of_the_programs_own_module_work(program):
    done = run(str(program))
    assert (done.stdout, done.stderr, done.returncode) == ("answered 70\n", "", 0)


@pytest.mark.slow
def test_classes_of_a_program_run_as_a_module_work(program):
    done = run("-m", "program", folder=program.parent)
    assert (done.stdout, done.stderr, done.returncode) == ("answered 70\n", "", 0)


def test_no_worker_survives_its_parent_even_while_a_hook_spins(program):
    done = run(str(program), "orphan")  # returns only when the worker has gone too
    assert done.stdout == "answered 70\n"


def test_program_without_a_main_guard_is_told_to_write_one(program):
    program.write_text(textwrap.dedent(PROGRAM) + "\nasyncio.run(go())\n")
    done = run(str(program))
    assert done.returncode == 1
    assert "agent 'Mia' cannot be rebuilt in its worker process: ImportError" in done.stderr
    assert "does its work under `if __name__ == '__main__':`" in done.stderr


def test_agent_typed_into_an_interactive_session_is_refused():
    done = run("-", typed=textwrap.dedent(PROGRAM) + "\nWorker(Mine())\n")
    assert done.returncode == 1
    assert "Mine is defined in an interactive session or notebook" in done.stderr
    assert "put it in a module (a .py file) and import it" in done.stderr
