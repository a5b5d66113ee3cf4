"""The nucleolus: of all ways to share, the one whose largest complaint is smallest, then the second largest, and so on.

Schmeidler (1969). A sequence of linear programs (Kohlberg 1972; Maschler, Peleg and Shapley 1979): each finds the smallest
largest excess that is possible among coalitions not yet settled, and settles those that have it in every solution, which
are those of positive weight in its dual (Derks and Kuipers). The dual is what is solved here, over few rows and as many columns
as there are coalitions, of which only those that matter are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.games import Coalition, CoalitionGame, Player, Vector, subset_sums
from negotiate_rt.solutions.coalitions.elimination import solve_exactly
from negotiate_rt.solutions.coalitions.payoffs import TOLERANCE, blocks_of
from negotiate_rt.solutions.linear_program import maximise

MOST_PLAYERS = 20
_WEIGHT = 1e-7  # of a coalition in the dual: less is rounding
_GAIN = 1e-9  # relative to the largest worth
_YIELD = 1e-10  # by which bounds give way: where they leave one point only, rounding must not make them contradict
_ADDED = 24  # columns that join the program at a time
_MOST_ROUNDS = 10_000


class LeastCore(msgspec.Struct, frozen=True, kw_only=True):
    """The least core: the smallest epsilon such that v(S) - x(S) <= epsilon for every coalition but all and none of them.

    payoffs: a point of it. epsilon: above 0 if and only if the core is empty. weights: a proof that it cannot be less, a
    balanced collection: of each player's memberships the weights add up to the same, and all of them to 1. Maschler, Peleg
    and Shapley (1979).
    """

    epsilon: Exact
    payoffs: dict[Player, Exact]
    weights: dict[Coalition, float]


class Stage(NamedTuple):
    """What one linear program settled: the largest excess, and the coalitions (or lone players at their bound) that have it,
    with their weights.
    """

    excess: float
    coalitions: dict[int, float]
    bounded: tuple[int, ...]


class _Program:
    """The sequence of programs of one game, in its worths divided by the largest; in a cost game, by their negatives."""

    def __init__(self, game: CoalitionGame, blocks: list[int], rational: bool) -> None:
        game.check_tabled("linear programs over all coalitions", MOST_PLAYERS)
        table = game.table()
        self.scale = max(float(np.abs(table).max()), 1e-300) * (-1.0 if game.costs else 1.0)
        self.table = table / self.scale
        self.players = len(game)
        self.rational = rational
        self.settled: list[tuple[int, float]] = [(block, float(self.table[block])) for block in blocks]
        self.free = np.ones(len(table), dtype=bool)
        self.free[0] = False
        self.active = {1 << place for place in range(self.players)}
        self.active |= {len(table) - 1 - mask for mask in self.active} - {0}
        self.active |= set(blocks)

    def members(self, masks: list[int]) -> Vector:
        """Return who is in which coalition: shape (coalitions, players)."""
        return np.array([[mask >> place & 1 for place in range(self.players)] for mask in masks], dtype=np.float64)

    def stage(self) -> Stage | None:
        """Solve the next program and settle what it fixes; None once the settled coalitions leave one point only."""
        rows = self.members([mask for mask, _ in self.settled])
        values = np.array([value for _, value in self.settled])
        _, strengths, directions = np.linalg.svd(rows)
        ways = directions[int((strengths > 1e-9).sum()) :].T  # in which payoffs may still change
        if not ways.shape[1]:
            return None
        start = np.linalg.lstsq(rows, values, rcond=None)[0]
        self.free &= self._moved(ways)
        found = self._solve(ways, start)
        self.settled += [(mask, float(self.table[mask]) - found.excess) for mask in found.coalitions]
        self.settled += [(mask, float(self.table[mask])) for mask in found.bounded]
        return found

    def _moved(self, ways: Vector) -> NDArray[np.bool_]:
        """Return which coalitions' payoffs may still change; those of the others are as good as settled."""
        moved = np.zeros(len(self.table), dtype=bool)
        for way in ways.T:
            moved |= np.abs(subset_sums(np.ascontiguousarray(way))) > _GAIN
        return moved

    def _solve(self, ways: Vector, start: Vector) -> Stage:
        """Solve one program, adding coalitions until none complains louder than those that are in it."""
        rows = ways.shape[1] + 1
        right = np.append(np.zeros(rows - 1), 1.0)
        lone = [1 << place for place in range(self.players)] if self.rational else []
        lone = [mask for mask in lone if self.free[mask]]
        yielding = np.full(len(lone), _YIELD)
        for _ in range(_MOST_ROUNDS):
            masks = sorted(mask for mask in self.active if self.free[mask])
            members = self.members(masks + lone)
            counted = np.append(np.ones(len(masks)), np.zeros(len(lone)))
            objective = self.table[masks + lone] - members @ start - np.append(np.zeros(len(masks)), yielding)
            best = maximise(objective, np.vstack(((members @ ways).T, counted)), right)
            if best is None:
                raise ArithmeticError("the program of a stage has no solution")
            excess = np.where(self.free, self.table - subset_sums(start + ways @ best.prices[:-1]), -np.inf)
            loud = np.flatnonzero(excess > best.prices[-1] + _GAIN)
            loud = np.array([mask for mask in loud if mask not in self.active], dtype=np.intp)
            if not len(loud):
                weights = dict(zip(masks, best.variables[: len(masks)].tolist(), strict=True))
                kept = {mask: weight for mask, weight in weights.items() if weight > _WEIGHT}
                held = [mask for mask, weight in zip(lone, best.variables[len(masks) :], strict=True) if weight > _WEIGHT]
                return Stage(best.value, kept, tuple(held))
            if len(loud) > _ADDED:
                loud = loud[np.argpartition(-excess[loud], _ADDED)[:_ADDED]]
            self.active |= set(loud.tolist())
        raise ArithmeticError("the program of a stage did not end")


