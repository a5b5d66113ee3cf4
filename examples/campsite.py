"""Campsite bargaining: our agents divide food, water and firewood for people whose real priorities are known.

Two neighbours at a campsite divide three packages each of food, water and firewood. A package is worth 5, 4 or 3 points
to a person, by whether that item's priority is high, medium or low; whoever walks away scores 5. An outcome says how
many packages of each item the first person gets: 4 x 4 x 4 = 64 outcomes. Nobody is told the other's priorities.

Where NEGOTIATE_RT_DATA names the folder of the CaSiNo corpus (casino.jsonl; K. Chawla et al., NAACL 2021, CC-BY-4.0,
not part of this project), agents bargain for all its 1,030 pairs of people, and the report sets their deals beside
those that the people struck themselves. Otherwise a dozen hand-written pairs serve, without humans to compare with.

Agents with the default concession ask for the first outcome that is worth their target to themselves, whatever it is
worth to the other side. A `Considerate` one makes the same concessions to itself, but guesses from what the other side
asked for which of the six rankings it has, and offers, among outcomes that are worth the target, the one that pleases
it most. The library's own `considerate` strategy does so with a model that knows nothing of campsites.

The last agents bargain under complete information: the problem tells each the other's utility, and nothing needs to be
guessed. What they agree on is Pareto-efficient for every pair.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from negotiate_rt import (
    Accept,
    AdditiveUtility,
    BargainingProblem,
    Issue,
    LinearConcession,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    OutcomeSpace,
    Propose,
    TimeDependentConcession,
    View,
)
from negotiate_rt.solutions.bargaining import best_joint, is_pareto_efficient, utility_matrix
from negotiate_rt.strategies import make_strategy

HAND_WRITTEN = Path(__file__).parent / "data" / "campsite.json"
ITEMS = ("food", "water", "firewood")
PACKAGES = 3  # of each item
POINTS = {"high": 5, "medium": 4, "low": 3}  # a package
WALKING_AWAY = 5.0  # what it scores, for each person
ROUNDS = 20
TEMPERATURE = 2.0  # points of doubt about one offer; what comes out is the same from 1 to 6

SPACE = OutcomeSpace([Issue(item, tuple(range(PACKAGES + 1))) for item in ITEMS])
OUTCOMES = tuple(SPACE)
NUMBER = {outcome: number for number, outcome in enumerate(OUTCOMES)}
PRIVATE = BargainingProblem(SPACE)  # without utilities: each agent brings its own, and nobody sees another's
CONFIG = NegotiationConfig("bilateral", max_rounds=ROUNDS)

Ranking = tuple[int, ...]  # points a package of food, water, firewood
Outcome = tuple[Any, ...]  # packages of each that the first person gets
RANKINGS: tuple[Ranking, ...] = tuple(permutations(POINTS.values()))


class Pair(NamedTuple):
    """Two people's rankings; how they divided the packages themselves (None: they did not, or nobody asked them)."""

    rankings: tuple[Ranking, Ranking]
    deal: Outcome | None = None


class Report(NamedTuple):
    """What became of all pairs. `efficient`: share of deals that no outcome betters for one and worsens for none.
    `joint`: mean share of the best sum of points, over the deals; `joint_all`: over all pairs, where no deal counts as
    two people who walk away. `points`: mean points a person. `rounds`: mean (0: not counted).
    """

    name: str
    pairs: int
    deals: int
    efficient: float
    joint: float
    joint_all: float
    points: float
    rounds: float = 0.0


# ----------------------------------------------------------------------------------------------------------- the people
def corpus_file() -> Path | None:
    """Return casino.jsonl in the folder that NEGOTIATE_RT_DATA names, or in its folder `casino`; None without it."""
    named = os.environ.get("NEGOTIATE_RT_DATA")
    places = [Path(named) / "casino.jsonl", Path(named) / "casino" / "casino.jsonl"] if named else []
    return next((path for path in places if path.is_file()), None)


def read_pairs(path: Path) -> list[Pair]:
    """Read pairs from a corpus of one dialogue a line, or from a document with a list of `pairs`."""
    text = path.read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)["pairs"]
    return [pair_of(row) for row in rows]


def pair_of(row: dict[str, Any]) -> Pair:
    """Return one dialogue's pair."""
    first, second = (tuple(POINTS[person["priority"][item]] for item in ITEMS) for person in row["agents"])
    allocation = row.get("allocation")
    return Pair((first, second), tuple(allocation[0][item] for item in ITEMS) if allocation else None)


