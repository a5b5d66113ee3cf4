"""Verifying: sound journals pass whatever the protocol, and what was tampered with is told, with its place."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from negotiate_rt import Journal, JournalError, NegotiationConfig, NegotiationExecutor, Network, scenarios
from negotiate_rt.executor.settings import built_in
from negotiate_rt.journal.reading import segments
from negotiate_rt.journal.rows import ADVANCED, CLOSED, ENDED, HEARD, SAID, STARTED, Packing, Row
from negotiate_rt.journal.store import open_store
from negotiate_rt.replay.verifying import Verification, verify
from negotiate_rt.scenarios.demo import Demo
from tests.journal.worlds import haggled, pair

FORMS = ["x.db", "x.jsonl"]


@pytest.fixture(params=FORMS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / request.param


def checked(path: Path) -> Verification:
    """Verify with the built-in protocols."""
    return verify(path, built_in())


@pytest.mark.parametrize("name", scenarios.built_in())
def test_every_built_in_scenario_leaves_a_sound_journal(tmp_path: Path, name: str) -> None:
    scenario = scenarios.load(name)
    executor = scenario.executor("virtual", 3, journal=tmp_path / "x.db")
    outcomes = executor.run_many(scenario.jobs(1, 3))
    found = checked(tmp_path / "x.db")
    assert found.sound, [str(one) for one in (*found.damage, *found.breaches)]
    assert found.layout
    assert found.closed
    assert not found.unknown
    assert found.negotiations >= len(outcomes)
    assert sum(found.ended.values()) == found.negotiations


def test_counts_are_those_of_the_outcomes(path: Path) -> None:
    outcomes = haggled(path, 12, lossy=True)
    found = checked(path)
    assert found.sound
    assert found.messages == sum(one.messages for one in outcomes)
    assert found.negotiations == 12
    assert found.ended.get("AGREED", 0) == sum(one.agreed for one in outcomes)
    assert found.lost > 0
    assert found.sessions == 1


def test_a_protocol_that_is_not_known_is_told_and_counted(tmp_path: Path) -> None:
    haggled(tmp_path / "x.db", 2)
    found = verify(tmp_path / "x.db", {})
    assert found.sound
    assert found.unknown == ("bilateral",)
    assert found.messages == checked(tmp_path / "x.db").messages


# -- bytes --------------------------------------------------------------------------------------------------------------


def told_or_refused(path: Path) -> bool:
    """Whether verifying says that something is wrong, and where."""
    try:
        found = checked(path)
    except JournalError:
        return True
    return not found.sound and all(str(one) for one in found.damage)


@pytest.mark.parametrize("seed", range(2))
def test_a_flipped_bit_anywhere_is_told(path: Path, seed: int) -> None:
    haggled(path, 3)
    whole, rng = path.read_bytes(), random.Random(seed)
    places = [*rng.sample(range(100), 12), *rng.sample(range(len(whole)), 20)]
    for place in places:
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << rng.randrange(8)]) + whole[place + 1 :])
        assert told_or_refused(path), place
    path.write_bytes(whole)
    assert checked(path).sound


@pytest.mark.slow
def test_every_single_byte_counts(path: Path) -> None:
    haggled(path, 1)
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        assert told_or_refused(path), place


def test_damage_names_the_segment(tmp_path: Path) -> None:
    haggled(tmp_path / "x.db", 60)
    haggled(tmp_path / "x.jsonl", 60)
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("UPDATE segments SET count = count + 1 WHERE number = 2")
    connection.close()
    assert str(checked(tmp_path / "x.db").damage[0]).startswith("segment 2: its hash does not fit")
    lines = (tmp_path / "x.jsonl").read_bytes().splitlines(keepends=True)
    lines[1200] = lines[1200].replace(b'"kind":"said"', b'"kind":"heard"')
    (tmp_path / "x.jsonl").write_bytes(b"".join(lines))
    assert any(str(one).startswith("segment 2, lines 1027 to 2051: ") for one in checked(tmp_path / "x.jsonl").damage)


def test_a_segment_taken_out_or_put_in_is_told(tmp_path: Path) -> None:
    for change in (
        "DELETE FROM segments WHERE number = 2",
        "DELETE FROM segments WHERE number = (SELECT max(number) FROM segments)",
        "INSERT INTO segments SELECT number + 100, count, hash, body FROM segments WHERE number = 1",
        "CREATE TABLE notes (x)",
    ):
        path = tmp_path / "x.db"
        path.unlink(missing_ok=True)
        haggled(path, 60)
        with sqlite3.connect(path) as connection:
            connection.execute(change)
        connection.close()
        found = checked(path)
        assert not (found.sound and found.closed), change


def test_a_journal_that_was_cut_short_is_told_not_to_be_closed(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    haggled(path, 60)
    lines = path.read_bytes().splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines[:-1]) if line.startswith(b'{"segment"'))
    path.write_bytes(b"".join(lines[: last + 1]))
    found = checked(path)
    assert found.sound  # a kill leaves no more than this
    assert not found.closed
    assert found.open


def test_there_must_be_a_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is no such file"):
        checked(tmp_path / "x.db")


# -- rules --------------------------------------------------------------------------------------------------------------


def forged(tmp_path: Path, change: Callable[[list[Any]], object], scenario: str = "haggling") -> Verification:
    """Write a sound chain over rows that were changed, and verify that."""
    one = scenarios.load(scenario)
    source, target = tmp_path / "source.db", tmp_path / "forged.db"
    one.executor("virtual", 3, journal=source).run_many(one.jobs(1, 3))
    rows: list[Any] = [row for segment in segments(source) for row in segment.rows]
    change(rows)
    held = open_store(target, durable=False)
    held.append(Packing()(rows), len(rows))
    held.close()
    return checked(target)


def places(rows: list[Row], kind: int) -> list[int]:
    """Return where rows of a kind stand."""
    return [place for place, row in enumerate(rows) if row[0] == kind]


def remade(row: Row, **values: Any) -> Row:
    """Return a row with some values changed, by their place (`_2=...`)."""
    changed = list(row)
    for name, value in values.items():
        changed[int(name[1:])] = value
    return tuple(changed)


def outcome_with(rows: list[Row], **values: Any) -> None:
    """Change the ending."""
    place = places(rows, ENDED)[0]
    rows[place] = remade(rows[place], _3={**rows[place][3], **values})


def swap(rows: list[Row], one: int, other: int) -> None:
    """Exchange two rows."""
    rows[one], rows[other] = rows[other], rows[one]


FORGERIES: dict[str, tuple[Callable[[list[Any]], object], str]] = {
    "a word that was not heard": (lambda rows: rows.pop(places(rows, HEARD)[3]), "may not say|numbers its message"),
    "a word that was not said": (lambda rows: rows.pop(places(rows, SAID)[3]), "was not said"),
    "a word heard twice": (lambda rows: rows.insert(places(rows, HEARD)[2], rows[places(rows, HEARD)[2]]), "heard before"),
    "out of turn": (lambda rows: swap(rows, places(rows, SAID)[2], places(rows, SAID)[4]), "numbers its message|may not say"),
    "an acceptance of what does not stand": (
        lambda rows: rows.__setitem__(
            place := places(rows, SAID)[-1], remade(rows[place], _6={"performative": "accept-proposal", "offer": "x/1"})
        ),
        "no offer 'x/1' stands",
    ),
    "another act": (
        lambda rows: rows.__setitem__(
            place := places(rows, SAID)[1], remade(rows[place], _6={"performative": "cfp", "content": 1})
        ),
        "may not say cfp",
    ),
    "an act that does not exist": (
        lambda rows: rows.__setitem__(place := places(rows, SAID)[1], remade(rows[place], _6={"performative": "shout"})),
        "'shout' is no act",
    ),
    "an ending that was not": (lambda rows: outcome_with(rows, state="DEADLOCK", reason="max-rounds"), "an acceptance had bound"),
    "a state that does not exist": (lambda rows: outcome_with(rows, state="WON"), "ended as 'WON'"),
    "an agreement with a reason": (lambda rows: outcome_with(rows, reason="refused"), "AGREED with the reason"),
    "another price": (
        lambda rows: outcome_with(rows, accepted={**rows[places(rows, ENDED)[0]][3]["accepted"], "value": 1.0}),
        "is not the one that",
    ),
    "another offer": (
        lambda rows: outcome_with(rows, accepted={**rows[places(rows, ENDED)[0]][3]["accepted"], "id": "haggling/1/1"}),
        "the acceptance named",
    ),
    "two endings": (lambda rows: rows.insert(places(rows, ENDED)[0], rows[places(rows, ENDED)[0]]), "was over already"),
    "no ending": (lambda rows: rows.pop(places(rows, ENDED)[0]), "never ended"),
    "two starts": (lambda rows: rows.insert(places(rows, STARTED)[0], rows[places(rows, STARTED)[0]]), "started twice"),
    "no start": (lambda rows: rows.pop(places(rows, STARTED)[0]), "never started"),
    "time goes backwards": (
        lambda rows: rows.__setitem__(place := places(rows, SAID)[3], remade(rows[place], _1=-1.0)), "time goes backwards"
    ),
    "words after the end": (
        lambda rows: rows.insert(places(rows, CLOSED)[0], rows[places(rows, SAID)[0]]), "was over already"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_what_the_rules_do_not_allow_is_told_though_the_chain_is_whole(tmp_path: Path, name: str) -> None:
    change, told = FORGERIES[name]
    found = forged(tmp_path, change)
    assert not found.damage
    assert not found.sound
    assert any(any(word in one.what for word in told.split("|")) for one in found.breaches), found.breaches


def test_an_award_without_its_row_of_the_joint_table_is_told(tmp_path: Path) -> None:
    found = forged(tmp_path, lambda rows: rows.pop(places(rows, ADVANCED)[-1]), "contract-net")
    assert any("the joint table stands at" in one.what for one in found.breaches)


def test_a_round_too_many_is_told(tmp_path: Path) -> None:
    def change(rows: list[Any]) -> None:
        place = places(rows, STARTED)[0]
        rows[place] = remade(rows[place], _3={**rows[place][3], "max_rounds": 2})

    assert any("may not say" in one.what for one in forged(tmp_path, change).breaches)


@pytest.mark.slow
def test_a_journal_of_a_million_messages_is_sound(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    config = NegotiationConfig("bilateral", max_rounds=100)
    executor = NegotiationExecutor(clock="virtual", journal=Journal(path))
    outcomes = executor.run_many([(pair(), config) for _ in range(6250)])
    found = checked(path)
    assert found.sound
    assert found.messages == sum(one.messages for one in outcomes) > 1_000_000


# -- after a kill -------------------------------------------------------------------------------------------------------


def left_by_a_kill(tmp_path: Path) -> Path:
    """Return a journal as a kill leaves it: the last segments are in SQLite's log, which nobody has moved into the file."""
    source, held_path, target = tmp_path / "source.db", tmp_path / "held.db", tmp_path / "killed.db"
    haggled(source, 3)
    (segment,) = segments(source)
    held = open_store(held_path, durable=False)
    for start in range(0, len(segment.rows), 10):
        rows = segment.rows[start : start + 10]
        held.append(Packing()(rows), len(rows))
    for end in ("", "-wal"):
        shutil.copy(f"{held_path}{end}", f"{target}{end}")
    held.close()
    return target


