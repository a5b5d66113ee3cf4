"""A journal in a file: everything is in it, the same world gives the same bytes, and announced means committed."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from negotiate_rt import (
    AGREED,
    Accept,
    Buyer,
    ConfigurationError,
    Contractor,
    Journal,
    JournalError,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationListener,
    NegotiationOutcome,
    Negotiator,
    Pie,
    Propose,
    Seller,
    Society,
    Task,
    Trace,
    sleep,
)
from negotiate_rt.journal import session, store, writers
from negotiate_rt.journal.chain import VERSION
from negotiate_rt.journal.reading import segments
from negotiate_rt.journal.rows import KINDS
from negotiate_rt.journal.session import Session
from negotiate_rt.journal.store import header, open_store
from tests.journal.worlds import HAGGLE, haggled, jobs, kinds, pair

FORMS = ["x.db", "x.jsonl"]


@pytest.fixture(params=FORMS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


# -- what is in it ------------------------------------------------------------------------------------------------------


def test_every_message_fault_and_outcome_is_in_the_journal(path: Path) -> None:
    outcomes = haggled(path)
    assert [one.negotiation for one in kinds(path, "started")] == [one.id for one in outcomes]
    ended = {one.negotiation: one.content for one in kinds(path, "ended")}
    assert len(kinds(path, "ended")) == len(outcomes)
    for outcome in outcomes:
        said = [one for one in kinds(path, "said") if one.negotiation == outcome.id]
        assert len(said) == outcome.messages
        told = ended[outcome.id]
        assert (told["state"], told["reason"]) == (outcome.final_state, outcome.failure_reason)
        if outcome.accepted_offer is not None:
            assert told["accepted"]["value"] == outcome.accepted_offer.value
        assert told["utilities"] == outcome.utilities


def test_both_forms_hold_the_same_records(tmp_path: Path) -> None:
    one, other = tmp_path / "x.db", tmp_path / "x.jsonl"
    haggled(one, lossy=True)
    haggled(other, lossy=True)
    assert list(Journal(one).records())[1:] == list(Journal(other).records())[1:]


def test_a_journal_tells_a_message_as_a_trace_does(path: Path) -> None:
    trace = Trace()
    NegotiationExecutor(clock="virtual", seed=5, name="world", journal=trace).run_many(jobs(3))
    haggled(path, 3)
    mine = [one for one in Journal(path).records() if one.kind in ("said", "heard")]
    assert mine == [one for one in trace.records if one.kind in ("said", "heard")]


def test_lost_messages_are_in_the_journal(path: Path) -> None:
    haggled(path, 20, lossy=True)
    lost = kinds(path, "lost")
    assert lost
    said = {(one.negotiation, one.sender, one.number) for one in kinds(path, "said")}
    assert {(one.negotiation, one.sender, one.number) for one in lost} <= said
    assert {one.content["reason"] for one in lost} <= {"lost", "closed", "unread"}


class Thinker(Negotiator):
    """Takes time to decide."""

    async def decide(self, view: Any) -> Any:
        """Accept in round 3."""
        await sleep(0.25)
        return Accept() if view.round == 3 and view.standing_offer else Propose(view.round / 10)


def test_answers_of_outside_hooks_are_in_the_journal(path: Path) -> None:
    executor = NegotiationExecutor(clock="virtual", journal=path, seed=1)
    outcome = executor.run([Thinker("a"), Thinker("b")], NegotiationConfig("bilateral"), Pie(1.0))
    decided = kinds(path, "decided")
    assert outcome.agreed
    assert len(decided) == outcome.messages
    assert decided[0].content == {
        "hook": "decide", "how": "answer", "waited": 0.25,
        "decision": {"performative": "propose", "value": 0.1, "offer": "", "expires_at": None},
    }  # fmt: skip
    assert decided[-1].content["decision"]["performative"] == "accept-proposal"


class Hung(Negotiator):
    """Never answers, or raises."""

    async def decide(self, view: Any) -> Any:
        """Answer nothing."""
        if view.role == "responder":
            raise RuntimeError("no idea")
        await sleep(1e6)


def test_faults_are_in_the_journal_when_they_happen(path: Path) -> None:
    executor = NegotiationExecutor(clock="virtual", journal=path)
    config = NegotiationConfig("bilateral", turn_timeout=1.0, timeout=20.0)
    outcome = executor.run([Hung("a"), Hung("b")], config, Pie(1.0))
    assert [(one.sender, one.content["what"]) for one in kinds(path, "fault")] == [("a", "late"), ("b", "raised")]
    assert [one.content["how"] for one in kinds(path, "decided")] == ["late", "raised"]
    assert [one.who for one in outcome.faults] == ["a", "b"]


def test_contents_that_no_codec_carries_are_told_in_words(path: Path) -> None:
    class Oddity:
        """Something of the user's own."""

    crew = [Contractor("r", bid=lambda task: 10.0, perform=lambda task: "half \ud800 of it")]
    executor = NegotiationExecutor(clock="virtual", journal=path)
    config = NegotiationConfig("contract-net", timeout=5.0)
    outcome = executor.run(crew, config, Task(hours=2**70, tools=frozenset({"saw", 3}), what="ä", thing=Oddity()))
    assert outcome.agreed
    task = next(one for one in kinds(path, "said") if one.act == "cfp").content["content"]
    assert "Oddity" in str(task)
    assert " at 0x" not in str(task)