@cache
def utility_of(ranking: Ranking, seat: int) -> AdditiveUtility:
    """Return the points of an outcome for the person in a seat: 0 gets what the outcome says, 1 what is left."""
    share = {kept: kept if seat == 0 else PACKAGES - kept for kept in range(PACKAGES + 1)}
    return AdditiveUtility(dict(zip(ITEMS, ranking, strict=True)), dict.fromkeys(ITEMS, share), SPACE)


# ----------------------------------------------------------------------------------------------------------- the agents
def worth_to(seat: int, history: tuple[Outcome, ...]) -> np.ndarray:
    """Return what each outcome can be expected to be worth to the person in a seat who has made these offers.

    Bayes' rule over the six rankings, all alike at first: an offer is the likelier under a ranking the more it is worth
    under it, as e^(points / TEMPERATURE).
    """
    rankings = np.array([utility_of(ranking, seat).table() for ranking in RANKINGS])  # (rankings, outcomes)
    asked = rankings[:, [NUMBER[offer] for offer in history]].sum(axis=1) / TEMPERATURE
    likelihoods = np.exp(asked - asked.max())
    worth: np.ndarray = likelihoods @ rankings / likelihoods.sum()
    return worth


@cache
def most_pleasing(ranking: Ranking, seat: int, target: float, history: tuple[Outcome, ...]) -> Outcome:
    """Return, of the outcomes that are worth the target to oneself, the one that should please the other side most.

    Among equals the one that is best for oneself. The same talks come up for many pairs, so answers are kept.
    """
    own = utility_of(ranking, seat).table()
    pleasing = worth_to(1 - seat, history) + 1e-6 * own
    return OUTCOMES[int(np.where(own >= target - 1e-9, pleasing, -1.0).argmax())]


class Considerate(Negotiator):
    """Concedes to itself like any other, and to the other side what it guesses to be wanted most there."""

    def __init__(self, name: str, ranking: Ranking, seat: int, strategy: Callable[..., float]) -> None:
        super().__init__(name, utility_of(ranking, seat), WALKING_AWAY, strategy=strategy)
        self.ranking = ranking
        self.seat = seat

    def decide(self, view: View) -> Accept | Propose:
        """Accept what is worth this round's target, or what the offer would be; otherwise make the offer."""
        mine, last, standing = view.preferences, view.own_last_offer, view.standing_offer
        target = mine.opening
        if last is not None:
            now = mine.utility(last.value, True)
            target = view.strategy(view.round, view.max_rounds, mine.limit, now, ())  # a curve needs no history
        offer = most_pleasing(self.ranking, self.seat, target, view.history)
        if standing is not None and mine.utility(standing.value, False) >= min(target, mine.utility(offer, True)):
            return Accept()
        return Propose(offer)


Seat = Callable[[str, Ranking, int], Negotiator]  # name, ranking, seat -> who sits there


def default(name: str, ranking: Ranking, seat: int) -> Negotiator:
    """Return an agent that leaves everything to the defaults."""
    return Negotiator(name, utility_of(ranking, seat), WALKING_AWAY)


def considerate(strategy: Callable[..., float]) -> Seat:
    """Return a maker of considerate agents that concede along a strategy."""
    return lambda name, ranking, seat: Considerate(name, ranking, seat, strategy)


def playing(name: str, **parameters: Any) -> Seat:
    """Return a maker of agents that play one of the library's strategies."""
    strategy = make_strategy(name, parameters)
    return lambda agent, ranking, seat: Negotiator(agent, utility_of(ranking, seat), WALKING_AWAY, strategy=strategy)


AGENTS: dict[str, Seat] = {
    "agents: default (linear)": default,
    "agents: considerate, linear": considerate(LinearConcession()),
    "agents: considerate, Boulware": considerate(TimeDependentConcession()),
    "library: considerate, linear": playing("considerate", beta=1.0, floor=0.0),
}
INFORMED: dict[str, Seat] = {
    "complete: considerate, linear": playing("considerate", beta=1.0, floor=0.0),
    "complete: nice tit-for-tat": playing("nice-tit-for-tat"),
}


