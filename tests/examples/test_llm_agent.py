from __future__ import annotations

import asyncio

import pytest

from examples.llm_agent import REPLIES, main, negotiate


@pytest.fixture(scope="module")
def talk():
    return main()


def test_a_sensible_deal_comes_of_it_all(talk):
    outcome = talk.outcome
    assert outcome.final_state == "AGREED"
    assert outcome.rounds_used == 7
    price = outcome.accepted_offer.value
    assert price == pytest.approx(120 - 60 * 5 / 7)  # Sam's sixth offer
    assert outcome.utilities == {"Mia": pytest.approx(90 - price), "Sam": pytest.approx(price - 60)}


def test_each_fault_is_hers_and_says_what_was_wrong(talk):
    faults = talk.outcome.faults
    assert [(fault.who, fault.what) for fault in faults] == [("Mia", "late"), *[("Mia", "invalid")] * 3]
    assert faults[0].when == 30.0
    assert "no JSON object" in faults[1].cause
    assert "offer 95.0 is worth -5 to Mia" in faults[2].cause
    assert "offer 94.0 is worth -4 to Mia" in faults[3].cause


def test_late_and_twice_invalid_turns_pass_and_repaired_ones_do_not(talk):
    said = [(record.kind, record.sender) for record in talk.trace.records if record.kind in ("said", "skipped")]
    assert said[:8] == [
        ("skipped", "Mia"), ("said", "Sam"), ("said", "Mia"), ("said", "Sam"),
        ("said", "Mia"), ("said", "Sam"), ("skipped", "Mia"), ("said", "Sam"),
    ]  # fmt: skip
    mine = [offer.value for offer in talk.outcome.all_offers if offer.agent == "Mia"]
    assert mine[:2] == [45.0, 50.0]  # the one wrapped in words, and the repaired one
    assert max(mine) <= 90  # never what the guard caught


def test_a_repair_is_asked_in_the_same_turn_with_the_reason(talk):
    assert len(talk.prompts) == len(REPLIES) + 3
    repaired = [number for number, prompt in enumerate(talk.prompts) if "Your last reply could not be used" in prompt]
    assert repaired == [3, 5]
    assert "no JSON object" in talk.prompts[3]
    assert "below its own reservation value 0" in talk.prompts[5]
    for number in repaired:
        assert talk.prompts[number].splitlines()[1] == talk.prompts[number - 1].splitlines()[1]  # Round 3 of 8; ...


def test_a_repair_has_what_is_left_of_the_turn(talk):
    def seconds(prompt):
        return float(prompt.splitlines()[2].removeprefix("You have ").split()[0])

    allowed = [seconds(prompt) for prompt in talk.prompts]
    assert all(allowed[number] == 30.0 for number in (0, 1, 2, 4, 6, 7, 8))
    assert all(22.0 <= allowed[number] <= 28.0 for number in (3, 5))  # a reply takes from 2 to 8 seconds


def test_the_prompt_says_what_she_may_know_and_no_more(talk):
    assert "never go above your limit of 90" in talk.prompts[0]
    assert "Legal moves: propose, walk." in talk.prompts[0]
    assert "standing offer: 77.1429" in talk.prompts[-1]
    assert "Legal moves: propose, accept, walk." in talk.prompts[-1]
    assert not any("limit of 60" in prompt for prompt in talk.prompts)


def test_the_same_seed_gives_the_same_trace_and_another_other_times(talk):
    again, other = asyncio.run(negotiate(3)), asyncio.run(negotiate(4))
    assert again.trace.to_jsonl() == talk.trace.to_jsonl()
    assert other.trace.to_jsonl() != talk.trace.to_jsonl()
    assert [offer.value for offer in other.outcome.all_offers] == [offer.value for offer in talk.outcome.all_offers]
