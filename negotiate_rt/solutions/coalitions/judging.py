"""What theory says of the coalitions that have formed: whether they are stable, and what would have been best."""

from __future__ import annotations

from collections.abc import Iterable

from negotiate_rt.problems.coalitions import CoalitionTheory
from negotiate_rt.problems.games import Coalition, CoalitionGame, Player
from negotiate_rt.solutions.coalitions.coalition_structures import CoalitionStructure, optimal_structure
from negotiate_rt.solutions.coalitions.core import is_in_core
from negotiate_rt.solutions.coalitions.nucleolus import nucleolus
from negotiate_rt.solutions.coalitions.payoffs import Payoffs
from negotiate_rt.solutions.coalitions.values import shapley

MOST_JUDGED = 16
"""Players up to which a result is set beside theory: the best structure of 16 takes about a second, once a game."""

MOST_NUCLEOLUS = 12  # players up to which the nucleolus of the best structure is told as well: half a second, once a game


def best_structure(game: CoalitionGame) -> CoalitionStructure:
    """Return the structure of largest total worth (least cost), worked out once a game; of those that are best, the one whose
    coalitions are fewest where all together are best, too. Cost: O(3**n), the first time.
    """
    return game.remember("best structure", lambda: _coarsest(game, optimal_structure(game)))  # type: ignore[no-any-return]


def _coarsest(game: CoalitionGame, found: CoalitionStructure) -> CoalitionStructure:
    """All together, if that is as good: where nothing is lost by it, theory speaks of the grand coalition."""
    together = game.worth_of(game.grand)
    if abs(float(together) - float(found.worth)) > 1e-12 * max(abs(float(together)), 1e-300):
        return found
    return CoalitionStructure(
        coalitions=(frozenset(game.players),), worth=together, bound=found.bound, proven=found.proven, method=found.method
    )


def structure_values(game: CoalitionGame, concept: str = "shapley") -> dict[Player, float] | None:
    """Return payoffs by the Shapley value or the nucleolus, worked out once a game, each coalition of the best structure sharing
    out its own worth; None where there is no nucleolus.

    The Shapley value is that of each coalition's own game (Aumann and Dreze 1974); of all together it is the ordinary one.
    """
    return game.remember(("values", concept), lambda: _values(game, concept))  # type: ignore[no-any-return]


def _values(game: CoalitionGame, concept: str) -> dict[Player, float] | None:
    structure = best_structure(game)
    if concept == "nucleolus":
        found = game.remember(("exact", concept), lambda: nucleolus(game, structure.coalitions))
        return None if found is None else {player: float(found[player]) for player in game.players}
    values: dict[Player, float] = {}
    for coalition in structure.coalitions:
        part = game if len(coalition) == len(game) else within(game, coalition)
        values.update({player: float(value) for player, value in shapley(part).items()})
    return {player: values[player] for player in game.players}


def within(game: CoalitionGame, coalition: Coalition) -> CoalitionGame:
    """Return the game among the members of one coalition only."""
    members = [player for player in game.players if player in coalition]
    return CoalitionGame(members, game.worth, costs=game.costs)


def judge_structure(game: CoalitionGame, payoffs: Payoffs, structure: Iterable[Iterable[Player]]) -> CoalitionTheory:
    """Return whether payoffs of a coalition structure are stable, and how the structure compares with the best.

    Stable: in the core of the structure, so that no coalition would gain by going its own way (Gillies 1959; Aumann and Dreze
    1974). Up to 16 players, the nucleolus and whether any payoffs would be stable up to 12; ConfigurationError beyond. What
    depends on the game alone is worked out once a game. Cost: O(2**n), the first time O(3**n) and a nucleolus.
    """
    game.check_tabled("what theory says of a coalition structure", MOST_JUDGED)
    verdict = is_in_core(game, payoffs, [tuple(block) for block in structure])
    study_game(game)
    best = best_structure(game)
    few = len(game) <= MOST_NUCLEOLUS
    return CoalitionTheory(
        stable=verdict.holds, reason=verdict.reason, best=float(best.worth), best_structure=best.coalitions,
        blocking=verdict.coalition, gain=float(verdict.excess), shapley=structure_values(game, "shapley"),
        nucleolus=structure_values(game, "nucleolus") if few else None, core_empty=is_structure_core_empty(game) if few else None,
    )  # fmt: skip


def study_game(game: CoalitionGame) -> None:
    """Work out what theory says of a game, so that it is at hand when results are judged."""
    best_structure(game)
    structure_values(game, "shapley")
    if len(game) <= MOST_NUCLEOLUS:
        structure_values(game, "nucleolus")
        is_structure_core_empty(game)


def is_structure_core_empty(game: CoalitionGame) -> bool:
    """Return whether no structure has stable payoffs: whether the core of the best structure is empty. Once a game.

    Payoffs in the core of any structure are worth at least the best structure in all, so that only a best one can have any; and
    the nucleolus lies in its core where that is not empty.
    """
    return game.remember("core empty", lambda: _is_core_empty(game))  # type: ignore[no-any-return]


def _is_core_empty(game: CoalitionGame) -> bool:
    found = game.remember(("exact", "nucleolus"), lambda: nucleolus(game, best_structure(game).coalitions))
    return found is None or not is_in_core(game, found, best_structure(game).coalitions)
