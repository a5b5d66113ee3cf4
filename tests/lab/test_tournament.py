"""Tournaments: which games there are, that each stands alone, and what comes of them."""

from __future__ import annotations

import asyncio
import itertools
import random
from functools import partial
from typing import Any

import msgspec
import pytest

from negotiate_rt import (
    BargainingProblem,
    ConfigurationError,
    ContinuousIssue,
    Issue,
    LinearConcession,
    LinearConstraint,
    OutcomeSpace,
    TimeDependentConcession,
    make_strategy,
    scenarios,
)
from negotiate_rt.lab import Arena, Contestant, GameResult, Tournament, play_tournament, run_tournament
from negotiate_rt.lab.contestants import DEFAULT_FIELD, described, parsed, reseeded
from negotiate_rt.lab.playing import play_games
from negotiate_rt.strategies.composed import ComposedStrategy, RandomWalker
from tests.lab.problems import leaving, raising, stubborn, thinking, three, two, yielding

FIELD = ("linear", "conceder", "random-walker")


def results_of(tournament: Tournament, **options: Any) -> list[GameResult]:
    found: list[GameResult] = []
    asyncio.run(play_games(tournament, found.append, **options))
    return sorted(found, key=lambda one: one.number)


def as_bytes(value: object) -> bytes:
    return msgspec.json.encode(value)


# -- which games there are --------------------------------------------------------------------------------------------


def test_every_pairing_meets_in_both_seats_and_on_every_scenario() -> None:
    tournament = Tournament({"a": two(), "b": two((0.2, 0.2))}, FIELD, repeats=2, rounds=5)
    games = [tournament.game(number) for number in range(tournament.games)]
    assert len(games) == 2 * 2 * 9
    assert {game.lineup for game in games} == set(itertools.product(range(3), repeat=2))
    assert len({(game.arena, game.repeat, game.lineup) for game in games}) == len(games)
    assert {(one.scenario, one.repeat, one.strategies) for one in results_of(tournament)} == {
        (arena, repeat, pair) for arena in "ab" for repeat in (1, 2) for pair in itertools.product(FIELD, repeat=2)
    }


def test_without_self_play_nobody_meets_itself() -> None:
    tournament = Tournament({"a": two()}, FIELD, rounds=5, self_play=False)
    assert tournament.games == 6
    assert all(len(set(one.strategies)) == 2 for one in results_of(tournament))


def test_three_parties_bargain_by_stacked_alternating_offers_in_every_seating() -> None:
    tournament = Tournament({"where": three()}, ["linear", "boulware"], rounds=10)
    found = results_of(tournament)
    assert tournament.seats(0) == ("party1", "party2", "party3")
    assert [one.strategies for one in found] == list(itertools.product(("linear", "boulware"), repeat=3))
    assert all(one.agreed and one.deal == ["middle"] for one in found)
    assert found[0].utilities == (0.7, 0.7, 0.9)
    assert found[0].welfare == pytest.approx(2.3)
    report = run_tournament(tournament)
    assert report.scenarios[0].protocol == "stacked-alternating-offers"
    assert [one.games for one in report.ranking] == [12, 12]  # 8 games of 3 seats, half of the seats each


def test_the_seat_decides_whose_utility_a_contestant_has() -> None:
    [_, one, other, _] = results_of(Tournament({"a": two()}, {"hard": stubborn, "soft": yielding}, rounds=3))
    assert (one.strategies, one.utilities) == (("hard", "soft"), (1.0, 0.0))
    assert (other.strategies, other.utilities) == (("soft", "hard"), (0.0, 1.0))


# -- each game stands alone -------------------------------------------------------------------------------------------


def test_same_seed_gives_the_same_bytes_and_another_one_other_games() -> None:
    def played(seed: int) -> bytes:
        tournament = Tournament(["campsite"], FIELD[1:], rounds=8, repeats=2, seed=seed)
        return as_bytes(results_of(tournament)) + as_bytes(run_tournament(tournament))

    assert played(5) == played(5)
    assert played(5) != played(6)


