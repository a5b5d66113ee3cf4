"""What a journal tells: filtered, step by step, and in other forms."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import msgspec
import pytest

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    ConfigurationError,
    Issue,
    Journal,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    OutcomeSpace,
    Record,
    scenarios,
)
from negotiate_rt.executor.settings import built_in
from negotiate_rt.journal.reading import segments
from negotiate_rt.replay.agreement import agreement
from negotiate_rt.replay.exporting import as_csv, as_fipa, as_jsonl, as_mermaid
from negotiate_rt.replay.filtering import Wanted
from negotiate_rt.replay.stepping import steps
from tests.journal.worlds import haggled


@pytest.fixture
def path(tmp_path: Path) -> Path:
    haggled(tmp_path / "x.db", 3)
    return tmp_path / "x.db"


def records(path: Path, **wanted: object) -> list[Record]:
    """Return the records that are wanted."""
    return list(Wanted(**wanted).among(Journal(path).records()))  # type: ignore[arg-type]  # as a command line gives them


# -- filters ------------------------------------------------------------------------------------------------------------


def test_filters_hold_together(path: Path) -> None:
    everything = records(path)
    assert {one.negotiation for one in records(path, negotiation="world/2")} == {"world/2"}
    assert len(records(path, negotiation="world/*")) == len([one for one in everything if one.negotiation])
    assert {one.kind for one in records(path, kind="ended")} == {"ended"}
    accepts = records(path, performative="accept-proposal", kind="said", agent="Bea")
    assert [(one.negotiation, one.sender) for one in accepts] == [("world/1", "Bea"), ("world/2", "Bea")]
    assert records(path, agent="nobody") == []
    assert Wanted().everything
    assert not Wanted(agent="a").everything


def test_times_are_inclusive(tmp_path: Path) -> None:
    haggled(tmp_path / "x.db", 2, lossy=True)
    times = sorted({one.at for one in records(tmp_path / "x.db")})
    inside = records(tmp_path / "x.db", since=times[2], until=times[4])
    assert {one.at for one in inside} == set(times[2:5])


def test_a_kind_that_does_not_exist_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"kind: expected one of opened, started.*did you mean 'fault'"):
        Wanted(kind="faults")


# -- steps --------------------------------------------------------------------------------------------------------------


def test_a_step_says_where_the_dialogue_stands(path: Path) -> None:
    told = [one for one in steps(segments(path), built_in()) if one.record.negotiation == "world/1"]
    assert told[1].record.act == "propose"
    assert told[1].state == "awaiting_responder"
    assert told[1].standing == 40.0
    assert "responder accept-proposal" in told[1].legal
    assert told[-2].state == "AGREED"
    assert not any(one.breach for one in told)


def test_steps_without_rules_are_records(path: Path) -> None:
    assert [one.record for one in steps(segments(path), {})] == records(path)


# -- forms --------------------------------------------------------------------------------------------------------------


def test_json_lines_come_back_as_the_same_records(path: Path) -> None:
    lines = "".join(as_jsonl(records(path))).splitlines()
    assert [msgspec.json.decode(line, type=Record) for line in lines] == records(path)


def test_csv_has_a_row_a_record(path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO("".join(as_csv(records(path))))))
    assert len(rows) == len(records(path))
    said = next(row for row in rows if row["kind"] == "said")
    assert (said["sender"], said["receiver"], said["act"], said["number"]) == ("Bea", "Sam", "propose", "1")
    assert json.loads(said["content"])["value"] == 40.0


def test_a_diagram_shows_every_word_and_the_ending(path: Path) -> None:
    said = records(path, negotiation="world/1", kind="said")
    lines = "".join(as_mermaid(records(path, negotiation="world/1"))).splitlines()
    assert lines[:3] == ["sequenceDiagram", "    participant p0 as Bea", "    participant p1 as Sam"]
    assert len([line for line in lines if "->>" in line]) == len(said)
    assert lines[3] == "    p0->>p1: propose 40"
    assert lines[-1].startswith("    Note over p0,p1: AGREED: 73.3333 offered by Sam")


def test_a_diagram_marks_what_was_lost(tmp_path: Path) -> None:
    haggled(tmp_path / "x.db", 30, lossy=True)
    lost = records(tmp_path / "x.db", kind="lost")
    talk = next(one.negotiation for one in lost if one.content["reason"] == "lost")
    text = "".join(as_mermaid(records(tmp_path / "x.db", negotiation=talk)))
    assert "-x" in text
    assert "(lost)" in text


def test_a_diagram_is_of_one_negotiation(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"3 fit: name one with --negotiation \(world/1, world/2, world/3\)"):
        "".join(as_mermaid(records(path)))


def test_a_diagram_keeps_marks_of_its_language_as_text() -> None:
    odd = Record("t", 0.0, "said", "a;b", "c#d", "inform", {"content": "x -> y; #1\n<b>"})
    text = "".join(as_mermaid([odd]))
    assert "participant p0 as a#59;b" in text
    assert "inform x -#gt; y#59; #35;1 #lt;b#gt;" in text


def test_fipa_messages_carry_fipas_parameters(tmp_path: Path) -> None:
    scenario = scenarios.load("contract-net")
    scenario.executor("virtual", 3, journal=tmp_path / "x.db").run_many(scenario.jobs(1, 3))
    messages = json.loads("".join(as_fipa(records(tmp_path / "x.db"))))
    assert len(messages) == len(records(tmp_path / "x.db", kind="said"))
    call = messages[0]
    assert call["performative"] == "cfp"
    assert call["protocol"] == "fipa-contract-net"
    assert call["conversation-id"] == "contract-net/1"
    assert set(call["sender"]) == {"name"}
    assert "reply-by" in call
    proposal = next(one for one in messages if one["performative"] == "propose")
    assert proposal["in-reply-to"] == call["reply-with"]
    assert json.loads("".join(as_fipa([]))) == []


# -- agreements ---------------------------------------------------------------------------------------------------------


def test_an_agreement_names_terms_parties_time_and_proof(path: Path) -> None:
    found = agreement(path, "world/1")
    assert found.parties == (("initiator", "Bea"), ("responder", "Sam"))
    assert found.terms == {"price": pytest.approx(73.3333, rel=1e-4)}
    assert (found.offered_by, found.accepted_by) == ("Sam", "Bea")
    assert found.reference.startswith("world/1/")
    assert found.date is None  # the virtual clock knows none
    assert found.utilities == {"Bea": pytest.approx(6.6667, rel=1e-4), "Sam": pytest.approx(13.3333, rel=1e-4)}
    last = list(segments(path))[-1]
    assert (found.segment, found.hash) == (last.number, last.hash)
    text = found.markdown()
    for part in ("# Agreement world/1/", "- Bea (initiator)", "| price | 73.33333333 |", "accepted by Bea", found.hash):
        assert part in text


def test_terms_go_by_the_names_of_the_issues(tmp_path: Path) -> None:
    space = OutcomeSpace([Issue("colour", ("red", "blue")), Issue("speed|kmh", (50, 80))])
    likes = [
        AdditiveUtility(
            {"colour": 0.5, "speed|kmh": 0.5}, {"colour": {"red": 1, "blue": 0}, "speed|kmh": {50: 0, 80: 1}}, space
        )
        for _ in range(2)
    ]
    crew = [Negotiator(name, utility) for name, utility in zip("ab", likes, strict=True)]
    executor = NegotiationExecutor(journal=tmp_path / "x.jsonl")
    assert executor.run(crew, NegotiationConfig("bilateral"), BargainingProblem(space)).agreed
    found = agreement(tmp_path / "x.jsonl")
    assert found.terms == {"colour": "red", "speed|kmh": 80}
    assert found.date is not None  # the real clock does
    assert "| speed\\|kmh | 80 |" in found.markdown()


def test_an_auctions_result_is_its_terms(tmp_path: Path) -> None:
    scenario = scenarios.load("vickrey")
    (outcome,) = scenario.executor("virtual", 3, journal=tmp_path / "x.db").run_many(scenario.jobs(1, 3))
    found = agreement(tmp_path / "x.db")
    assert found.terms["pay_price"] == outcome.result.pay_price
    assert found.terms["winner"] == outcome.result.winner.name


def test_what_did_not_agree_has_no_document(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"world/3 did not end in an agreement: \w+"):
        agreement(path, "world/3")
    with pytest.raises(ConfigurationError, match="no negotiation 'world/9' has ended"):
        agreement(path, "world/9")
    with pytest.raises(ConfigurationError, match="2 negotiations ended in an agreement: name one"):
        agreement(path)


def test_terms_are_what_is_to_be_done_and_not_how_it_was_found(tmp_path: Path) -> None:
    from negotiate_rt import scenarios

    scenario = scenarios.load("smart-building")
    path = tmp_path / "j.db"
    scenario.executor("virtual", 1, journal=path).run_many(scenario.jobs(1, 1))
    terms = agreement(path).terms
    assert "assignment" in terms
    assert not {"curve", "bytes", "messages", "checks"} & set(terms)
