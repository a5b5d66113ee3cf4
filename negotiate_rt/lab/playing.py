"""Playing games: all of a unit at once on a virtual clock, here or in worker processes. The results are the same."""

from __future__ import annotations

import pickle
import signal
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import aclosing

from anyio import BrokenWorkerProcess, CapacityLimiter, create_task_group, to_process

from negotiate_rt.errors import ConfigurationError, NegotiationError
from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.lab.results import GameResult, Scribe
from negotiate_rt.lab.tournament import Job, Tournament
from negotiate_rt.messages.config import whole

Sink = Callable[[GameResult], object]
Unit = tuple[range, frozenset[int]]  # the numbers of a stretch of games, and which of them have been played before


async def play_games(
    tournament: Tournament, sink: Sink, *, played: Collection[int] = frozenset(), jobs: int = 1
) -> None:
    """Play all games but those `played`, and hand each result to `sink` as it comes: in no order that means anything.

    jobs: worker processes; with 1, everything runs here. Results do not depend on it. Cancelled, it leaves nothing
    running. Raises ConfigurationError if strategies or problems cannot be sent to workers, NegotiationError if a
    worker dies.
    """
    jobs = whole("jobs", jobs, 1)
    known = frozenset(played)
    units = ((unit, known.intersection(unit)) for unit in tournament.units() if not known.issuperset(unit))
    if jobs > 1:
        await _play_in_workers(tournament, units, sink, jobs)
        return
    scribe = Scribe(tournament)
    for unit in units:
        await _play_unit(tournament, scribe, unit, sink)


async def _play_unit(tournament: Tournament, scribe: Scribe, unit: Unit, sink: Sink) -> None:
    """Play the games of a unit, all at once. Each begins at time 0 and has the id of its number, whatever was played before."""
    numbers, played = unit
    first = numbers.start
    executor = NegotiationExecutor(clock="virtual", seed=tournament.seed, name=f"tournament-{first}")

    def jobs() -> Iterator[Job]:
        for number in numbers:
            if number in played:
                executor.skip_id()
            else:
                yield tournament.job(tournament.game(number))

    async with aclosing(executor.stream(jobs(), limit=len(numbers))) as outcomes:  # type: ignore[type-var]  # an async generator
        async for outcome in outcomes:
            place = int(outcome.id.rpartition("/")[2]) - 1
            sink(scribe.result(first + place, outcome))


# -- worker processes -------------------------------------------------------------------------------------------------


async def _play_in_workers(tournament: Tournament, units: Iterator[Unit], sink: Sink, jobs: int) -> None:
    if "__main__" not in sys.modules:  # anyio imports the program into its workers without one
        raise ConfigurationError(
            "jobs: a worker process imports the program that starts it, and here that starts workers again: put what runs "
            'the tournament under `if __name__ == "__main__":`'
        )
    try:
        content = pickle.dumps(tournament)
    except Exception as error:  # noqa: BLE001  # the border to users' code: pickling calls it, and may raise anything
        raise ConfigurationError(
            f"jobs={jobs}: the tournament cannot be sent to worker processes ({error}); strategies and utilities must be "
            "values, or functions and classes that can be imported by name; or play with jobs=1"
        ) from None
    limiter = CapacityLimiter(jobs)

    async def work() -> None:
        for unit in units:
            for result in await to_process.run_sync(_unit_results, content, unit, cancellable=True, limiter=limiter):
                sink(result)

    try:
        async with create_task_group() as group:
            for _ in range(jobs):
                group.start_soon(work)
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what went wrong first, said so that it can be understood."""
    error = errors.exceptions[0]
    if isinstance(error, BaseExceptionGroup):
        return _first(error)
    if isinstance(error, BrokenWorkerProcess):
        cause = error.__cause__
        if isinstance(cause, ConfigurationError):
            return cause
        return NegotiationError(f"a worker process of the tournament died: {cause or error}; jobs=1 shows where")
    return error


class _Kept:
    """The tournament that this worker process plays, so that it is built once."""

    content = b""
    tournament: Tournament
    scribe: Scribe


def _unit_results(content: bytes, unit: Unit) -> list[GameResult]:
    """Play one unit in a worker process."""
    from negotiate_rt.executor.executor import run_sync

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    if _Kept.content != content:
        _Kept.tournament = pickle.loads(content)
        _Kept.scribe = Scribe(_Kept.tournament)
        _Kept.content = content
    results: list[GameResult] = []

    async def play() -> None:
        await _play_unit(_Kept.tournament, _Kept.scribe, unit, results.append)

    run_sync(play)
    return results
