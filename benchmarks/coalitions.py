"""Games between coalitions: values, the nucleolus and the best structure, in CPU seconds, against the goals of issue 4 of 5.

Shapley of 20 players from all 2**20 worths (goal 2 s), its table included; the nucleolus of 12 players (goal 2 s), each
one certified by Kohlberg's criterion outside the measured time; coalition structures of 14 agents (goal 10 s), proven.
Games are drawn by seed: dense integer worths that grow with size, and of the nucleolus float worths and voting, too, where
thousands of coalitions tie. Last, a talk of five parties, with and without theory set beside its result.
Run: python benchmarks/coalitions.py [--quick]
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from harness import SEED, cpu, header, interleaved, quick, report

from negotiate_rt import (
    Agent,
    CoalitionGame,
    CoalitionOptions,
    NegotiationConfig,
    NegotiationExecutor,
    WeightedVotingGame,
    is_nucleolus,
    nucleolus,
    optimal_structure,
    shapley,
)

REPEATS = 3 if quick() else 7
TALKS = 20 if quick() else 100


class DrawnGame(CoalitionGame):
    """A game whose worths are drawn all at once: what a coalition is worth grows with its size, give or take."""

    def __init__(self, players: int, rng: random.Random, exact: bool = True) -> None:
        draw = np.random.default_rng(rng.randrange(2**32))
        size = np.array([mask.bit_count() for mask in range(1 << players)])
        worths = size * draw.integers(50, 150, 1 << players) if exact else size * draw.uniform(0.5, 1.5, 1 << players)
        worths[-1] = players * (150 if exact else 1.5)  # so that all together can pay what each gets alone
        self.worths = worths
        super().__init__(range(players), self.of)

    def of(self, coalition: Any) -> float:
        """Return what a coalition is worth."""
        return self._ask(self.mask(coalition))

    def _ask(self, mask: int) -> Any:
        return self.worths[mask].item()

    def _tabulate(self) -> Any:
        return self.worths.copy()


def timed(draw: Callable[[], Any], work: Callable[[Any], object], check: Callable[[Any, Any], None]) -> float:
    """Return the CPU seconds of some work on a fresh game; what it returns is checked after the clock has stopped."""
    game = draw()
    start = time.process_time()
    found = work(game)
    seconds = time.process_time() - start
    check(game, found)
    return seconds


def efficient(game: CoalitionGame, values: Any) -> None:
    """Check that values add up to the worth of all."""
    assert abs(float(sum(values.values())) - float(game.worth_of(game.grand))) < 1e-6 * abs(float(game.worth_of(game.grand)))


def certified(game: CoalitionGame, payoffs: Any) -> None:
    """Check the nucleolus by Kohlberg's criterion."""
    assert is_nucleolus(game, payoffs)


def proven(game: CoalitionGame, found: Any) -> None:
    """Check that a structure is proven, and as good as the other way to find one."""
    assert found.proven
    assert found.worth == optimal_structure(game, exact=True).worth


def voting(rng: random.Random) -> WeightedVotingGame:
    """Draw a voting body in which many coalitions tie."""
    weights = [rng.randint(1, 9) for _ in range(12)]
    return WeightedVotingGame(sum(weights) // 2 + 1, weights)




def plain_game() -> CoalitionGame:
    """Return a game that calls a function of a frozenset for each of its 2**20 coalitions."""
    return CoalitionGame(range(20), lambda coalition: len(coalition) ** 2)


def talks(theory: bool) -> Callable[[], float]:
    """Return a case: CPU seconds of one talk of five parties."""
    game = CoalitionGame("abcde", lambda coalition: len(coalition) ** 2)
    config = NegotiationConfig("coalition-formation", options=CoalitionOptions(theory=theory))

    def many() -> int:
        executor = NegotiationExecutor(clock="virtual", seed=SEED)
        jobs = [([Agent(name) for name in "abcde"], config, game) for _ in range(TALKS)]
        assert all(outcome.agreed for outcome in executor.run_many(jobs))
        return TALKS

    return lambda: cpu(many)


def main() -> None:
    """Run and print everything."""
    rng = random.Random(SEED)
    header("Games between coalitions", repeats=REPEATS, talks=TALKS)
    cases: dict[str, Callable[[], float]] = {
        "Shapley of 20 players, goal 2 s": lambda: timed(lambda: DrawnGame(20, rng), shapley, efficient),
        "Shapley of 20 players of a plain function, goal 2 s": lambda: timed(plain_game, shapley, efficient),
        "nucleolus of 12 players, whole worths, goal 2 s": lambda: timed(lambda: DrawnGame(12, rng), nucleolus, certified),
        "nucleolus of 12 players, float worths, goal 2 s": lambda: timed(
            lambda: DrawnGame(12, rng, exact=False), nucleolus, certified
        ),
        "nucleolus of 12 voters with ties, goal 2 s": lambda: timed(lambda: voting(rng), nucleolus, certified),
        "coalition structures of 14 agents, goal 10 s": lambda: timed(
            lambda: DrawnGame(14, rng, exact=False), optimal_structure, proven
        ),
    }  # fmt: skip
    report(interleaved(cases, REPEATS), "s", 1.0)
    both = {"talk of 5 parties": talks(False), "talk of 5 parties, theory beside it": talks(True)}
    report(interleaved(both, REPEATS), "ms", 1e3)


if __name__ == "__main__":
    main()
