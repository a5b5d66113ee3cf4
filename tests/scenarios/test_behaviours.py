"""Agents that misbehave on purpose do so when they should, and as often as they should."""

from __future__ import annotations

import random
import re

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.scenarios import loads
from negotiate_rt.scenarios.behaviours import strikes
from negotiate_rt.scenarios.format import Crash

LIMITS = "max_rounds = 6\ntimeout = 30\nturn_timeout = 1\n"


def haggle(behaviour: str, extra: str = "") -> NegotiationOutcome:
    one = loads(
        f'name = "x"\nprotocol = "bilateral"\n{LIMITS}{extra}agents = [{{type = "buyer", name = "Bea", limit = 80}}, '
        f'{{type = "seller", name = "Sam", limit = 60, behaviour = {behaviour}}}]'
    )
    return one.executor("virtual").run(*one.job(1))


def kinds(outcome: NegotiationOutcome) -> list[str]:
    assert {fault.who for fault in outcome.faults} <= {"Sam", "b", "c"}
    return [fault.what for fault in outcome.faults]


def test_a_slow_agent_takes_its_time_and_decides_as_usual() -> None:
    slow, usual = haggle('{kind = "slow", seconds = 0.25}'), haggle('{kind = "slow", probability = 0}')
    assert slow.accepted_offer.value == usual.accepted_offer.value
    assert usual.duration_ms == 0.0
    assert slow.duration_ms == pytest.approx(250.0 * sum(offer.agent == "Sam" for offer in slow.all_offers), abs=260)
    assert not slow.faults


def test_a_hung_agent_is_late_until_the_rounds_are_used_up() -> None:
    outcome = haggle('"hang"')
    assert kinds(outcome) == ["late"] * 6
    assert str(outcome.final_state) == "DEADLOCK"
    assert outcome.duration_ms == 6000.0


def test_a_crash_ends_it_with_the_blame() -> None:
    outcome = haggle('{kind = "crash", at_round = 3}')
    assert kinds(outcome) == ["raised"]
    assert outcome.rounds_used == 3
    assert outcome.reason_code == "agent-crashed"
    assert "crashed on purpose" in outcome.faults[0].cause


def test_nonsense_is_refused_and_the_talk_goes_on() -> None:
    outcome = haggle('{kind = "nonsense", at_round = 2}')
    assert set(kinds(outcome)) == {"invalid"}
    assert outcome.agreed


def test_a_plain_agent_concedes_as_usual_where_its_trouble_does_not_strike() -> None:
    one = loads(
        'name = "x"\nprotocol = "bilateral"\nmax_rounds = 6\nreservation_value = 20\ninitial_offer = 100\n'
        'agents = [{type = "plain", name = "a"}, {type = "plain", name = "b", behaviour = {kind = "crash", at_round = 99}}]'
    )
    outcome = one.executor("virtual").run(*one.job(1))
    assert outcome.agreed
    assert not outcome.faults


def test_a_contractors_bid_that_is_no_number_is_refused() -> None:
    net = loads(
        'name = "x"\nprotocol = "contract-net"\nproblem = {type = "task", attributes = {hours = 1}}\n'
        'agents = [{type = "contractor", name = "c", count = 8, bid = 1, behaviour = "nonsense"}]'
    )
    outcome = net.executor("virtual").run(*net.job(1))
    assert all(isinstance(bid.value, float) for bid in outcome.result.bids)
    assert "a proposal must be a finite number" in outcome.faults[0].cause


@pytest.mark.parametrize(("kind", "fault"), [("crash", "raised"), ("nonsense", "invalid"), ("hang", "late")])
def test_bidders_and_contractors_misbehave_too(kind: str, fault: str) -> None:
    auction = loads(
        f'name = "x"\nprotocol = "vickrey"\n{LIMITS}agents = [{{type = "bidder", name = "a", value = 5}}, '
        f'{{type = "bidder", name = "b", value = 9, behaviour = "{kind}"}}]'
    )
    sold = auction.executor("virtual").run(*auction.job(1))
    assert sold.result.winner.name == "a"
    assert fault in kinds(sold)
    net = loads(
        f'name = "x"\nprotocol = "contract-net"\n{LIMITS}problem = {{type = "task", attributes = {{hours = 1}}}}\n'
        'agents = [{type = "contractor", name = "a", bid = -5}, '
        f'{{type = "contractor", name = "c", bid = 1, takes = 0.5, behaviour = "{kind}"}}]'
    )
    done = net.executor("virtual").run(*net.job(1))
    assert done.result.awarded == ("a",)
    assert fault in kinds(done)


