"""What came of one game, and how it is measured against what its problem allowed."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from negotiate_rt.lab.arenas import parties
from negotiate_rt.lab.tournament import Game, Tournament
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.problems.derived import DiscountedUtility
from negotiate_rt.problems.utility import UtilityFunction, worth_of
from negotiate_rt.report.plain import plain
from negotiate_rt.solutions.points import Solution, bargaining_solutions

KEPT = 10_000  # deals whose distances are kept for the next game that ends there


class GameResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one game.

    number: the game's. strategies, utilities and faults (how many decisions were late, invalid and so on) go by seat.
    utilities: what each party got, discounted if its utility is; without a deal, what no deal is worth. welfare: their sum.
    to_frontier, to_nash, to_kalai_smorodinsky: Euclidean distances in utility, undiscounted, of the deal, or of what no
    deal is worth; None where no outcome is rational and so no such point exists. ending: the final state, with the code
    of a failure. duration_ms: on the virtual clock.
    """

    number: int
    scenario: str
    repeat: int
    strategies: tuple[str, ...]
    agreed: bool
    rounds: int
    utilities: tuple[float, ...]
    welfare: float
    to_frontier: float
    to_nash: float | None
    to_kalai_smorodinsky: float | None
    ending: str
    deal: Any = None  # a plain tree: a list of values in the order of the issues
    duration_ms: float = 0.0
    faults: tuple[int, ...] = ()


class Distances(NamedTuple):
    """How far from the frontier, the Nash and the Kalai-Smorodinsky point."""

    frontier: float
    nash: float | None
    kalai_smorodinsky: float | None


class Yardstick:
    """The frontier and the solution points of one problem, computed once, and how far a deal is from them.

    normalise: utilities are counted from a party's worst outcome, 0, to its best, 1; of indifferent parties as they are.
    """

    def __init__(self, problem: BargainingProblem, normalise: bool = False) -> None:
        self.problem = problem
        self.parties = parties(problem)
        self.functions = [_base(problem.utility_of(name, seat)) for seat, name in enumerate(self.parties)]
        self.solutions = bargaining_solutions(_undiscounted(problem, self.functions))
        found = self.solutions.frontier
        assert found is not None
        span = found.high - found.low
        wide = normalise & (span > 0)
        self.origin = np.where(wide, found.low, 0.0)
        self.unit = np.where(wide, span, 1.0)
        self.efficient = self.scaled(found.utilities)
        self.slack = float(np.max(found.tolerance / self.unit, initial=0.0))
        self.nash = self._point(self.solutions.nash)
        self.kalai_smorodinsky = self._point(self.solutions.kalai_smorodinsky)
        self.disagreement = np.array(self.solutions.disagreement)
        self._known: dict[Any, Distances] = {}

    def scaled(self, utilities: Any) -> NDArray[np.float64]:  # array-like, parties last
        """Return utilities on the tournament's scale."""
        return np.asarray((np.asarray(utilities, dtype=np.float64) - self.origin) / self.unit)

    def distances(self, deal: Any) -> Distances:  # an outcome, or None
        """Return how far a deal, or no deal, is from the frontier and the points. O(frontier), then O(1) for the same deal."""
        known = self._known.get(deal)
        if known is None:
            if len(self._known) >= KEPT:
                self._known.clear()
            known = self._known[deal] = self._measured(deal)
        return known

    def _measured(self, deal: Any) -> Distances:
        own = self.disagreement if deal is None else np.array([worth_of(function, deal) for function in self.functions])
        own = self.scaled(own)
        nearest = float(np.sqrt(((self.efficient - own) ** 2).sum(axis=1).min()))
        return Distances(
            0.0 if nearest <= self.slack else nearest, _distance(own, self.nash), _distance(own, self.kalai_smorodinsky)
        )

    def _point(self, solution: Solution | None) -> NDArray[np.float64] | None:
        return None if solution is None else self.scaled(solution.utilities)


def _distance(own: NDArray[np.float64], point: NDArray[np.float64] | None) -> float | None:
    return None if point is None else float(np.sqrt(((own - point) ** 2).sum()))


def _base(utility: UtilityFunction | None) -> UtilityFunction:
    while isinstance(utility, DiscountedUtility):
        utility = utility.base
    assert utility is not None
    return utility


def _undiscounted(problem: BargainingProblem, functions: list[UtilityFunction]) -> BargainingProblem:
    names = parties(problem)
    known = [problem.reservation_of(name, seat) for seat, name in enumerate(names)]
    least = {name: value for name, value in zip(names, known, strict=True) if value is not None}
    return BargainingProblem(problem.space, dict(zip(names, functions, strict=True)), least)


class Scribe:
    """Turns outcomes into results. It keeps the yardsticks of the last problems, one for each distinct set of utilities."""

    def __init__(self, tournament: Tournament) -> None:
        self.tournament = tournament
        self._yardsticks: dict[int, Yardstick] = {}

    def yardstick(self, game: Game) -> Yardstick:
        """Return the yardstick of a game's problem."""
        problem = self.tournament.problem(game.arena, game.repeat)
        found = self._yardsticks.get(id(problem))
        if found is None:
            if len(self._yardsticks) > len(self.tournament.scenarios):
                del self._yardsticks[next(iter(self._yardsticks))]
            found = self._yardsticks[id(problem)] = Yardstick(problem, self.tournament.normalise)  # it keeps the problem alive
        return found

    def result(self, number: int, outcome: NegotiationOutcome) -> GameResult:
        """Return the result of a game that has ended."""
        game = self.tournament.game(number)
        measure = self.yardstick(game)
        deal = None if outcome.accepted_offer is None else outcome.accepted_offer.value
        distances = measure.distances(deal)
        worth = [outcome.utilities[name] for name in measure.parties]
        if self.tournament.normalise:
            worth = measure.scaled(worth).tolist()
        faults = dict.fromkeys(measure.parties, 0)
        for fault in outcome.faults:
            if fault.who in faults:
                faults[fault.who] += 1
        code = outcome.reason_code
        return GameResult(
            number=number, scenario=self.tournament.scenarios[game.arena].name, repeat=game.repeat,
            strategies=self.tournament.lineup(game),
            agreed=outcome.agreed, rounds=outcome.rounds_used, utilities=tuple(worth), welfare=float(sum(worth)),
            to_frontier=distances.frontier, to_nash=distances.nash, to_kalai_smorodinsky=distances.kalai_smorodinsky,
            ending=str(outcome.final_state) + (f" {code}" if code else ""), deal=plain(deal),
            duration_ms=outcome.duration_ms, faults=tuple(faults.values()),
        )  # fmt: skip
