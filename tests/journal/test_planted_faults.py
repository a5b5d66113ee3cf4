"""Faults planted in the journal itself: the battery that a sound journal passes catches every one of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from negotiate_rt import Journal, JournalError, NegotiationExecutor, NegotiationListener, NegotiationOutcome, scenarios
from negotiate_rt.executor.journalling import Journalling
from negotiate_rt.executor.settings import Settings, built_in
from negotiate_rt.journal import recovery, session, store
from negotiate_rt.journal.reading import segments
from negotiate_rt.journal.recovery import Recovery
from negotiate_rt.journal.rows import ENDED, SAID, Packing, Tongue
from negotiate_rt.journal.session import Page, Session
from negotiate_rt.journal.store import SqliteStore, open_store
from negotiate_rt.replay.verifying import verify
from tests.journal.worlds import haggled, jobs, kinds


class Auditor(NegotiationListener):
    """Asks at each announcement whether the ending is in the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcomes: list[NegotiationOutcome] = []

    def on_negotiation_completed(self, outcome: NegotiationOutcome) -> None:
        """Keep what is announced; it must be there already."""
        held = [one for one in kinds(self.path, "ended") if one.negotiation == outcome.id]
        self.outcomes.append(outcome if held else None)  # type: ignore[arg-type]  # None: announced too early


def battery(folder: Path) -> None:
    """What must hold of any journal. Raises AssertionError or JournalError."""
    path = folder / "x.db"
    outcomes = haggled(path, 12, lossy=True)
    found = verify(path, built_in())
    assert found.sound
    assert found.layout
    assert found.closed
    assert found.messages == sum(one.messages for one in outcomes)
    assert [one.negotiation for one in kinds(path, "ended")].count("world/1") == 1
    told = {one.negotiation: one.content for one in kinds(path, "ended")}
    assert {one.id: str(one.final_state) for one in outcomes} == {key: one["state"] for key, one in told.items()}
    again = folder / "again.db"
    haggled(again, 12, lossy=True)
    assert again.read_bytes() == path.read_bytes()
    announced_when_safe(folder / "durable.db")
    goes_on_after_a_kill(path, folder / "cut.db")
    tampering_shows(path)
    scenario = scenarios.load("contract-net")
    scenario.executor("virtual", 3, journal=folder / "net.db").run_many(scenario.jobs(1, 3))
    assert verify(folder / "net.db", built_in()).sound


def announced_when_safe(path: Path) -> None:
    """A durable outcome is announced once, after its commit."""
    executor = NegotiationExecutor(clock="virtual", journal=Journal(path, durable=True))
    auditor = Auditor(path)
    executor.add_listener(auditor)
    outcomes = executor.run_many(jobs(3))
    assert None not in auditor.outcomes
    assert sorted(one.id for one in auditor.outcomes) == sorted(one.id for one in outcomes)


def goes_on_after_a_kill(source: Path, path: Path) -> None:
    """Every negotiation that was cut off is ended once, ids go on."""
    rows = [row for segment in segments(source) for row in segment.rows]
    rows = rows[: [row[0] for row in rows].index(ENDED) + 3]
    held = open_store(path, durable=False)
    held.append(Packing()(rows), len(rows))
    held.close()
    outcome = NegotiationExecutor(clock="virtual", journal=path).run_many(jobs(1))[0]
    assert outcome.id == "world/13"
    found = verify(path, built_in())
    assert found.sound
    assert not found.open
    assert sum(found.ended.values()) == found.negotiations == 13


