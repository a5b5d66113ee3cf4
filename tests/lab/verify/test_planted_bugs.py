"""Each planted bug is found, by the property it breaks, with a shortest way to it."""

from __future__ import annotations

import pytest

from negotiate_rt.lab.verify import Bounds, Verification, verify_protocol
from negotiate_rt.machine.table import Table
from tests.lab.verify.planted import (
    AGREED_ON_SILENCE,
    OWN_OFFER,
    PLANTED,
    RACE,
    RACE_JOINT,
    WAITING_FOR_EACH_OTHER,
    AcceptsWhatWasWithdrawn,
    AwardedAnewWhileAtWork,
    CrossingCancel,
    DoubleAward,
    MissingReject,
    NobodyCanAccept,
)

QUICK = Bounds(in_flight=1, limit=10_000)
SMALL = Bounds(participants=1)


def counterexamples(found: Verification):
    return {one.property: one for one in found.counterexamples}


@pytest.mark.parametrize("protocol", PLANTED, ids=[one.__name__ for one in PLANTED])
def test_planted_bug_is_found_with_its_counterexample(protocol):
    broken, words = PLANTED[protocol]
    found = verify_protocol(protocol, QUICK)
    assert not found.holds
    example = counterexamples(found)[broken]
    assert words in example.wrong
    assert example.text.rstrip().endswith(f"=> {example.wrong}")
    verdicts = {one.property: one.verdict for one in found.judgements}
    assert verdicts[broken] == "refuted"


def test_there_are_at_least_ten_planted_bugs_and_all_properties_are_broken_by_one():
    assert len(PLANTED) >= 10
    tables = verify_protocol(WAITING_FOR_EACH_OTHER), verify_protocol(AGREED_ON_SILENCE), verify_protocol(OWN_OFFER)
    broken = {name for name, _ in PLANTED.values()} | {name for one in tables for name in counterexamples(one)}
    every = {one.property for one in tables[0].judgements}
    assert broken == every


def test_double_award_is_drawn_step_by_step():
    example = counterexamples(verify_protocol(DoubleAward, Bounds(in_flight=1)))["winners"]
    assert example.wrong == "2 participants hold what 1 may win"
    assert (example.faults, example.sketched) == (0, False)
    lines = [line.rstrip() for line in example.text.splitlines()]
    assert lines[0].split() == ["auctioneer", "bidder-1", "bidder-2"]
    assert sum("cfp" in line for line in lines) == sum("propose [awaiting_result]" in line for line in lines) == 2
    assert sum("accept-proposal" in line for line in lines) == 2
    assert example.mermaid.startswith("sequenceDiagram\n    participant auctioneer as auctioneer\n")
    assert "    auctioneer->>bidder_1: cfp [awaiting_bid]" in example.mermaid


def test_missing_reject_is_found_in_four_steps():
    example = counterexamples(verify_protocol(MissingReject, SMALL))["refusals"]
    assert example.steps == 4
    assert [line.strip() for line in example.mermaid.splitlines()[3:]] == [
        "auctioneer->>bidder: cfp [awaiting_bid]",
        "bidder->>auctioneer: propose [awaiting_result]",
        "Note over auctioneer,bidder: auctioneer in 'awaiting_result' may accept, and has no way to decline but silence",
    ]


def test_cancel_that_crosses_a_proposal_is_a_reception_that_nobody_specified():
    example = counterexamples(verify_protocol(CrossingCancel, SMALL))["receptions"]
    assert example.faults == 0
    assert [line.split("|", 1)[-1].strip("|-. ") for line in example.text.splitlines()[2:-1]] == [
        "cfp", "cancel", "cfp [awaiting_bid] ---------------->", "x- propose [no row, or too late; stays cancelling]",
    ]  # fmt: skip


def test_an_acceptance_that_crosses_a_withdrawal_must_not_bind():
    example = counterexamples(verify_protocol(AcceptsWhatWasWithdrawn))["offers"]
    assert "withdraw" in example.text
    assert example.text.index("withdraw") < example.text.rindex("accept-proposal")


def test_the_task_is_not_awarded_anew_while_the_first_winner_works():
    example = counterexamples(verify_protocol(AwardedAnewWhileAtWork, SMALL))["winners"]
    assert "* 'next best': evaluating" in example.text


def test_both_ends_may_wait_for_each_other_although_nothing_was_lost():
    found = verify_protocol(WAITING_FOR_EACH_OTHER)
    example = counterexamples(found)["deadlock"]
    assert "ann in 'both_bob' and bob in 'both_ann'" in example.wrong
    assert (example.steps, example.faults) == (4, 0)


def test_who_may_only_say_yes_is_forced_to():
    assert "buyer in 'answer' may accept" in counterexamples(verify_protocol(AGREED_ON_SILENCE))["refusals"].wrong


def test_an_ending_that_the_rules_about_offers_shut_out_is_unreachable():
    found = verify_protocol(OWN_OFFER)
    assert counterexamples(found)["reach"].wrong == "nothing that can happen leads to AGREED"
    assert counterexamples(verify_protocol(NobodyCanAccept, SMALL))["reach"].steps == 0


def test_bare_tables_of_a_users_are_verified_too():
    found = verify_protocol(RACE, joint=RACE_JOINT)
    assert set(counterexamples(found)) >= {"receptions", "outcome"}
    assert "boss cancel reaches hand in state 'offered'" in counterexamples(found)["receptions"].wrong
    assert isinstance(RACE, Table)
    two = counterexamples(found)["winners"].wrong
    assert two == "2 participants hold what 1 may win (where several may win, say `winners = None`)"
    assert found.protocol == "race"
