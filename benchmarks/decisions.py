"""What a strategy's offer decision costs over 10^4 outcomes: view in, move out, bidding, acceptance and model included.

Four issues of 10 values, additive utilities drawn once. Each strategy sits through talks of 100 rounds against an opponent
that concedes late, and says another outcome nearly every turn, then each ten times; acceptances come too late, so that no
talk is over before. What a talk costs to begin and to forget is shared among its turns. Its views are made beforehand, in
a first play, so that only the strategy runs on the clock; the ranking of the utility, made once for all its negotiations, is
not counted. Then what talks of 10^4 rounds keep while they last, and after.
Run: python benchmarks/decisions.py [--quick]
"""

from __future__ import annotations

import gc
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from harness import SEED, header, interleaved, quick

from negotiate_rt import AdditiveUtility, BargainingProblem, Issue, NegotiationOffer, OutcomeSpace, Propose, View
from negotiate_rt.problems.preferences import OutcomePreferences
from negotiate_rt.strategies import STRATEGIES
from negotiate_rt.strategies.deciding import as_hook

ROUNDS = 100
LONG = 2_000 if quick() else 10_000
MAY = ("propose", "accept-proposal", "walk")
ELSEWHERE = ("equilibrium", "zeuthen")  # these need to know both sides
GOALS = {"considerate": 10.0, "nice-tit-for-tat": 10.0, "reciprocal": 10.0, "trade-off": 20.0, "hard-headed": 20.0}
GOAL = 5.0  # of all others


def utility(space: OutcomeSpace, rng: random.Random) -> AdditiveUtility:
    """Return an additive utility with weights and values drawn evenly."""
    weights = {name: rng.random() for name in space.names}
    return AdditiveUtility(
        weights, {issue.name: {value: rng.random() for value in issue.values} for issue in space.issues}, space
    )


RNG = random.Random(SEED)
SPACE = OutcomeSpace([Issue(f"issue {k}", tuple(range(10))) for k in range(4)])
MINE, THEIRS = utility(SPACE, RNG), utility(SPACE, RNG)
PROBLEM = BargainingProblem(SPACE)


def opponent(rounds: int, times: int = 1) -> list[Any]:
    """Return the offers of a late conceder that picks among what it likes about alike, and says each so many times."""
    ranked = sorted(SPACE, key=lambda outcome: -THEIRS(outcome))
    places = [int(0.3 * len(ranked) * (turn / rounds) ** 2) for turn in range(rounds)]
    said = [ranked[min(len(ranked) - 1, place + RNG.randrange(200))] for place in places]
    return [said[turn - turn % times] for turn in range(rounds)]


def preferences() -> OutcomePreferences:
    """Return one seat's preferences: a fifth of the best outcome's worth is the least."""
    return OutcomePreferences(SPACE, MINE, 0.2 * MINE.table().max())


def views(strategy: Callable[..., Any], offers: Sequence[Any]) -> list[View]:
    """Return the views of a talk in which the opponent says these. Acceptances come too late: it is to last all its rounds."""
    hook, mine, heard, made = as_hook(strategy), preferences(), [], []
    own = None
    for turn, offer in enumerate(offers, 1):
        heard.append(offer)
        standing = NegotiationOffer("theirs", "B", offer, turn, 0.0)
        view = View(
            "A", "responder", "bilateral", "talk", turn, len(offers), 0.0, 60.0, MAY, standing, own, heard, mine, None,
            PROBLEM,
        )  # fmt: skip
        decision = hook(view)
        made.append(view)
        if isinstance(decision, Propose):
            own = NegotiationOffer("mine", "A", decision.value, turn, 0.0)
    return made


class Talk:
    """One recorded talk, to be played again by a strategy that has not seen it: a seat and a list of what is heard of its own."""

    def __init__(self, recorded: Sequence[View], offers: Sequence[Any]) -> None:
        self.preferences, self.heard = preferences(), []
        given = {"preferences": self.preferences, "heard": self.heard}
        self.turns = [
            (offer, msgspec.structs.replace(view, **given)) for offer, view in zip(offers, recorded, strict=True)
        ]

    def play(self, hook: Callable[[View], Any]) -> None:
        """Ask for all decisions."""
        hear = self.heard.append
        for offer, view in self.turns:
            hear(offer)
            hook(view)


def timed(strategy: Callable[..., Any], recorded: Sequence[View], offers: Sequence[Any], talks: int) -> float:
    """Return the CPU seconds of one decision, over several talks after another."""
    hook = as_hook(strategy)
    made = [Talk(recorded, offers) for _ in range(talks)]
    start = time.process_time()
    while made:
        made.pop().play(hook)  # a talk that is over is forgotten, on the clock
    return (time.process_time() - start) / (talks * len(offers))


def speed(times: int) -> None:
    """Print what decisions cost against an opponent that says each of its offers so many times."""
    offers = opponent(ROUNDS, times)
    names = [name for name in STRATEGIES if name not in ELSEWHERE]
    recorded = {name: views(STRATEGIES[name](), offers) for name in names}
    talks = 5 if quick() else 20
    cases = {name: lambda name=name: timed(STRATEGIES[name](), recorded[name], offers, talks) for name in names}
    figures = interleaved(cases, repeats=3 if quick() else 9)
    title = f"the opponent says each offer {times} x"
    print(f"  {title:<32}{'median':>12}{'min':>8}{'max':>8}   µs CPU a decision, n={len(figures['linear'])}")
    for name, values in sorted(figures.items(), key=lambda row: statistics.median(row[1])):
        low, mid, high = (1e6 * one for one in (min(values), statistics.median(values), max(values)))
        print(f"  {name:<32}{mid:12.2f}{low:8.2f}{high:8.2f}   goal <= {GOALS.get(name, GOAL):g}")


def memory() -> None:
    """Print what a long talk keeps while it lasts, beyond the list of what was heard, and what is left of it."""
    offers = opponent(LONG)
    print(
        f"  memory of a talk of {LONG} rounds: bytes a round that the strategy keeps, and bytes in all once it is over"
    )
    for name in STRATEGIES:
        if name in ELSEWHERE:
            continue
        strategy = STRATEGIES[name]()
        recorded = views(strategy, offers)  # what is shared by all talks is there from then on
        talk = Talk(recorded, offers)
        gc.collect()
        tracemalloc.start()
        talk.heard.extend(offers)
        talk.heard.clear()
        before = tracemalloc.get_traced_memory()[0]
        talk.play(as_hook(strategy))
        gc.collect()
        during = tracemalloc.get_traced_memory()[0] - before
        del talk
        gc.collect()
        after = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        print(f"  {name:<28}{during / LONG:9.1f} B/round, {after:8d} B after")


def main() -> None:
    """Measure and print."""
    header("offer decisions of built-in strategies", outcomes=SPACE.size, rounds=ROUNDS)
    speed(1)
    speed(10)
    memory()


if __name__ == "__main__":
    main()