def test_kinds_of_rows_have_names() -> None:
    assert len(KINDS) == len(set(KINDS)) == 13


# -- determinism --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"durable": True}])
def test_the_same_world_gives_the_same_bytes(tmp_path: Path, options: dict[str, Any]) -> None:
    for name in FORMS:
        for turn in ("one", "other"):
            (tmp_path / turn).mkdir(exist_ok=True)
            haggled(tmp_path / turn / name, 20, lossy=True, **options)
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_a_segment_is_cut_by_its_rows_on_the_virtual_clock(tmp_path: Path) -> None:
    haggled(tmp_path / "x.db", 60)
    sizes = [len(one.rows) for one in segments(tmp_path / "x.db")]
    assert len(sizes) > 1
    assert set(sizes[:-1]) == {session.MOST_ROWS}


# -- durability ---------------------------------------------------------------------------------------------------------


class Auditor(NegotiationListener):
    """Looks into the journal at each announcement."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: list[str] = []

    def on_negotiation_completed(self, outcome: NegotiationOutcome) -> None:
        """The ending must be in the file by now."""
        connection = sqlite3.connect(self.path)
        body = b"".join(row[0] for row in connection.execute("SELECT body FROM segments"))
        connection.close()
        assert f"{outcome.id}".encode() in body
        assert outcome.id in {one.negotiation for one in kinds(self.path, "ended")}
        self.seen.append(outcome.id)


@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_a_durable_outcome_is_announced_after_its_commit(tmp_path: Path, clock: str) -> None:
    path = tmp_path / "x.db"
    executor = NegotiationExecutor(clock=clock, journal=Journal(path, durable=True))
    auditor = Auditor(path)
    executor.add_listener(auditor)
    outcomes = executor.run_many(jobs(6))
    assert sorted(auditor.seen) == sorted(one.id for one in outcomes)


async def test_nobody_hears_of_an_outcome_that_is_not_safe_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[Any] = []
    monkeypatch.setattr(Session, "flush", lambda self: held.append(self))
    executor = NegotiationExecutor(journal=Journal(tmp_path / "x.db", durable=True), grace=0.0)
    negotiation = executor.start(pair(), HAGGLE)
    for _ in range(200):
        await asyncio.sleep(0)
    assert not negotiation.done
    assert negotiation.status().state == AGREED  # the supervisor has settled it; nobody has been told
    monkeypatch.undo()
    assert (await negotiation).agreed


def test_without_durable_nothing_waits(path: Path) -> None:
    executor = NegotiationExecutor(journal=Journal(path, interval=60.0))
    assert executor.run(pair(), HAGGLE).agreed


# -- going on -----------------------------------------------------------------------------------------------------------


def test_ids_go_on_where_the_journal_ends(path: Path) -> None:
    first = haggled(path, 3)
    again = NegotiationExecutor(clock="virtual", journal=path)  # unnamed: it is the journal's society
    second = again.run_many(jobs(2))
    assert [one.id for one in first + second] == [f"world/{number}" for number in range(1, 6)]
    other = NegotiationExecutor(clock="virtual", journal=path, name="other").run_many(jobs(1))
    assert other[0].id == "other/1"
    third = NegotiationExecutor(clock="virtual", journal=path, name="world").run_many(jobs(1))
    assert third[0].id == "world/6"


async def test_one_executor_writes_one_journal_in_one_world_after_another(path: Path) -> None:
    executor = NegotiationExecutor(journal=path, name="n")
    ids = [(await executor.execute(pair(), HAGGLE)).id for _ in range(3)]
    assert ids == ["n/1", "n/2", "n/3"]
    assert len(kinds(path, "opened")) == len(kinds(path, "closed")) == 3


async def test_a_society_keeps_a_journal(path: Path) -> None:
    async with Society("s", journal=path) as society:
        await society.spawn(Buyer("Bea", 80.0, 40.0))
        outcome = await society.negotiate(["Bea", Seller("Sam", 60.0, 120.0)], HAGGLE)
        statistics = society.statistics().journal
    assert outcome.agreed
    assert statistics.state == "open"
    assert [one.kind for one in Journal(path).records()][-1] == "closed"


async def test_events_and_journal_hear_the_same(path: Path) -> None:
    executor = NegotiationExecutor(clock="virtual", journal=path)
    negotiation = executor.start(pair(), HAGGLE)
    heard = [record async for record in negotiation.events()]
    kept = [one for one in Journal(path).records() if one.kind in ("said", "heard")]
    assert [one for one in heard if one.kind in ("said", "heard")] == kept


# -- mistakes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"on_error": "ignore"}, "on_error: expected stop or continue"),
        ({"writer": "thread"}, "writer: expected inline or process"),
        ({"interval": -1}, "interval: expected seconds"),
        ({"interval": True}, "interval: expected seconds"),
    ],
)
def test_mistakes_are_told_when_they_are_made(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        Journal("x.db", **options)


def test_a_folder_that_is_not_there_is_told_before_anything_starts(tmp_path: Path) -> None:
    executor = NegotiationExecutor(journal=tmp_path / "no" / "x.db")
    with pytest.raises(JournalError, match=r"x\.db: cannot be written: there is no folder"):
        executor.run(pair(), HAGGLE)


def test_what_is_no_journal_is_refused(tmp_path: Path) -> None:
    text, foreign = tmp_path / "x.jsonl", tmp_path / "y.db"
    text.write_text("hello\n")
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    for path, told in ((text, "is no journal of negotiate_rt"), (foreign, "but no journal of negotiate_rt")):
        with pytest.raises(JournalError, match=told):
            NegotiationExecutor(journal=path, name="n").run(pair(), HAGGLE)


def test_a_journal_of_another_version_is_refused(tmp_path: Path) -> None:
    database, lines = tmp_path / "x.db", tmp_path / "x.jsonl"
    for path in (database, lines):
        haggled(path, 1)
    with sqlite3.connect(database) as connection:
        connection.execute(f"PRAGMA user_version={VERSION + 1}")
    connection.close()
    lines.write_bytes(lines.read_bytes().replace(header(), header().replace(b'"version":1', b'"version":2')))
    for path in (database, lines):
        with pytest.raises(JournalError, match=f"is a journal of version {VERSION + 1}; this negotiate_rt reads"):
            list(Journal(path).records())
        with pytest.raises(JournalError, match="use the negotiate_rt that wrote it"):
            NegotiationExecutor(journal=path, name="n").run(pair(), HAGGLE)


def test_a_journal_has_one_writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.0)
    held = open_store(path, durable=False)
    with pytest.raises(JournalError, match="is being written by another society or process"):
        NegotiationExecutor(journal=path, name="n").run(pair(), HAGGLE)
    held.close()
    assert NegotiationExecutor(journal=path, name="n").run(pair(), HAGGLE).agreed


async def test_two_societies_of_one_program_cannot_share_a_journal(path: Path) -> None:
    async with Society("one", journal=path):
        with pytest.raises(JournalError, match="is being written by another society of this program"):
            async with Society("other", journal=path):
                pass
    async with Society("other", journal=path) as society:
        assert (await society.negotiate(pair(), HAGGLE)).agreed


def test_an_ended_negotiation_is_not_kept_by_its_journal(tmp_path: Path) -> None:
    import gc
    import weakref

    executor = NegotiationExecutor(journal=tmp_path / "x.db")
    agents = pair()
    outcome = executor.run(agents, HAGGLE)
    gone = weakref.ref(agents[0])
    gc.disable()
    try:
        del agents
        assert gone() is None, gc.get_referrers(gone())
    finally:
        gc.enable()
    assert outcome.agreed


def test_a_journal_can_be_read_while_it_is_written(path: Path) -> None:
    haggled(path, 2)
    held = open_store(path, durable=False)
    assert len(kinds(path, "ended")) == 2
    held.close()


def test_a_callers_mistake_leaves_the_journal_free(path: Path) -> None:
    executor = NegotiationExecutor(journal=path, name="n")
    with pytest.raises(ConfigurationError):
        executor.run([Buyer("Bea", 80.0)], HAGGLE)
    assert executor.run(pair(), HAGGLE).agreed


# -- a journal that cannot be written -------------------------------------------------------------------------------------


class FullDisk:
    """Lets some segments through, then there is no room."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
        self.room = room
        self.append = store.SqliteStore.append
        monkeypatch.setattr(store.SqliteStore, "append", lambda one, body, count: self(one, body, count))

    def __call__(self, one: Any, body: bytes, count: int) -> None:
        if self.room <= 0:
            raise sqlite3.OperationalError("database or disk is full")
        self.room -= 1
        self.append(one, body, count)