def tampering_shows(path: Path) -> None:
    """A word that was changed is told."""
    whole = path.read_bytes()
    place = whole.index(b"propose", len(whole) // 2)
    path.write_bytes(whole[:place] + b"q" + whole[place + 1 :])
    try:
        assert not verify(path, built_in()).sound
    except JournalError:
        pass


def test_a_sound_journal_passes(tmp_path: Path) -> None:
    battery(tmp_path)


# -- the plants -----------------------------------------------------------------------------------------------------------

Plant = Callable[[pytest.MonkeyPatch], object]


def silent_about(kind: str) -> Plant:
    """Forget to take down one kind of thing."""
    call = Page.__call__

    def forgetful(self: Page, what: str, item: Any, end: Any) -> None:
        if what != kind:
            call(self, what, item, end)

    return lambda patch: patch.setattr(Page, "__call__", forgetful)


def loses_a_segment(patch: pytest.MonkeyPatch) -> None:
    """Count the second segment as written, and forget it."""
    append = SqliteStore.append

    def losing(self: SqliteStore, body: bytes, count: int) -> None:
        if self.number == 1 and b"world/2" in body:
            return
        append(self, body, count)

    patch.setattr(session, "MOST_ROWS", 64)
    patch.setattr(SqliteStore, "append", losing)


def says_everything_twice(patch: pytest.MonkeyPatch) -> None:
    """Take each message down twice."""
    add = Session.add

    def twice(self: Session, row: Any) -> None:
        add(self, row)
        if row[0] == ENDED:
            add(self, row)

    patch.setattr(Session, "add", twice)


def announces_at_once(patch: pytest.MonkeyPatch) -> None:
    """Announce a durable outcome before its commit."""
    patch.setattr(Session, "when_safe", lambda self, action: action(True))


def forgets_what_waits(patch: pytest.MonkeyPatch) -> None:
    """Announce each durable outcome twice."""
    release = Session.release

    def again(self: Session) -> None:
        waiting = list(self.pending)
        release(self)
        for number, action in waiting:
            if number <= self.writer.committed:
                action(True)

    patch.setattr(Session, "release", again)


def changes_numbers(patch: pytest.MonkeyPatch) -> None:
    """Write a message's value a little wrong."""
    written = Tongue.written

    def wrong(self: Tongue, message: Any) -> Any:
        tree = self.tree(message)
        if isinstance(tree.get("value"), float):
            tree["value"] += 0.5
        return tree if "value" in tree else written(self, message)

    patch.setattr(Tongue, "written", wrong)


def swaps_rows(patch: pytest.MonkeyPatch) -> None:
    """Write rows of a segment in another order."""
    flush = Session.flush

    def swapped(self: Session) -> None:
        said = [place for place, row in enumerate(self.rows) if row[0] == SAID]
        if len(said) > 8:
            one, other = said[2], said[8]
            self.rows[one], self.rows[other] = self.rows[other], self.rows[one]
        flush(self)

    patch.setattr(Session, "flush", swapped)


def does_not_close(patch: pytest.MonkeyPatch) -> None:
    """Let the file go without a last row."""

    async def abandoned(self: Session, at: float, facts: Any) -> None:
        self.abandon()

    patch.setattr(Session, "close", abandoned)


def tells_the_time(patch: pytest.MonkeyPatch) -> None:
    """Write something that differs from run to run."""
    runs = iter(range(99))
    facts = Journalling._facts
    patch.setattr(Journalling, "_facts", lambda self: {**facts(self), "at": next(runs)})


PLANTS: dict[str, Plant] = {
    "forgets what was said": silent_about("said"),
    "forgets what was heard": silent_about("heard"),
    "forgets events of the joint table": silent_about("advanced"),
    "loses a segment": loses_a_segment,
    "writes endings twice": says_everything_twice,
    "announces before the commit": announces_at_once,
    "announces twice": forgets_what_waits,
    "writes wrong values": changes_numbers,
    "changes the order": swaps_rows,
    "hashes nothing": lambda patch: patch.setattr(store, "chained", lambda *_: bytes(32)),
    "hashes without the chain": lambda patch: patch.setattr(
        store, "chained", lambda head, number, count, body, own=store.chained: own(bytes(32), number, count, body)
    ),
    "commits nothing": lambda patch: patch.setattr(SqliteStore, "append", lambda self, body, count: None),
    "counts ids from 1": lambda patch: patch.setattr(Settings, "go_on_from", lambda self, number: None),
    "does not end what was open": lambda patch: patch.setattr(Journalling, "_conclude", lambda self, found: None),
    "ends all over again": lambda patch: patch.setattr(
        recovery, "gathered", lambda rows: Recovery({"world": 12}, {f"world/{n}": [(1, 0.0, "", {})] for n in range(1, 13)})
    ),
    "does not close": does_not_close,
    "tells the time of the day": tells_the_time,
    "forgets the ending": lambda patch: patch.setattr(Session, "ended", lambda self, *facts: None),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_fault_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    PLANTS[name](monkeypatch)
    with pytest.raises((AssertionError, JournalError, IndexError, ValueError)):
        battery(tmp_path)
