"""Going on after a kill: every negotiation that was cut off is ended once, and nothing that was announced changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from negotiate_rt import (
    AGREED,
    FAILED,
    TIMEOUT,
    Journal,
    JournalError,
    NegotiationExecutor,
    NegotiationListener,
    NegotiationOutcome,
    Society,
)
from negotiate_rt.executor.settings import built_in
from negotiate_rt.journal.reading import segments
from negotiate_rt.journal.recovery import concluded, gathered, recover
from negotiate_rt.journal.rows import ENDED, HEARD, Lines, Packing, Row
from negotiate_rt.journal.store import open_store
from tests.journal.worlds import HAGGLE, haggled, jobs, kinds, pair

FORMS = ["x.db", "x.jsonl"]


@pytest.fixture(params=FORMS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def rows_of(path: Path) -> list[Row]:
    """Return all rows of a journal."""
    return [row for segment in segments(path) for row in segment.rows]


def cut_off(path: Path, rows: list[Row]) -> None:
    """Leave a journal as a kill would: with these rows, and no closing one."""
    held = open_store(path, durable=False)
    body = Packing() if path.suffix == ".db" else Lines()
    held.append(body(rows), len(rows))
    held.close()


def test_wherever_it_is_cut_off_an_agreement_stands_from_when_it_bound(tmp_path: Path) -> None:
    haggled(tmp_path / "x.db", 1)
    rows = rows_of(tmp_path / "x.db")
    heard_last = max(place for place, row in enumerate(rows) if row[0] == HEARD)
    ended = next(place for place, row in enumerate(rows) if row[0] == ENDED)
    for length in range(2, ended + 1):
        found = gathered(rows[:length])
        assert list(found.open) == ["world/1"]
        outcome = concluded("world/1", found.open["world/1"], built_in())
        assert outcome.agreed == (length > heard_last)
        assert outcome.final_state == (AGREED if outcome.agreed else FAILED)
        assert outcome.agreed or outcome.reason_code == "cancelled"
    told = rows[ended][3]
    assert outcome.accepted_offer is not None
    assert outcome.accepted_offer.value == told["accepted"]["value"]
    assert outcome.accepted_offer.agent == told["accepted"]["agent"]
    assert outcome.messages == told["messages"]
    assert outcome.rounds_used == told["rounds"]
    assert not gathered(rows[: ended + 1]).open


def test_a_talk_that_its_table_had_ended_ends_so() -> None:
    rows: list[Any] = [
        (0, 0.0, {"society": "s"}),
        (1, 0.0, "s/1", {"protocol": "bilateral", "seats": [], "max_rounds": 3}),
        (2, 0.0, 1, "s/1", "a", "b", "initiator", "responder"),
        (6, 5.0, 1, {"performative": "lapse", "state": "opening"}),
    ]
    outcome = concluded("s/1", gathered(rows).open["s/1"], built_in())
    assert outcome.final_state == TIMEOUT
    assert outcome.reason_code == "timeout"
    assert outcome.duration_ms == 5000.0


def test_an_unknown_protocol_fails_as_cancelled() -> None:
    rows: list[Any] = [(0, 0.0, {}), (1, 0.0, "s/1", {"protocol": "somebody's own"})]
    outcome = concluded("s/1", gathered(rows).open["s/1"], built_in())
    assert (outcome.final_state, outcome.reason_code) == (FAILED, "cancelled")


class Heard(NegotiationListener):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.outcomes: list[NegotiationOutcome] = []

    def on_negotiation_completed(self, outcome: NegotiationOutcome) -> None:
        """Keep it."""
        self.outcomes.append(outcome)


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_a_society_that_goes_on_ends_what_was_open_once(path: Path, tmp_path: Path, clock: str, durable: bool) -> None:
    source = tmp_path / f"source{path.suffix}"
    haggled(source, 6)
    rows = rows_of(source)
    cut = rows[: next(place for place, row in enumerate(rows) if row[0] == ENDED) + 1]
    cut_off(path, cut)
    done = {row[2] for row in cut if row[0] == ENDED}
    listener = Heard()
    executor = NegotiationExecutor(clock=clock, journal=Journal(path, durable=durable))
    executor.add_listener(listener)
    outcome = executor.run(pair(), HAGGLE)
    assert outcome.id == "world/7"
    assert executor.name == "world"
    opened = {f"world/{number}" for number in range(1, 7)}
    assert {one.id for one in executor.resumed} == opened - done
    assert sorted(one.id for one in listener.outcomes) == sorted([*(opened - done), "world/7"])
    ended = [one.negotiation for one in kinds(path, "ended")]
    assert sorted(ended) == sorted([*opened, "world/7"])
    third = NegotiationExecutor(clock=clock, journal=path)
    assert third.run(pair(), HAGGLE).id == "world/8"
    assert third.resumed == ()
    assert len(kinds(path, "ended")) == 8


async def test_a_society_tells_what_it_ended_for_a_killed_one(path: Path, tmp_path: Path) -> None:
    source = tmp_path / f"source{path.suffix}"
    haggled(source, 2)
    cut_off(path, rows_of(source)[:8])
    async with Society(journal=path) as society:
        assert [one.id for one in society.resumed] == ["world/1", "world/2"]
        assert (await society.negotiate(pair(), HAGGLE)).id == "world/3"


def test_lines_that_no_seal_closes_are_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    haggled(path, 3)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:20]) + lines[20][:7])  # killed in the middle of its only segment
    assert NegotiationExecutor(clock="virtual", journal=path, name="world").run_many(jobs(3))[0].id == "world/1"
    assert len(kinds(path, "ended")) == 3


def test_a_damaged_journal_is_not_gone_on_with(path: Path, tmp_path: Path) -> None:
    source = tmp_path / f"source{path.suffix}"
    haggled(source, 2)
    cut_off(path, rows_of(source)[:30])
    found = bytearray(path.read_bytes())
    place = found.index(b"propose")
    found[place] ^= 1
    path.write_bytes(found)
    with pytest.raises(JournalError, match=r"segment 1.*its hash does not fit"):
        NegotiationExecutor(journal=path, name="world").run(pair(), HAGGLE)


def test_a_journal_that_was_closed_is_not_read_through(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    haggled(path, 3)
    monkeypatch.setattr("negotiate_rt.journal.recovery.segments", None)
    found = recover(path)
    assert found.used == {"world": 3}
    assert not found.open