def nucleolus(
    game: CoalitionGame, structure: Iterable[Iterable[Player]] | None = None
) -> dict[Player, Exact] | None:
    """Return the nucleolus: the payoffs, no player getting less than alone, whose sorted excesses are lexicographically least.

    structure: a partition whose coalitions each share out their own worth; by default all players are together. None
    where some coalition of it is worth less than its members alone. It lies in the core where that is not empty, in the kernel
    and in the bargaining set. Fractions where all worths are exact, else floats to about 1e-9 of the largest worth.
    Up to 20 players; 12 take a fraction of a second. Raises ConfigurationError beyond.
    """
    blocks = blocks_of(game, structure)
    sign = -1 if game.costs else 1
    for block in blocks:
        alone = sum(game.worth_of(1 << place) for place in range(len(game)) if block >> place & 1)
        if sign * alone > sign * game.worth_of(block) + _slack(game, alone):
            return None
    return _sequence(game, blocks, rational=True)[0]


def prenucleolus(game: CoalitionGame, structure: Iterable[Iterable[Player]] | None = None) -> dict[Player, Exact]:
    """Return the prenucleolus: as the nucleolus, but a player may get less than alone. There always is one (Sobolev 1975)."""
    return _sequence(game, blocks_of(game, structure), rational=False)[0]


def least_core(game: CoalitionGame) -> LeastCore:
    """Return the least core's epsilon, a point of it (the prenucleolus) and a proof that epsilon cannot be less.

    With a single player there is no coalition to complain: epsilon is then 0.
    """
    payoffs, stages, epsilons = _sequence(game, [game.grand], rational=False)
    weights = stages[0].coalitions if stages else {}
    return LeastCore(
        epsilon=epsilons[0] if epsilons else 0, payoffs=payoffs,
        weights={game.coalition(mask): weight for mask, weight in weights.items()},
    )  # fmt: skip


def _slack(game: CoalitionGame, amount: Exact) -> Exact:
    """Return by how much floats may differ and still be equal; for exact numbers an exact 0, which turns none into a float."""
    return 0 if not isinstance(amount, float) else TOLERANCE * max(float(np.abs(game.table()).max()), 1e-300)


def _sequence(
    game: CoalitionGame, blocks: list[int], rational: bool
) -> tuple[dict[Player, Exact], list[Stage], list[Exact]]:
    """Solve stage after stage; return the payoffs, the stages, and their excesses as the game tells them."""
    program = _Program(game, blocks, rational)
    stages: list[Stage] = []
    while (stage := program.stage()) is not None:
        stages.append(stage)
    rows = program.members([mask for mask, _ in program.settled])
    values = np.array([value for _, value in program.settled])
    found = np.linalg.lstsq(rows, values, rcond=None)[0] * program.scale
    if game.whole() is not None:
        exact = _exactly(game, blocks, stages)
        if exact is not None and np.allclose([float(one) for one in exact[: len(game)]], found, atol=1e-6 * abs(program.scale)):
            return dict(zip(game.players, exact[: len(game)], strict=True)), stages, list(exact[len(game) :])
    excess: list[Exact] = [stage.excess * abs(program.scale) for stage in stages]
    return dict(zip(game.players, found.tolist(), strict=True)), stages, excess


def _exactly(game: CoalitionGame, blocks: list[int], stages: list[Stage]) -> list[Fraction] | None:
    """Return the payoffs and each stage's excess as the one solution of what the stages settled; None if there is none."""
    sign, players = (-1 if game.costs else 1), len(game)
    rows: list[list[Fraction]] = []

    def add(mask: int, stage: int | None) -> None:
        row = [Fraction(mask >> place & 1) for place in range(players)]
        row += [Fraction(sign * (place == stage)) for place in range(len(stages))]
        rows.append([*row, Fraction(game.worth_of(mask))])

    for block in blocks:
        add(block, None)
    for place, stage in enumerate(stages):
        for mask in stage.coalitions:
            add(mask, place)
        for mask in stage.bounded:
            add(mask, None)
    return solve_exactly(rows)