def test_a_journal_left_by_a_kill_is_verified_with_its_log(tmp_path: Path) -> None:
    path = left_by_a_kill(tmp_path)
    assert Path(f"{path}-wal").stat().st_size > 0
    found = checked(path)
    assert found.sound, found
    assert found.layout
    assert found.negotiations == 3


def test_a_flipped_bit_in_the_log_of_a_killed_society_is_told(tmp_path: Path) -> None:
    path = left_by_a_kill(tmp_path)
    log = Path(f"{path}-wal")
    whole, rng = log.read_bytes(), random.Random(1)
    last = len(whole) - 3 * 4120  # in the last transaction it cannot be told from what a kill leaves half-written
    for place in [*rng.sample(range(32), 8), *rng.sample(range(32, last), 12)]:
        log.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << rng.randrange(8)]) + whole[place + 1 :])
        assert told_or_refused(path), place


@pytest.mark.slow
@pytest.mark.parametrize(
    "network",
    [
        {},
        {"latency": 0.05, "loss": 0.1, "duplicate": 0.2, "reorder": True},
        {"latency": 0.05, "loss": 0.2, "duplicate": 0.2, "reorder": True, "acknowledged": True},
    ],
    ids=["perfect", "lossy", "acknowledged"],
)
def test_whatever_agents_and_networks_do_the_record_is_by_the_rules(tmp_path: Path, network: dict[str, Any]) -> None:
    executor = NegotiationExecutor(
        clock="virtual", seed=3, name="demo", journal=tmp_path / "x.db", network=Network(**network), shuffle=3,
        mailbox_capacity=2,
    )  # fmt: skip
    outcomes = executor.run_many(Demo(3).jobs(300), 40)
    found = checked(tmp_path / "x.db")
    assert found.sound, found.breaches
    assert found.negotiations >= len(outcomes) == 300