@cache
def complete(rankings: tuple[Ranking, Ranking]) -> BargainingProblem:
    """Return the problem in which everybody knows what both people want."""
    utilities = [utility_of(ranking, seat) for seat, ranking in enumerate(rankings)]
    return BargainingProblem(SPACE, utilities, [WALKING_AWAY] * 2, information="complete")


# ----------------------------------------------------------------------------------------------------------- the report
async def bargain(
    pairs: Sequence[Pair], make: Seat, *, informed: bool = False
) -> tuple[list[Outcome | None], list[int]]:
    """Let agents bargain for all pairs, many at a time; return deals (None: none) and rounds, in the pairs' order.

    informed: each knows what the other wants.
    """
    number_of: dict[str, int] = {}

    def jobs() -> Iterator[tuple[Any, ...]]:
        for number, pair in enumerate(pairs):
            agents = [make(f"{number}/{seat}", ranking, seat) for seat, ranking in enumerate(pair.rankings)]
            number_of[agents[0].name] = number
            yield agents, CONFIG, complete(pair.rankings) if informed else PRIVATE

    deals: list[Outcome | None] = [None] * len(pairs)
    rounds = [0] * len(pairs)
    executor = NegotiationExecutor(clock="virtual", seed=2021)
    async for outcome in executor.stream(jobs(), limit=200):
        number = number_of[min(outcome.utilities)]
        deals[number] = outcome.accepted_offer.value if outcome.accepted_offer else None
        rounds[number] = outcome.rounds_used
    return deals, rounds


@cache
def points_of(rankings: tuple[Ranking, Ranking]) -> tuple[np.ndarray, float]:
    """Return what every outcome is worth to both, shape (64, 2), and the best sum."""
    points = utility_matrix(SPACE, [utility_of(ranking, seat) for seat, ranking in enumerate(rankings)])
    best = best_joint(points)
    assert best is not None  # there are outcomes
    return points, best.value


def judge(name: str, pairs: Sequence[Pair], deals: Sequence[Outcome | None], rounds: Sequence[int] = ()) -> Report:
    """Set the deals of all pairs beside what was possible for each pair."""
    efficient, struck, shares, earned = [], [], [], []
    for pair, deal in zip(pairs, deals, strict=True):
        points, best = points_of(pair.rankings)
        got = [WALKING_AWAY, WALKING_AWAY] if deal is None else points[NUMBER[deal]].tolist()
        shares.append(sum(got) / best)
        earned.append(sum(got) / 2)
        if deal is not None:
            struck.append(shares[-1])
            efficient.append(is_pareto_efficient(points, NUMBER[deal]))
    return Report(
        name, len(pairs), len(struck), mean(efficient), mean(struck), mean(shares), mean(earned), mean(rounds)
    )


def mean(values: Sequence[float]) -> float:
    """Return the mean, 0 of nothing."""
    return float(np.mean(values)) if len(values) else 0.0


def show(reports: Sequence[Report]) -> None:
    """Print the reports as a table."""
    print(f"{'':30} {'deals':>6} {'Pareto-':>10} {'best joint':>11} {'the same,':>10} {'points':>7} {'rounds':>7}")
    print(f"{'':30} {'':6} {'efficient':>10} {'points':>11} {'all pairs':>10} {'each':>7}")
    for one in reports:
        rounds = f"{one.rounds:.1f}" if one.rounds else "-"
        print(
            f"{one.name:30} {one.deals:6,} {one.efficient:10.1%} {one.joint:11.1%} {one.joint_all:10.1%} "
            f"{one.points:7.2f} {rounds:>7}"
        )


def main() -> list[Report]:
    """Bargain for all pairs at hand with each kind of agents, print the report, and return its rows."""
    corpus = corpus_file()
    pairs = read_pairs(corpus or HAND_WRITTEN)
    source = "of the CaSiNo corpus" if corpus else "written by hand (NEGOTIATE_RT_DATA names no casino.jsonl)"
    print(f"{len(pairs):,} pairs {source}, {SPACE.size} outcomes, at most {ROUNDS} rounds; private information unless told\n")
    reports = [judge("people", pairs, [pair.deal for pair in pairs])] if corpus else []
    for name, make in (AGENTS | INFORMED).items():
        deals, rounds = asyncio.run(bargain(pairs, make, informed=name in INFORMED))
        reports.append(judge(name, pairs, deals, rounds))
    show(reports)
    return reports


if __name__ == "__main__":
    main()