def test_a_game_is_the_same_whatever_is_played_beside_it() -> None:
    tournament = Tournament(
        {"a": two()}, {"walker": RandomWalker(), "thinker": thinking, "named": by_its_negotiation}, rounds=8, repeats=4
    )
    every = results_of(tournament)
    assert len({as_bytes(one.deal) for one in every}) > 3
    for number in range(0, tournament.games, 5):
        [alone] = results_of(tournament, played=set(range(tournament.games)) - {number})
        assert alone == every[number]


def by_its_negotiation(view: Any) -> Any:
    """A strategy that draws from what its negotiation is called: allowed, and so it must be called the same each time."""
    rng = random.Random(f"{view.negotiation}/{view.agent}/{view.round}")
    from negotiate_rt import Accept, Propose

    return Accept() if view.standing_offer is not None and rng.random() < 0.3 else Propose(view.problem.space.sample(rng, 1)[0])


def test_how_many_games_are_open_at_once_changes_no_result() -> None:
    few, many = (Tournament(["campsite"], FIELD, rounds=8, repeats=2, at_once=size) for size in (4, 1000))
    assert results_of(few) == results_of(many)


def test_adding_a_contestant_leaves_the_games_of_the_others_as_they_were() -> None:
    before = results_of(Tournament({"a": two()}, ["random-walker", "linear"], rounds=8))
    after = results_of(Tournament({"a": two()}, ["micro", "random-walker", "linear"], rounds=8))
    kept = {one.strategies: one.utilities for one in after if "micro" not in one.strategies}
    assert kept == {one.strategies: one.utilities for one in before}


def test_repeats_differ_only_where_something_is_drawn() -> None:
    found = results_of(Tournament({"a": two()}, ["linear", "random-walker"], rounds=6, repeats=6))
    by_pair: dict[tuple[str, ...], set[tuple[float, ...]]] = {}
    for one in found:
        by_pair.setdefault(one.strategies, set()).add(one.utilities)
    assert len(by_pair["linear", "linear"]) == 1
    assert len(by_pair["random-walker", "random-walker"]) > 1


def test_a_repeat_of_a_scenario_is_the_session_of_its_number_for_every_pairing() -> None:
    scenario = scenarios.load("campsite")
    tournament = Tournament([scenario], ["linear", "boulware"], rounds=6, repeats=5)
    assert len({tournament.problem(0, repeat).utilities["Ann"].weights for repeat in range(1, 6)}) > 1
    for repeat in range(1, 6):
        agents, _, _ = scenario.job(repeat, tournament.seed)
        problem = tournament.problem(0, repeat)
        assert [problem.utilities[agent.name] for agent in agents] == [agent.utility for agent in agents]
        assert problem.reservation_values == {"Ann": 5, "Ben": 5}


# -- what comes of a game ---------------------------------------------------------------------------------------------


def test_a_result_measures_the_deal_against_frontier_and_points() -> None:
    [one] = results_of(Tournament({"a": two()}, {"hard": stubborn}, rounds=3))
    assert (one.agreed, one.ending, one.deal, one.utilities, one.rounds) == (False, "DEADLOCK max-rounds", None, (0.0, 0.0), 3)
    [_, taken, _, _] = results_of(Tournament({"a": two()}, {"hard": stubborn, "soft": yielding}, rounds=3))
    assert (taken.agreed, taken.ending, taken.deal, taken.rounds) == (True, "AGREED", [2, 2, 2], 1)
    assert taken.to_frontier == 0.0
    # Nash: price to Ann, place to Ben, half of the time to each: (.625, .625), product .39, against .375 of (.75, .5).
    # Kalai-Smorodinsky is the same, for .625 is the largest least share.
    assert taken.to_nash == pytest.approx((0.375**2 + 0.625**2) ** 0.5)
    assert taken.to_kalai_smorodinsky == taken.to_nash


