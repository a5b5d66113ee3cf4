"""Isolated agents: their hooks run in a worker process that can be killed, for code that burns CPU or crashes.

One process an agent, started once and kept, so that state lives there. A call that is cancelled (late, interrupted, its
negotiation over) costs the process its life; the next call starts a fresh one with a fresh copy of the agent, and what
the old one had learned is lost. Prints go to stderr. worker.py is the other end.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import msgspec

import negotiate_rt
from negotiate_rt.errors import ConfigurationError, NegotiationError, SocietyClosed
from negotiate_rt.runtime.isolatable import check_isolatable, frozen, own_module, program
from negotiate_rt.runtime.pipe import Answer, Boot, Call, Failure, Note, Ready, frame, pack, take_frame, unpack
from negotiate_rt.runtime.worker import Program

__all__ = ["IsolatedHookError", "Worker", "WorkerDied", "WorkerStatistics", "check_isolatable"]

if sys.platform != "win32":
    from os import killpg

# `-c` keeps __main__ free for the program's own module; the folder is where this very package was found.
COMMAND = "import sys; sys.path.insert(0, sys.argv.pop()); from negotiate_rt.runtime.worker import main; main()"
PACKAGE_FOLDER = str(Path(negotiate_rt.__file__).resolve().parents[1])
START_PATIENCE = 30.0  # seconds; a start outlives the call that began it, or short turns would never see it finished
CHUNK = 65_536  # bytes, the size of a pipe

GONE = (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError)

Hook = Callable[..., Awaitable[Any]]  # Any: whatever the agent's hook returns


class IsolatedHookError(NegotiationError):
    """An isolated hook raised something that cannot leave its process. Attributes: agent, hook, type (the exception's
    name), text, trace (its traceback)."""

    def __init__(self, agent: str, hook: str, type: str, text: str, trace: str = "") -> None:
        self.agent = agent
        self.hook = hook
        self.type = type
        self.text = text
        self.trace = trace
        super().__init__(f"{hook} of isolated agent {agent!r} raised {type}: {text}")

    def __reduce__(self) -> tuple[Any, ...]:  # Any: as object.__reduce__ has it
        return type(self), (self.agent, self.hook, self.type, self.text, self.trace)


class WorkerDied(NegotiationError):
    """A worker process ended on its own. Attributes: agent, hook (empty: while it started), code (its exit code, or
    minus the signal's number)."""

    def __init__(self, agent: str, hook: str, code: int) -> None:
        self.agent = agent
        self.hook = hook
        self.code = code
        how = f"was killed by {signal_name(-code)}" if code < 0 else f"exited with code {code}"
        when = f"before {hook} had answered" if hook else "while it started"
        super().__init__(f"the worker process of agent {agent!r} {how} {when}; the next call starts a fresh one")

    def __reduce__(self) -> tuple[Any, ...]:  # Any: as object.__reduce__ has it
        return type(self), (self.agent, self.hook, self.code)


def signal_name(number: int) -> str:
    """Return e.g. `signal 11 (SIGSEGV)`."""
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"signal {number}"


# -- one process -------------------------------------------------------------------------------------------------------


class _Child:
    """One worker process and its channel. Reading can be cancelled and taken up again: nothing that arrived is lost."""

    def __init__(self, process: anyio.abc.Process, now: float) -> None:
        self.process = process
        self.since = now
        self.ready = False
        self.buffer = bytearray()

    @classmethod
    async def opened(cls) -> _Child:
        process = await anyio.open_process(
            [sys.executable, "-c", COMMAND, PACKAGE_FOLDER],
            stderr=None, start_new_session=True,  # of its own: Ctrl-C is ours to answer, and its children die with it
        )  # fmt: skip
        return cls(process, anyio.current_time())

    async def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        await self.process.stdin.send(data)

    async def receive(self) -> Any:
        """Return the next message. Raises EndOfStream when the process is gone."""
        assert self.process.stdout is not None
        while (message := take_frame(self.buffer)) is None:
            self.buffer += await self.process.stdout.receive(CHUNK)
        return message

    def kill(self) -> None:
        """Kill the process and those that it started."""
        if self.process.returncode is not None:
            return
        try:
            if sys.platform != "win32":
                killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        except ProcessLookupError:
            pass

    async def close(self) -> int:
        """Kill, reap, and close what is open; return the exit code."""
        self.kill()
        with anyio.CancelScope(shield=True):
            await self.process.aclose()
        return await self.process.wait()


# -- one agent ---------------------------------------------------------------------------------------------------------


class WorkerStatistics(msgspec.Struct, frozen=True):
    """What an agent's worker has been through: processes started, killed when cancelled, died on their own; calls."""

    starts: int
    kills: int
    deaths: int
    calls: int


class Worker:
    """The process of one isolated agent; started by `start` or by the first call.

    Everything here belongs to one event loop. Raises ConfigurationError if the agent cannot be isolated. A start costs
    about 0.1 s and the import of the agent's modules, a call 0.1-0.2 ms.
    """

    def __init__(self, agent: Any) -> None:  # anything with a name
        if Program.importing:
            raise ConfigurationError(
                "this program starts negotiations while a worker process imports it: put what it does under "
                "`if __name__ == '__main__':`"
            )
        self.name: str = agent.name
        self._frozen = frozen(agent)
        # What hooks are handed again and again (a strategy, a utility) is sent by name: the worker's own, with its
        # state. Kept here, so that no other object can come to have its id.
        self._parts = {name: part for name, part in getattr(agent, "__dict__", {}).items() if _has_state(part)}
        self._shared = {id(part): name for name, part in self._parts.items()}
        self._lock = anyio.Lock()
        self._child: _Child | None = None
        self._stopped = False
        self.starts = self.kills = self.deaths = self.calls = 0

    @property
    def pid(self) -> int | None:
        """The process id, or None while there is no process."""
        return None if self._child is None else self._child.process.pid

    async def start(self) -> None:
        """Start the process, unless it runs. Raises ConfigurationError if the agent cannot be rebuilt there, WorkerDied
        if it ends meanwhile. A start whose caller is cancelled goes on; the next caller takes it up."""
        if self._child is not None and self._child.ready and self._child.process.returncode is None:
            return
        async with self._lock:
            await self._ready()

    def hook(self, name: str) -> Hook:
        """Return a coroutine function that calls this hook of the agent in the worker.

        It raises what the hook raised (its traceback as a note), IsolatedHookError if that cannot leave the process,
        WorkerDied, ConfigurationError if an argument cannot be sent, SocietyClosed after `stop`. Calls are served one
        at a time. Cancelling one kills the process, unless it still waits for its turn or for the start.
        """

        async def call(*arguments: Any) -> Any:  # as the agent's hook has them
            return await self._call(name, arguments)

        return call

    async def _call(self, hook: str, arguments: tuple[Any, ...]) -> Any:
        try:
            request = frame(Call(hook, pack(arguments, self._shared)))
        except Exception as error:  # pickling calls the arguments' own code
            raise ConfigurationError(
                f"what {hook} of isolated agent {self.name!r} is asked cannot be sent to its process ({error}): "
                "problems, preferences and strategies that it is handed must be importable"
            ) from error
        async with self._lock:
            child = await self._ready()
            self.calls += 1
            try:
                await child.send(request)
                while isinstance(reply := await child.receive(), Note):
                    self._pass_on(reply, arguments)
            except GONE:
                raise await self._death(child, hook) from None
            except asyncio.CancelledError:
                self.kills += 1
                await self._discard(child)
                raise
        return self._result(hook, reply)

    @staticmethod
    def _pass_on(note: Note, arguments: tuple[Any, ...]) -> None:
        """Let the argument that the hook reported to over there (an engagement) report here."""
        with contextlib.suppress(Exception):  # unpickling calls the content's own code; the talk may have gone on
            content = unpack(note.content, own_module)
            for one in arguments:
                if hasattr(one, "report"):
                    one.report(content)

    def _result(self, hook: str, reply: Answer | Failure) -> Any:
        if isinstance(reply, Failure):
            raise self._raised(hook, reply)
        try:
            return unpack(reply.value, own_module)
        except Exception as error:  # unpickling calls the value's own code
            text = f"its decision cannot be rebuilt here: {error}"
            raise IsolatedHookError(self.name, hook, type(error).__name__, text) from error

    def _raised(self, hook: str, failed: Failure) -> Exception:
        error: Any = None
        if failed.error:
            try:
                error = unpack(failed.error, own_module)
            except Exception:  # noqa: BLE001  # unpickling calls the exception's own code; its text is at hand
                error = None
        if not isinstance(error, Exception):
            return IsolatedHookError(self.name, hook, failed.type, failed.text, failed.trace)
        error.add_note(f"in the worker process of agent {self.name!r}:\n{failed.trace}")
        return error

    async def _ready(self) -> _Child:
        """Return a process that has rebuilt the agent. Call with the lock held."""
        child = self._child
        if child is None:
            child = await self._opened()
        if not child.ready:
            try:
                reply = await child.receive()
            except GONE:
                raise await self._death(child, "") from None
            except asyncio.CancelledError:
                await self._give_up(child)
                raise
            if not isinstance(reply, Ready):
                await self._discard(child)
                raise ConfigurationError(
                    f"agent {self.name!r} cannot be rebuilt in its worker process: {reply.type}: {reply.text}"
                )
            child.ready = True
        return child

    async def _opened(self) -> _Child:
        if self._stopped:
            raise SocietyClosed(f"the worker of agent {self.name!r} has been stopped")
        boot = frame(Boot(list(sys.path), list(sys.argv), program(), self._frozen))
        child = self._child = await _Child.opened()
        self.starts += 1
        if self._stopped:  # meanwhile; `stop` could not see this process
            raise await self._death(child, "")
        try:
            await child.send(boot)
        except GONE:
            raise await self._death(child, "") from None
        except asyncio.CancelledError:  # while the pipe was full; what it does not hold yet is sent all the same
            await self._give_up(child)
            raise
        return child

    async def _give_up(self, child: _Child) -> None:
        """Kill a process whose start has taken too long, now that its caller no longer waits."""
        if anyio.current_time() - child.since >= START_PATIENCE:
            self.kills += 1
            await self._discard(child)

    async def _death(self, child: _Child, hook: str) -> Exception:
        if self._stopped:
            await self._discard(child)
            return SocietyClosed(f"the worker of agent {self.name!r} was stopped before {hook or 'it'} had answered")
        self.deaths += 1
        return WorkerDied(self.name, hook, await self._discard(child))

    async def _discard(self, child: _Child) -> int:
        """Be rid of a process; a later call starts another."""
        if self._child is child:
            self._child = None
        return await child.close()

    async def stop(self, grace: float = 1.0) -> None:
        """Let the running call end and the process leave within `grace` seconds, then kill it. Nothing is left: no
        process, no open file. Calls that come later raise SocietyClosed; a second stop does nothing."""
        self._stopped = True
        try:
            with anyio.move_on_after(grace):
                async with self._lock:
                    if self._child is not None:
                        assert self._child.process.stdin is not None
                        await self._child.process.stdin.aclose()
                        await self._child.process.wait()
        finally:  # cancelled too: the process is killed and reaped all the same
            if self._child is not None:
                await self._discard(self._child)

    def statistics(self) -> WorkerStatistics:
        """Return what the worker has been through."""
        return WorkerStatistics(self.starts, self.kills, self.deaths, self.calls)

    def __repr__(self) -> str:
        state = "stopped" if self._stopped else "not started" if self._child is None else f"process {self.pid}"
        return f"<Worker of {self.name}: {state}, {self.calls} calls, {self.kills} kills>"


def _has_state(part: Any) -> bool:
    """Whether a part of an agent may change, or is heavy; plain values are as well sent as they are."""
    return not isinstance(part, str | bytes | int | float | complex | bool | tuple | frozenset | type | None)
