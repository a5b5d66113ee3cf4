"""Many sessions beside theory: means over the right sessions, bounded memory, and nothing that breaks a run."""

from __future__ import annotations

import math

import msgspec
import pytest

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    Buyer,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOutcome,
    Negotiator,
    Seller,
    scenarios,
)
from negotiate_rt.report.following import Following
from negotiate_rt.report.study import ENDED, Study, shortened
from negotiate_rt.report.theory import Theories, theory_of


def follow(jobs: list[tuple[object, ...]]) -> tuple[Study, list[NegotiationOutcome]]:
    following, executor = Following(), NegotiationExecutor(clock="virtual", name="x")
    outcomes = []
    for job in following.jobs(jobs):
        outcome = executor.run(*job)
        following.started(outcome.id)
        following.add(outcome)
        outcomes.append(outcome)
    return following.study, outcomes


def haggle(buyer: float, seller: float) -> tuple[object, ...]:
    return [Buyer("Bea", buyer, opening=0), Seller("Sam", seller, opening=200)], NegotiationConfig("bilateral", 6), None


def test_means_are_over_the_sessions_where_a_bargain_was_possible() -> None:
    study, outcomes = follow([haggle(80, 60), haggle(100, 60), haggle(50, 60)])
    found = study.report()
    assert found is not None
    assert (found.compared, found.possible, found.reached, found.deals, found.impossible_agreed) == (3, 2, 2, 2, 0)
    ended = [outcome.utilities for outcome in outcomes if outcome.agreed]
    assert found.utilities[ENDED] == pytest.approx({name: sum(one[name] for one in ended) / 2 for name in ("Bea", "Sam")})
    assert found.utilities["Nash"] == pytest.approx({"Bea": 15, "Sam": 15})
    assert (found.efficient, found.rational, found.to_frontier) == (1, 1, 0)
    assert found.welfare == pytest.approx(1)
    shares = [one["Bea"] / (one["Bea"] + one["Sam"]) for one in ended]
    assert [gains[0] for gains in study.gains] == pytest.approx(shares)
    assert study.plane is None


def test_sessions_with_the_same_preferences_are_solved_once() -> None:
    study, _ = follow([haggle(80, 60), haggle(80, 60)])
    assert study.plane is not None
    assert len(study.theories._solved) == 1
    one = scenarios.load("campsite")
    study, _ = follow([one.job(number) for number in range(1, 13)])
    assert 1 < len(study.theories._solved) <= 12  # of 36: six orders of three weights each


def test_what_lasts_too_long_is_left_out() -> None:
    from negotiate_rt.executor.settings import Settings

    theories = Theories(patience=2_500)
    found = []
    for limit in (50, 60, 70, 50):
        _, seats, _, problem, _ = Settings(name="x").plan(*haggle(limit, 10))
        found.append(theories.of(seats, problem))
    assert [one is not None for one in found] == [True, True, False, True]
    assert found[0] is found[3]


def test_solved_problems_are_forgotten_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    from negotiate_rt.executor.settings import Settings
    from negotiate_rt.report import theory

    monkeypatch.setattr(theory, "KEPT", 5)
    theories = Theories()
    for limit in range(9):
        _, seats, _, problem, _ = Settings(name="x").plan(*haggle(100 + limit, 10))
        assert theories.of(seats, problem) is not None
    assert len(theories._solved) == 5


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_numbers_that_no_float_can_span_break_no_run() -> None:
    issue = Issue("deal", (0, 1))
    wide = [AdditiveUtility({"deal": 1}, {"deal": dict(enumerate(worths))}) for worths in ((1e308, -1e308), (1, 2))]
    agents = [Negotiator("Ann", wide[0], -1e308), Negotiator("Bob", wide[1])]
    study, outcomes = follow([(agents, NegotiationConfig("bilateral", 3), BargainingProblem([issue]))])
    assert len(outcomes) == 1
    assert study.talks


def test_one_buyer_with_many_sellers_is_no_case_for_the_frontier_of_all() -> None:
    one = scenarios.load("market")
    study, _ = follow([one.job(1)])
    assert study.report() is None


def test_a_deal_that_cannot_be_valued_is_not_compared() -> None:
    study, [outcome] = follow([haggle(80, 60)])
    theory = study.talks[0].theory
    assert theory is not None
    assert outcome.accepted_offer is not None
    odd = msgspec.structs.replace(outcome.accepted_offer, value="a word")
    assert study.add(msgspec.structs.replace(outcome, accepted_offer=odd), theory) is None
    endless = msgspec.structs.replace(outcome.accepted_offer, value=math.inf)
    assert study.add(msgspec.structs.replace(outcome, accepted_offer=endless), theory) is None


def test_a_short_talk_is_kept_whole() -> None:
    _, [outcome] = follow([haggle(80, 60)])
    assert shortened(outcome) is outcome


def test_a_theory_knows_the_rules_of_delay() -> None:
    from negotiate_rt.executor.settings import Settings

    _, seats, _, problem, _ = Settings(name="x").plan(*scenarios.load("rubinstein").job(1))
    theory = theory_of(seats, problem)
    assert theory is not None
    assert theory.game is not None
    assert repr(theory) == "<Theory pie: Ann, Bob, possible>"


def test_the_terminal_tells_how_deals_compare() -> None:
    from negotiate_rt.report.tables import beside_theory

    study, _ = follow([haggle(80, 60), haggle(50, 60)])
    found = study.report()
    assert found is not None
    assert beside_theory(found) == (
        "beside theory: a bargain was possible in 1 of 2 sessions; 100.0% of these agreed; 100.0% of deals Pareto-efficient, "
        "0 from the frontier; 100.0% of the best joint utility"
    )
    lost = msgspec.structs.replace(found, possible=0, reached=0, impossible_agreed=1, deals=0, welfare=None)
    assert beside_theory(lost).endswith("possible in 0 of 2 sessions; 1 of the 2 impossible ones agreed as well")