def test_no_deal_is_measured_at_what_it_is_worth() -> None:
    [one] = results_of(Tournament({"a": two((0.3, 0.2))}, {"gone": leaving}, rounds=3))
    assert (one.agreed, one.ending, one.utilities) == (False, "FAILED walked-away", (0.3, 0.2))
    assert one.to_nash == pytest.approx(((0.625 - 0.3) ** 2 + (0.625 - 0.2) ** 2) ** 0.5)


def test_where_no_bargain_is_possible_there_are_no_points_to_be_near_to() -> None:
    tournament = Tournament({"a": two((0.95, 0.95))}, ["linear"], rounds=4)
    [one] = results_of(tournament)
    assert (one.agreed, one.to_nash, one.to_kalai_smorodinsky) == (False, None, None)
    report = run_tournament(tournament)
    assert report.scenarios[0].nash is None
    assert report.ranking[0].to_nash is None


def test_normalised_utilities_run_from_the_worst_to_the_best_outcome() -> None:
    points = run_tournament(Tournament(["campsite"], ["linear", "boulware"], rounds=10, repeats=3, normalise=True))
    assert all(0 <= one.low <= one.utility <= one.high <= 1 for one in points.ranking)
    assert points.normalised
    raw, scaled = (results_of(Tournament(["campsite"], ["linear"], rounds=10, normalise=flag)) for flag in (False, True))
    assert raw[0].agreed
    assert scaled[0].utilities == pytest.approx([worth / 36 for worth in raw[0].utilities])  # 3 x (5 + 4 + 3) points
    assert scaled[0].to_nash == pytest.approx((raw[0].to_nash or 0) / 36)


def test_faults_are_counted_against_who_made_them_and_end_no_tournament() -> None:
    report = run_tournament(Tournament({"a": two()}, {"sound": yielding, "broken": raising}, rounds=3))
    assert {one.strategy: one.faults for one in report.ranking} == {"broken": 3, "sound": 0}  # its own game: the first to move


def test_a_contestant_may_be_made_afresh_for_each_seat_in_each_game() -> None:
    drawn: list[float] = []

    def make(rng: random.Random) -> Any:
        drawn.append(rng.random())
        return LinearConcession()

    tournament = Tournament({"a": two()}, [Contestant("fresh", make=make), "linear"], rounds=5, repeats=2)
    drawn.clear()
    found = results_of(tournament)
    assert len(drawn) == sum(one.strategies.count("fresh") for one in found) == 8
    assert len(set(drawn)) == 8
    again = list(drawn)
    drawn.clear()
    results_of(tournament)
    assert sorted(drawn) == sorted(again)


async def test_it_runs_inside_an_event_loop_too() -> None:
    tournament = Tournament({"a": two()}, ["linear", "micro"], rounds=8)
    seen: list[GameResult] = []
    report = await play_tournament(tournament, on_result=seen.append)
    assert len(seen) == report.played == report.asked == 4
    assert run_tournament(tournament) == report  # in a thread of its own, since a loop runs here
    assert not report.interrupted


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (({}, FIELD), "scenarios: a tournament needs at least one"),
        ((["campsite", "campsite"], FIELD), "two go by the name 'campsite'"),
        ((["nowhere"], FIELD), "nowhere: there is no such file"),
        ((["haggling"], FIELD), "scenario 'haggling': a tournament is played over issues"),
        (({"a": 3}, FIELD), "scenario 'a': expected a BargainingProblem or a Scenario, got 3"),
        (({"a\nb": two()}, FIELD), "needs a name in one line"),
        ((7, FIELD), "scenarios: expected a mapping"),
        (({"a": two()}, ()), "strategies: a tournament needs at least one"),
        (({"a": two()}, ["linear", "linear"]), "two go by the name 'linear'"),
        (({"a": two()}, ["linaer"]), "no strategy 'linaer', only linear"),
        (({"a": two()}, [RandomWalker]), "RandomWalker is a class; give an instance"),
        (({"a": two()}, [3]), "expected a name, a strategy or a Contestant, got 3"),
        (({"a": two()}, "linear"), "strategies: expected a mapping by name"),
    ],
)
def test_what_cannot_be_played_is_refused_before_anything_is(arguments: tuple[Any, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said.replace("(", r"\(")):
        Tournament(*arguments)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rounds": 0}, "rounds: expected a whole number of at least 1, got 0"),
        ({"repeats": 1.5}, "repeats: expected a whole number"),
        ({"timeout": -1}, "timeout: expected seconds"),
        ({"protocol": "biliteral"}, "scenario 'a': unknown protocol 'biliteral'.*did you mean 'bilateral'"),
        ({"protocol": "vickrey-auction"}, "scenario 'a': "),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Tournament({"a": two()}, FIELD, **options)


def test_one_contestant_without_self_play_has_nobody_to_play() -> None:
    with pytest.raises(ConfigurationError, match="one contestant alone has nobody to play"):
        Tournament({"a": two()}, ["linear"], self_play=False)


def test_a_bilateral_tournament_among_three_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="scenario 'where'"):
        Tournament({"where": three()}, FIELD, protocol="bilateral")