def test_a_slow_worker_still_finishes_its_work() -> None:
    net = loads(
        f'name = "x"\nprotocol = "contract-net"\n{LIMITS}problem = {{type = "task", attributes = {{hours = 1}}}}\n'
        'agents = [{type = "contractor", name = "c", bid = 1, takes = 0.5, behaviour = {kind = "slow", seconds = 0.25}}]'
    )
    outcome = net.executor("virtual").run(*net.job(1))
    assert outcome.agreed
    assert outcome.duration_ms == 1000.0  # a quarter to bid, a quarter before the work, half for the work


def test_trouble_strikes_as_often_as_it_says() -> None:
    rng = random.Random(0)
    assert sum(strikes(Crash(probability=0.25), 1, rng) for _ in range(4000)) == pytest.approx(1000, abs=100)
    assert not strikes(Crash(probability=0.0), 1, rng)
    assert [strikes(Crash(at_round=2), number, rng) for number in (1, 2, 3)] == [False, True, False]


def test_a_crashed_agent_comes_back_and_has_forgotten_everything() -> None:
    outcome = haggle('{kind = "crash", at_call = 2, restart_after = 0.5}')
    assert outcome.agreed
    assert outcome.duration_ms == 500.0
    assert not outcome.faults


def test_an_agent_that_is_back_too_late_is_late_once() -> None:
    outcome = haggle('{kind = "crash", at_call = 2, restart_after = 1.5}')
    assert kinds(outcome) == ["late"]
    assert outcome.agreed


def test_trouble_strikes_from_a_time_on() -> None:
    slow = 'agents = [{type = "buyer", name = "Bea", limit = 80, behaviour = {kind = "slow", seconds = 0.25}}, '
    sam = '{type = "seller", name = "Sam", limit = 60, behaviour = {kind = "crash", at = 0.5}}]'
    one = loads(f'name = "x"\nprotocol = "bilateral"\n{LIMITS}{slow}{sam}')
    outcome = one.executor("virtual").run(*one.job(1))
    assert kinds(outcome) == ["raised"]
    assert outcome.duration_ms == 500.0


def test_trouble_of_a_hook_without_a_view_goes_by_the_time_too() -> None:
    net = loads(
        f'name = "x"\nprotocol = "contract-net"\n{LIMITS}problem = {{type = "task", attributes = {{hours = 1}}}}\n'
        'agents = [{type = "contractor", name = "c", bid = 1, takes = 0.1, behaviour = {kind = "crash", at = 0.25}}, '
        '{type = "contractor", name = "d", bid = 9, behaviour = {kind = "slow", seconds = 0.25}}]'
    )
    outcome = net.executor("virtual").run(*net.job(1))
    assert [fault.what for fault in outcome.faults] == ["raised"]
    assert "perform" in outcome.faults[0].cause


def test_a_hog_burns_the_processor_and_decides_as_usual() -> None:
    hog, usual = haggle('{kind = "hog", seconds = 0.001}'), haggle('{kind = "hog", probability = 0}')
    assert hog.accepted_offer.value == usual.accepted_offer.value
    assert hog.duration_ms == 0.0


def test_a_skewed_clock_is_its_owners_alone() -> None:
    skewed, usual = haggle('{kind = "skew", offset = -100, drift = 0.5}'), haggle('{kind = "skew", probability = 0}')
    assert skewed.accepted_offer.value == usual.accepted_offer.value
    assert not skewed.faults


@pytest.mark.parametrize(
    ("behaviour", "flaw"),
    [
        ('{kind = "crash", at = -1}', "agents[1].behaviour.at"),
        ('{kind = "crash", at_call = 0}', "agents[1].behaviour.at_call"),
        ('{kind = "hog", seconds = 60}', "agents[1].behaviour.seconds"),
        ('{kind = "skew", drift = -1}', "agents[1].behaviour.drift"),
        ('{kind = "crahs"}', "did you mean 'crash'"),
    ],
)
def test_impossible_troubles_are_refused_at_their_place(behaviour: str, flaw: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(flaw)):
        haggle(behaviour)
