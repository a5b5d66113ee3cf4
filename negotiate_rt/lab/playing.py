"""Playing games: all of a unit at once on a virtual clock, here or in worker processes. The results are the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import aclosing
from functools import partial

from negotiate_rt.executor.executor import NegotiationExecutor, run_sync
from negotiate_rt.lab.results import GameResult, Scribe
from negotiate_rt.lab.tournament import Job, Tournament
from negotiate_rt.lab.workers import packed, play_in_workers
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
    units = [(unit, known.intersection(unit)) for unit in tournament.units() if not known.issuperset(unit)]
    if jobs > 1 and units:
        await _play_in_workers(tournament, units, sink, min(jobs, len(units)))
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


async def _play_in_workers(tournament: Tournament, units: list[Unit], sink: Sink, jobs: int) -> None:
    def take(results: list[GameResult]) -> None:
        for result in results:
            sink(result)

    await play_in_workers(unit_results, packed(Desk(tournament)), iter(units), take, jobs)


class Desk:
    """What a worker process keeps from unit to unit."""

    def __init__(self, tournament: Tournament) -> None:
        self.tournament = tournament
        self.scribe = Scribe(tournament)

    def __reduce__(self) -> tuple[object, ...]:
        return Desk, (self.tournament,)


def unit_results(desk: Desk, unit: Unit) -> list[GameResult]:
    """Play one unit, in a worker process."""
    results: list[GameResult] = []
    run_sync(partial(_play_unit, desk.tournament, desk.scribe, unit, results.append))
    return results