def test_jobs_are_a_number_of_processes() -> None:
    with pytest.raises(ConfigurationError, match="jobs: expected a whole number of at least 1, got 0"):
        run_tournament(Tournament({"a": two()}, ["linear"]), jobs=0)


# -- contestants ------------------------------------------------------------------------------------------------------


def test_default_field_plays() -> None:
    assert Tournament({"a": two()}, DEFAULT_FIELD).games == len(DEFAULT_FIELD) ** 2


@pytest.mark.parametrize(
    ("text", "name", "strategy"),
    [
        ("linear", "linear", LinearConcession()),
        ("time-dependent:beta=0.2", "time-dependent:beta=0.2", TimeDependentConcession(0.2)),
        ("late = time-dependent:beta=0.2", "late", TimeDependentConcession(0.2)),
        ("boulware", "boulware", TimeDependentConcession(0.25)),
        ("boulware:beta=0.1", "boulware:beta=0.1", TimeDependentConcession(0.1)),
        ('mine=composed:{"seed": 4}', "mine", ComposedStrategy(seed=4)),
    ],
)
def test_a_contestant_is_told_by_a_text(text: str, name: str, strategy: object) -> None:
    assert parsed(text) == Contestant(name, strategy)  # type: ignore[arg-type]  # a strategy


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("=linear", "expected NAME, or LABEL=NAME"),
        ("linear:rate=3", "strategy 'linear' has no parameter 'rate'"),
        ("time-dependent:beta=late", "strategy 'time-dependent': Expected `float`"),
        ("time-dependent:beta=-1", "beta must be > 0"),
        ("time-dependent:beta", "expected PARAMETER=VALUE behind the colon, got 'beta'"),
        ("composed:{seed: 4}", "the parameters are no JSON object"),
    ],
)
def test_a_text_that_tells_of_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parsed(text)


def test_a_contestant_needs_a_name_and_one_way_to_play() -> None:
    with pytest.raises(ConfigurationError, match="give either a strategy or a function that makes one"):
        Contestant("both", LinearConcession(), lambda rng: LinearConcession())
    with pytest.raises(ConfigurationError, match="give either"):
        Contestant("neither")
    with pytest.raises(ConfigurationError, match="expected a callable, got 3"):
        Contestant("three", 3)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="needs a name"):
        Contestant(" ", LinearConcession())
    with pytest.raises(ConfigurationError, match="make returned 3, which is no strategy"):
        Tournament({"a": two()}, [Contestant("odd", make=lambda rng: 3)])  # type: ignore[arg-type,return-value]


def test_names_may_be_given_to_strategies_in_a_mapping() -> None:
    tournament = Tournament({"a": two()}, {"late": TimeDependentConcession(0.1), "even": "linear", "own": stubborn})
    assert tournament.names == ("late", "even", "own")
    assert Tournament([Arena("a", two())], [stubborn]).names == ("stubborn",)