@pytest.mark.parametrize("clock", ["real", "virtual"])
@pytest.mark.parametrize("durable", [False, True])
def test_a_full_disk_stops_the_society(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: str, durable: bool
) -> None:
    FullDisk(monkeypatch, 1)
    executor = NegotiationExecutor(clock=clock, journal=Journal(tmp_path / "x.db", durable=durable, interval=0.0))
    told: list[NegotiationOutcome] = []
    listener = NegotiationListener()
    listener.on_negotiation_completed = told.append  # type: ignore[method-assign]
    executor.add_listener(listener)
    with pytest.raises(JournalError, match=r"x\.db: cannot be written: database or disk is full"):
        executor.run_many(jobs(100))
    if durable:
        held = {one.negotiation for one in kinds(tmp_path / "x.db", "ended")}
        assert {one.id for one in told if one.agreed} <= held  # nothing is announced that is not there
        assert any(one.reason_code == "cancelled" for one in told)


@pytest.mark.parametrize("clock", ["real", "virtual"])
@pytest.mark.parametrize("durable", [False, True])
def test_a_society_can_go_on_without_its_journal_but_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, clock: str, durable: bool
) -> None:
    FullDisk(monkeypatch, 1)
    journal = Journal(tmp_path / "x.db", durable=durable, on_error="continue", interval=0.0)
    with caplog.at_level(logging.ERROR, "negotiate_rt"):
        outcomes = NegotiationExecutor(clock=clock, journal=journal).run_many(jobs(100))
    assert len(outcomes) == 100
    assert [record.message for record in caplog.records] == ["journal_failed"]


