"""A world run again from its seed and its record: the same, or where it parts."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from negotiate_rt import (
    Accept,
    ConfigurationError,
    Journal,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Pie,
    Propose,
    sleep,
)
from negotiate_rt.replay.rerunning import Answers, rerun
from tests.journal.worlds import haggled, jobs


def world(journal: Journal, seed: int = 5, count: int = 5, clock: str = "virtual") -> None:
    """Run the same negotiations as `haggled`."""
    NegotiationExecutor(clock=clock, seed=seed, name="world", journal=journal).run_many(jobs(count))


@pytest.mark.parametrize("name", ["x.db", "x.jsonl"])
def test_the_same_world_is_the_same_in_times_and_order(tmp_path: Path, name: str) -> None:
    haggled(tmp_path / name)
    again = rerun(tmp_path / name, world)
    assert again.same
    assert again.exact
    assert again.records > 100


def test_on_the_real_clock_the_words_are_compared(tmp_path: Path) -> None:
    haggled(tmp_path / "x.db", clock="real")
    again = rerun(tmp_path / "x.db", lambda journal: world(journal, clock="real"))
    assert again.same
    assert not again.exact


def test_another_world_parts_where_it_does(tmp_path: Path) -> None:
    haggled(tmp_path / "x.db")
    again = rerun(tmp_path / "x.db", lambda journal: world(journal, seed=6))
    assert not again.same
    (first,) = again.differences
    assert first.recorded is not None
    assert first.again is not None
    assert (first.recorded.content["seed"], first.again.content["seed"]) == ("5/1", "6/1")
    short = rerun(tmp_path / "x.db", lambda journal: world(journal, count=4))
    assert not short.same


def test_a_world_in_two_pieces_cannot_be_run_again(tmp_path: Path) -> None:
    haggled(tmp_path / "x.db")
    haggled(tmp_path / "x.db")
    with pytest.raises(ConfigurationError, match="2 societies wrote in it one after the other"):
        rerun(tmp_path / "x.db", world)


class Oracle(Negotiator):
    """Answers from outside: nobody knows what it will say next time."""

    chance = random.Random(1)

    async def decide(self, view: Any) -> Any:
        """Think for some time, say something, fail now and then."""
        await sleep(self.chance.random())
        draw = self.chance.random()
        if draw < 0.1:
            raise ValueError("my head aches")
        if draw < 0.2:
            await sleep(100.0)
        return Accept() if view.standing_offer and draw > 0.95 else Propose(round(self.chance.random(), 3))


CONFIG = NegotiationConfig("bilateral", turn_timeout=5.0, on_fault="skip", max_rounds=30)


def talk(journal: Journal, prepared: Any = lambda agent: agent) -> Any:
    """Let two oracles talk, four times over."""
    executor = NegotiationExecutor(clock="virtual", seed=2, name="o", journal=journal)
    crew = [[prepared(Oracle(name)) for name in "ab"] for _ in range(4)]
    return executor.run_many([(pair, CONFIG, Pie(1.0)) for pair in crew])


def test_recorded_answers_stand_in_for_the_world_outside(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    outcomes = talk(Journal(path))
    assert {fault.what for one in outcomes for fault in one.faults} >= {"late", "raised"}
    assert not rerun(path, talk).same  # the oracles say something else
    answers = Answers(path)
    again = rerun(path, lambda journal: talk(journal, answers.stand_in))
    assert again.same, again.differences
    assert again.exact
