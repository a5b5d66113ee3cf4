"""Worker processes that play units of games: started once, told which units to play, killed when nobody waits any more."""

from __future__ import annotations

import pickle
import signal
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from anyio import create_task_group, to_thread

from negotiate_rt.errors import ConfigurationError, NegotiationError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

PATIENCE = 5.0  # seconds that a worker gets to leave when there is nothing more to play
GUARD = 'put what runs the tournament under `if __name__ == "__main__":`, for a worker imports the program that starts it'
Play = Callable[[Any, Any], Any]  # (what was sent once, unit) -> results; a function that can be imported by name


def packed(content: object) -> bytes:
    """Return what is sent to each worker once. Raises ConfigurationError if it cannot be."""
    try:
        return pickle.dumps(content)
    except Exception as error:  # noqa: BLE001  # the border to users' code: pickling calls it, and may raise anything
        raise ConfigurationError(
            f"jobs: the tournament cannot be sent to worker processes ({error}); strategies and utilities must be values, "
            "or functions and classes that can be imported by name; or play with jobs=1"
        ) from None


async def play_in_workers(play: Play, content: bytes, units: Iterator[Any], sink: Callable[[Any], object], jobs: int) -> None:
    """Have units played by `jobs` processes, each the next that is left, and hand what comes of each to `sink`.

    play: called in a worker with what `packed` packed, and a unit. Raises what it raises, or NegotiationError if a worker
    dies. Cancelled or failed, it leaves no process behind.
    """

    async def work() -> None:
        worker = Worker(play, content)
        try:
            for unit in units:
                sink(await worker.results(unit))
            worker.leave()
        finally:
            worker.end()

    try:
        async with create_task_group() as group:
            for _ in range(jobs):
                group.start_soon(work)
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


class Worker:
    """One process, and the line to it."""

    def __init__(self, play: Play, content: bytes) -> None:
        import multiprocessing  # late: only here is it needed

        context = multiprocessing.get_context("spawn")  # a fork would copy the event loop and its threads
        self.line, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=serve, args=(theirs, play, content), daemon=True)
        try:
            _start(self.process)
        except RuntimeError as error:
            raise ConfigurationError(f"jobs: {error.__class__.__name__} while a worker was started: {GUARD}") from None
        finally:
            theirs.close()

    async def results(self, unit: Any) -> Any:  # whatever `play` returns
        """Return what comes of a unit."""
        try:
            self.line.send(unit)
            fine, told = await to_thread.run_sync(self.line.recv, abandon_on_cancel=True)
        except (EOFError, OSError):
            self.process.join(PATIENCE)
            code = self.process.exitcode
            raise NegotiationError(
                f"a worker process of the tournament died with exit code {code}: {GUARD}; if that is so, jobs=1 shows "
                "what it dies of"
            ) from None
        if not fine:
            raise told
        return told

    def leave(self) -> None:
        """Let it go; it has nothing more to do."""
        self.line.send(None)
        self.process.join(PATIENCE)

    def end(self) -> None:
        """Kill it, unless it has left."""
        self.process.kill()  # a thread that still reads from it comes to the end of the line
        self.process.join()
        self.process.close()


def _start(process: BaseProcess) -> None:
    """Start a process that ignores Ctrl-C from its first moment on: it is for the parent, which ends its workers."""
    if threading.current_thread() is not threading.main_thread():
        process.start()
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, before)


def serve(line: Connection, play: Play, content: bytes) -> None:
    """Play units until there are none: what a worker process runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sent = None
    while True:
        try:
            unit = line.recv()
        except EOFError:  # the parent is gone
            return
        if unit is None:
            return
        try:
            if sent is None:
                sent = pickle.loads(content)
            answer = True, play(sent, unit)
        except Exception as error:  # noqa: BLE001  # told to the parent, which raises it there
            answer = False, error
        try:
            line.send(answer)
        except OSError:
            return
        except Exception:  # noqa: BLE001  # an error of users' code that cannot be pickled
            line.send((False, NegotiationError(f"{type(answer[1]).__name__}: {answer[1]}")))


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
