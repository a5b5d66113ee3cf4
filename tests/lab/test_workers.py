"""Several processes: the same results as one, errors told, nothing left behind."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from negotiate_rt import ConfigurationError, LinearConcession, NegotiationError, scenarios
from negotiate_rt.lab import Contestant, GameResult, Tournament, run_tournament
from negotiate_rt.lab.playing import play_games
from negotiate_rt.lab.workers import packed, serve
from tests.lab.problems import dying, raising, stubborn, two, yielding


def test_what_cannot_be_sent_to_workers_is_refused_before_any_starts() -> None:
    tournament = Tournament({"a": two()}, {"own": lambda view: stubborn(view), "linear": LinearConcession()})
    with pytest.raises(ConfigurationError, match=r"jobs: the tournament cannot be sent to worker processes .*jobs=1"):
        run_tournament(tournament, jobs=2)
    assert not multiprocessing.active_children()


class UnsendableError(Exception):
    """An error that no line can carry."""

    def __reduce__(self) -> Any:
        raise TypeError("not today")


def double(sent: int, unit: Any) -> Any:
    if unit == "odd":
        raise ConfigurationError("odd is refused")
    if unit == "bad":
        raise UnsendableError("worse")
    return sent * unit


def test_a_worker_serves_units_until_it_is_told_to_leave_and_survives_what_goes_wrong() -> None:
    before = signal.getsignal(signal.SIGINT)
    ours, theirs = multiprocessing.Pipe()
    for unit in (2, "odd", "bad", 3, None):
        ours.send(unit)
    try:
        serve(theirs, double, packed(21))
    finally:
        signal.signal(signal.SIGINT, before)
    answers = [ours.recv() for _ in range(4)]
    assert answers[0] == (True, 42)
    assert answers[3] == (True, 63)
    assert [fine for fine, _ in answers] == [True, False, False, True]
    assert str(answers[1][1]) == "odd is refused"
    assert str(answers[2][1]) == "UnsendableError: worse"


def test_a_worker_whose_parent_is_gone_leaves() -> None:
    before = signal.getsignal(signal.SIGINT)
    ours, theirs = multiprocessing.Pipe()
    ours.close()
    try:
        serve(theirs, double, packed(1))
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_two_processes_give_the_same_bytes_as_one(tmp_path: Path) -> None:
    def played(jobs: int) -> list[bytes]:
        tournament = Tournament(
            {"a": two(), "camp": scenarios.load("campsite")}, ["linear", "micro", "random-walker", yielding, raising],
            rounds=10, repeats=2, at_once=9,
        )  # fmt: skip
        report = run_tournament(tournament, jobs=jobs, out=tmp_path / str(jobs))
        names = ("games.csv", "ranking.csv", "report.json")
        return [msgspec.json.encode(report), *((tmp_path / str(jobs) / name).read_bytes() for name in names)]

    assert played(1) == played(2) == played(3)
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_a_worker_that_dies_is_told_and_ends_the_tournament() -> None:
    with pytest.raises(NegotiationError, match="a worker process of the tournament died with exit code 3"):
        run_tournament(Tournament({"a": two()}, {"dying": dying}), jobs=2)
    assert not multiprocessing.active_children()


def odd(rng: Any) -> Any:
    """Make a strategy in the parent, and none in a worker."""
    return LinearConcession() if multiprocessing.parent_process() is None else None


@pytest.mark.slow
def test_what_a_worker_refuses_is_raised_here() -> None:
    with pytest.raises(ConfigurationError, match="contestant 'odd': make returned None"):
        run_tournament(Tournament({"a": two()}, [Contestant("odd", make=odd)]), jobs=2)


@pytest.mark.slow
def test_cancelling_leaves_no_process_behind() -> None:
    async def main() -> list[GameResult]:
        seen: list[GameResult] = []
        begun = asyncio.Event()

        def take(result: GameResult) -> None:
            seen.append(result)
            begun.set()

        tournament = Tournament({"a": two()}, ["linear", "micro", "random-walker"], repeats=500, at_once=20)
        task = asyncio.create_task(play_games(tournament, take, jobs=2))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen

    assert 0 < len(asyncio.run(main())) < 4500
    assert not multiprocessing.active_children()