def test_a_society_can_start_without_its_journal_but_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(tmp_path / "no" / "x.db", on_error="continue")
    with caplog.at_level(logging.ERROR, "negotiate_rt"):
        assert NegotiationExecutor(journal=journal).run(pair(), HAGGLE).agreed
    assert [record.message for record in caplog.records] == ["journal_failed"]


def test_a_society_can_start_without_a_damaged_journal_but_says_so(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.write_bytes(b"hello\n" * 100)
    with caplog.at_level(logging.ERROR, "negotiate_rt"):
        assert NegotiationExecutor(journal=Journal(path, on_error="continue")).run(pair(), HAGGLE).agreed
    assert [record.message for record in caplog.records] == ["journal_failed"]
    assert path.read_bytes() == b"hello\n" * 100


async def test_a_full_disk_closes_a_society_with_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FullDisk(monkeypatch, 0)

    async def busy() -> None:
        async with Society(journal=Journal(tmp_path / "x.db", interval=0.0)) as society:
            while True:
                await society.negotiate(pair(), HAGGLE)

    with pytest.raises(JournalError, match="database or disk is full"):
        await busy()


def test_a_device_that_is_full_is_told_before_anything_starts() -> None:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(JournalError, match="No space left on device"):
        open_store(device, durable=False)


# -- back-pressure --------------------------------------------------------------------------------------------------------


class SlowWriter(writers.InlineWriter):
    """Falls behind after each segment, until it is waited for."""

    behind = False
    pauses = 0

    def write(self, body: bytes, count: int) -> None:
        """Write, and have no room from then on."""
        assert not self.behind, "more came while there was no room"
        super().write(body, count)
        self.behind = True

    @property
    def crowded(self) -> bool:  # type: ignore[override]
        """Whether it has fallen behind."""
        return self.behind

    async def room(self) -> None:
        """Catch up."""
        await asyncio.sleep(0)
        SlowWriter.pauses += 1
        self.behind = False


def test_a_writer_that_falls_behind_pauses_the_society(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("negotiate_rt.journal.journal.InlineWriter", SlowWriter)
    monkeypatch.setattr(session, "MOST_ROWS", 1 << 30)
    haggled(tmp_path / "x.db", 50, clock="real", interval=0.0)
    assert SlowWriter.pauses > 0
    assert len(kinds(tmp_path / "x.db", "ended")) == 50


def test_rows_never_gather_beyond_a_segment(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    add = Session.add

    def watched(self: Session, row: Any) -> None:
        nonlocal most
        add(self, row)
        most = max(most, len(self.rows))

    monkeypatch.setattr(Session, "add", watched)
    haggled(path, 100, clock="real", interval=60.0)
    assert most < 2 * session.MOST_ROWS
