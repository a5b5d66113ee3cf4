"""The other end of isolation: a process that serves one agent's hooks, one call at a time.

End of file on its channel means that the parent has let go: an idle worker leaves, one that is busy dies at once, so
that none outlives its parent. Imports are few and light on purpose: each worker pays for them before the agent's own.
"""

from __future__ import annotations

import os
import queue
import runpy
import signal
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from negotiate_rt.runtime import pipe
from negotiate_rt.runtime.pipe import (
    COPY,
    MAIN,
    Answer,
    Boot,
    Call,
    Failure,
    Main,
    Ready,
    frame,
    pack,
    read_body,
    unpack,
)

if TYPE_CHECKING:
    import asyncio

LINGER = 5.0  # seconds that exit handlers of the agent's modules may take once the parent has let go
PR_SET_PDEATHSIG = 1  # linux/prctl.h


# -- the program -------------------------------------------------------------------------------------------------------


class Program:
    """The parent's program, imported under another name when first needed, so that its main guard holds.

    `importing` is true meanwhile: a program that starts workers then lacks the guard.
    """

    importing = False

    def __init__(self, main: Main | None) -> None:
        self.main = main
        self.module: ModuleType | None = None

    def name(self) -> str:
        """Import the program unless that has been done; return its name here. Raises ImportError with what to do."""
        if self.module is None:
            self.module = self._imported()
            sys.modules[MAIN] = sys.modules[COPY] = self.module
        return COPY

    def _imported(self) -> ModuleType:
        if self.main is None:
            raise ImportError("the program cannot be imported: it was typed in, or is no file")
        module, path = self.main
        Program.importing = True
        try:
            if module is not None:
                names = runpy.run_module(module, run_name=COPY, alter_sys=True)
            else:
                names = runpy.run_path(str(path), run_name=COPY)
        except BaseException as error:  # SystemExit too: a program without a main guard ends like that
            raise ImportError(
                f"importing the program {module or path} in a worker process failed ({type(error).__name__}: {error}): "
                "a program with isolated agents does its work under `if __name__ == '__main__':`, or keeps its agents "
                "in a module of their own"
            ) from error
        finally:
            Program.importing = False
        copy = ModuleType(COPY)
        copy.__dict__.update(names)
        return copy


# -- serving -----------------------------------------------------------------------------------------------------------


class Attendant:
    """Holds the agent and calls its hooks. Asynchronous hooks share one event loop, so that clients may be kept."""

    def __init__(self, boot: Boot) -> None:
        self.program = Program(boot.main)
        self.runner: asyncio.Runner | None = None
        self.agent = unpack(boot.agent, self.program.name)

    def serve(self, call: Call) -> Answer | Failure:
        """Call a hook and return what came of it, whatever that is."""
        try:
            arguments = unpack(call.arguments, self.program.name, self.agent)
            value = getattr(self.agent, call.hook)(*arguments)
            if hasattr(value, "__await__"):
                value = self._awaited(value)
        except BaseException as error:  # noqa: BLE001  # the border to agents' code
            return failure(error, self.program.name)
        try:
            return Answer(pack(value))
        except Exception as error:  # noqa: BLE001  # pickling calls the value's own code
            text = f"the hook returned a {type(value).__name__} that cannot leave its process: {error}"
            return Failure(b"", type(error).__name__, text, "")

    def _awaited(self, value: Awaitable[Any]) -> Any:  # whatever the hook returns
        if self.runner is None:
            import asyncio

            from negotiate_rt.messages.view import CLOCK

            CLOCK.set(asyncio.sleep)  # the society's clock is far away: here time is real
            self.runner = asyncio.Runner()
        return self.runner.run(_wait_for(value))

    def close(self) -> None:
        """Close the event loop, if a hook needed one."""
        if self.runner is not None:
            self.runner.close()


async def _wait_for(value: Awaitable[Any]) -> Any:  # whatever the hook returns
    return await value


def failure(error: BaseException, main: Callable[[], str] = lambda: MAIN) -> Failure:
    """Return an exception as a message, with itself if it survives the journey. An exit, interrupt or cancellation goes
    as text: it is the worker's, not the parent's."""
    trace = "".join(traceback.format_exception(error))
    try:
        text = str(error)
        packed = pack(error)
        survives = isinstance(error, Exception) and type(unpack(packed, main)) is type(error)
    except Exception as broken:  # noqa: BLE001  # its text and its pickling are its own code
        text, packed, survives = _text(error, broken), b"", False
    return Failure(packed if survives else b"", type(error).__name__, text, trace)


def _text(error: BaseException, broken: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # the exception's own code
        return f"(its text raised {type(broken).__name__})"


class Inbox:
    """Reads frames in a thread, so that end of file is noticed while a hook spins."""

    def __init__(self, reader: BinaryIO, leave: Callable[[], object]) -> None:
        self.reader = reader
        self.leave = leave
        self.frames: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.busy = False
        self.thread = threading.Thread(target=self._read, name="negotiate_rt-inbox", daemon=True)
        self.thread.start()

    def next(self) -> Any:
        """Wait for the next message; None when the parent has let go. Who answers it sets `busy` to False first: the
        parent may let go as soon as it has heard."""
        body = self.frames.get()
        self.busy = body is not None
        return None if body is None else unpack(body)

    def _read(self) -> None:
        while (body := read_body(self.reader)) is not None:
            self.frames.put(body)
        self.reader.close()
        idle = not self.busy and self.frames.empty()
        self.frames.put(None)
        if idle:
            threading.Event().wait(LINGER)
        self.leave()


def serve(reader: BinaryIO, writer: BinaryIO, leave: Callable[[], object]) -> None:
    """Serve calls until the parent lets go; `leave` ends the process when it does so while a hook runs."""

    inbox = Inbox(reader, leave)

    def send(message: NamedTuple) -> None:
        inbox.busy = False
        writer.write(frame(message))
        writer.flush()

    def speak(message: NamedTuple) -> None:  # on the way to an answer: the hook is still busy
        writer.write(frame(message))
        writer.flush()

    pipe.speaker = speak
    boot = inbox.next()
    if boot is None:
        return
    sys.path[:] = boot.import_path
    sys.argv[:] = boot.arguments
    try:
        attendant = Attendant(boot)
    except BaseException as error:  # noqa: BLE001  # the agent's modules and its __setstate__ are its own code
        send(failure(error))
        return
    send(Ready())
    while (call := inbox.next()) is not None:
        send(attendant.serve(call))
    attendant.close()


# -- the process -------------------------------------------------------------------------------------------------------


def take_channel() -> tuple[BinaryIO, BinaryIO]:
    """Keep stdin and stdout to ourselves: what the agent prints goes to stderr, and it reads nothing."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    try:
        os.dup2(2, 1)
    except OSError:  # the parent has no stderr
        os.dup2(null, 1)
    os.close(null)
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(line_buffering=True)  # what was printed must not die with a process that is killed
    return reader, writer


def die_with_parent() -> None:
    """Let Linux kill this process when its parent's thread ends: a hook that holds the interpreter lock for ever keeps
    the inbox from noticing."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def leave_at_once() -> None:
    """End this process, and those it started, without a word."""
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def main() -> None:
    """Be a worker."""
    die_with_parent()
    reader, writer = take_channel()
    try:
        with writer:  # the reader belongs to the inbox
            serve(reader, writer, leave_at_once)
    except BrokenPipeError:  # the parent is gone, and nobody hears the answer
        leave_at_once()