# -- the fingerprint --------------------------------------------------------------------------------------------------


def test_fingerprint_tells_tournaments_apart_and_is_the_same_for_equal_ones() -> None:
    def print_of(problem: Any = None, strategies: Any = FIELD, **options: Any) -> str:
        return Tournament({"a": problem or two()}, strategies, **options).fingerprint

    same = print_of()
    assert print_of() == same
    others = [
        print_of(two((0.1, 0))), print_of(strategies=FIELD[:2]), print_of(strategies={**dict.fromkeys(FIELD, "linear")}),
        print_of(rounds=99), print_of(repeats=2), print_of(seed=1), print_of(self_play=False), print_of(normalise=True),
        print_of(protocol="stacked-alternating-offers"), print_of(strategies=["linear", "conceder", "random-walker:seed=1"]),
        Tournament({"b": two()}, FIELD).fingerprint,
    ]  # fmt: skip
    assert len({same, *others}) == len(others) + 1


def test_fingerprint_knows_no_addresses_of_memory() -> None:
    class Own:
        def __init__(self, firm: float) -> None:
            self.firm = firm

        def __call__(self, view: Any) -> Any:
            return stubborn(view)

    prints = {Tournament({"a": two()}, {"own": Own(firm)}).fingerprint for firm in (1.0, 1.0, 2.0)}
    assert len(prints) == 2


# -- arenas and strategies of every make ------------------------------------------------------------------------------


def test_a_problem_a_domain_or_a_path_alone_is_an_arena() -> None:
    assert [one.name for one in Tournament(two(), ["linear"]).scenarios] == ["problem"]
    assert [one.name for one in Tournament(scenarios.Domain("house", two(), "toml"), ["linear"]).scenarios] == ["house"]
    assert Tournament({"mine": Arena("other", two()), "camp": "campsite"}, ["linear"]).scenarios[0].name == "mine"


def test_a_problem_needs_a_utility_of_each_party_and_outcomes_that_can_be_counted() -> None:
    space = two().space
    with pytest.raises(ConfigurationError, match="scenario 'a': the problem has 0 utilities"):
        Tournament({"a": BargainingProblem(space)}, ["linear"])
    wide = OutcomeSpace((ContinuousIssue("x", 0, 1),))
    problem = BargainingProblem(wide, [lambda outcome: outcome[0], lambda outcome: 1 - outcome[0]])
    with pytest.raises(ConfigurationError, match="scenario 'a': "):
        Tournament({"a": problem}, ["linear"]).fingerprint  # noqa: B018  # told at the latest here


def test_utilities_may_be_functions_and_spaces_constrained() -> None:
    space = OutcomeSpace((Issue("x", (0, 1, 2)), Issue("y", (0, 1, 2))), (LinearConstraint({"x": 1, "y": 1}, most=3),))
    problem = BargainingProblem(space, [lambda o: o[0] + 0.5 * o[1], lambda o: 3 - o[0] - o[1] / 4])
    report = run_tournament(Tournament({"a": problem}, ["linear", "micro"], rounds=20))
    assert report.scenarios[0].outcomes == 8
    assert report.played == 4


def test_seeds_inside_a_strategy_are_derived_too() -> None:
    nested = make_strategy("mixed", {"strategies": [{"name": "random-absolute-tit-for-tat"}]})
    one, other = reseeded(nested, "a"), reseeded(nested, "b")
    assert one != other != nested
    assert one == reseeded(nested, "a")
    assert reseeded(LinearConcession(), "a") == LinearConcession()


def test_a_strategy_is_described_by_what_it_is_made_of() -> None:
    tree = described(ComposedStrategy(acceptance=stubborn))
    assert tree["acceptance"] == "tests.lab.problems.stubborn"
    assert described(partial(stubborn, view=None))[1] == "tests.lab.problems.stubborn"
    assert described({"a": (1, None)}) == {"a": [1, None]}
