"""What theory says of a game between coalitions before anybody negotiates: values, the core and its kin, the best structure."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from negotiate_rt.errors import ConfigurationError

if TYPE_CHECKING:
    from negotiate_rt.problems.games import CoalitionGame

EXACT = 20  # players up to which values are exact; of more they are estimated, unless the game is of a kind that allows better
SAMPLES = 2_000
MOST_NUCLEOLUS = 14  # players up to which the nucleolus and the core are told: some seconds
MOST_OBJECTIONS = 8  # players up to which objections are looked for


class PlayerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one player. margin: half the width of the Shapley value's 95 % interval, where it is estimated."""

    alone: float
    shapley: float
    banzhaf: float
    nucleolus: float | None = None
    margin: float | None = None


class GameAnalysis(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said of one game. Payoffs are those of all players together, unless said.

    kind: "game", "weighted voting" and so on. properties: superadditive, convex, monotone, each in words, None where there
    are too many players to tell. best_structure, best: the coalitions of largest total worth (least cost) known; proven:
    whether none is better. core: whether it is empty, in words; epsilon: the least core's. verdicts: where the Shapley value
    and an even split stand: core, kernel, bargaining set (with an objection and what answers it), in words.
    """

    name: str
    kind: str
    costs: bool
    players: Mapping[str, PlayerFacts]
    grand: float
    properties: tuple[str, ...]
    best_structure: tuple[tuple[str, ...], ...]
    best: float
    proven: bool
    core: str | None = None
    epsilon: float | None = None
    verdicts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def analyze_game(game: CoalitionGame, name: str = "") -> GameAnalysis:
    """Return what theory says of a game, the less the more players it has.

    Values are exact up to 20 players and of voting games and airports; the nucleolus and the core are told up to 14,
    properties up to 16, objections up to 8. The best structure is proven up to 18.
    """
    from negotiate_rt.solutions.coalitions.coalition_structures import optimal_structure

    notes: list[str] = []
    shapley, banzhaf, margins = _values(game, notes)
    payoffs, core, epsilon = _core(game, notes)
    best = optimal_structure(game)
    players = {
        str(player): PlayerFacts(
            alone=float(game.worth_of(1 << place)), shapley=float(shapley[player]), banzhaf=float(banzhaf[player]),
            nucleolus=None if payoffs is None else float(payoffs[player]), margin=margins.get(player),
        )
        for place, player in enumerate(game.players)
    }  # fmt: skip
    blocks = tuple(tuple(str(one) for one in game.players if one in block) for block in best.coalitions)
    return GameAnalysis(
        name=name, kind=kind_of(game), costs=game.costs, players=players, grand=float(game.worth_of(game.grand)),
        properties=_properties(game), best_structure=blocks, best=float(best.worth), proven=best.proven, core=core,
        epsilon=epsilon, verdicts=_verdicts(game, shapley) if not margins else (), notes=tuple(notes),
    )  # fmt: skip


def kind_of(game: CoalitionGame) -> str:
    """Return what a game is called."""
    from negotiate_rt.problems import known_games

    kinds: dict[type, str] = {
        known_games.WeightedVotingGame: "weighted voting", known_games.BankruptcyGame: "bankruptcy",
        known_games.AirportGame: "airport", known_games.GloveGame: "gloves",
    }  # fmt: skip
    return kinds.get(type(game), "cost game" if game.costs else "game")


def _values(game: CoalitionGame, notes: list[str]) -> tuple[Any, Any, dict[Any, float]]:
    """Return Shapley and Banzhaf values by player, and the margins of the first where they are estimates."""
    from negotiate_rt.problems.known_games import AirportGame, WeightedVotingGame
    from negotiate_rt.solutions.coalitions.sampling import sample_banzhaf, sample_shapley
    from negotiate_rt.solutions.coalitions.values import banzhaf, shapley

    try:
        if len(game) > EXACT and not isinstance(game, (WeightedVotingGame, AirportGame)):
            raise ConfigurationError("many players")
        return shapley(game), banzhaf(game), {}
    except ConfigurationError:
        estimate = sample_shapley(game, random.Random(0), SAMPLES)
        notes.append(f"values are estimated from {SAMPLES:,} orders and coalitions (seed 0); margins hold with 95 %")
        return estimate.values, sample_banzhaf(game, random.Random(0), SAMPLES).values, dict(estimate.margins)


def _core(game: CoalitionGame, notes: list[str]) -> tuple[Any, str | None, float | None]:
    """Return the nucleolus (the prenucleolus where there is none), whether the core is empty in words, and the least core's
    epsilon."""
    if len(game) > MOST_NUCLEOLUS:
        notes.append(f"the nucleolus and the core are told of {MOST_NUCLEOLUS} players at most")
        return None, None, None
    from negotiate_rt.solutions.coalitions.core import is_in_core
    from negotiate_rt.solutions.coalitions.nucleolus import least_core, nucleolus

    least = least_core(game)
    payoffs = nucleolus(game)
    if payoffs is None:
        notes.append("there is no nucleolus: together they are worth less than alone; the prenucleolus stands in its place")
        payoffs = least.payoffs
    epsilon = float(least.epsilon)
    if is_in_core(game, least.payoffs):
        return payoffs, "the core is not empty", epsilon
    return payoffs, f"the core is empty: some coalition always lacks at least {epsilon:.10g}", epsilon


def _properties(game: CoalitionGame) -> tuple[str, ...]:
    from negotiate_rt.solutions.coalitions import properties

    if len(game) > properties.MOST_PLAYERS:
        return ()
    return tuple(
        verdict(game).reason for verdict in (properties.is_superadditive, properties.is_convex, properties.is_monotone)
    )


def _verdicts(game: CoalitionGame, shapley: Any) -> tuple[str, ...]:
    """Return where the Shapley value and an even split stand."""
    if len(game) > MOST_NUCLEOLUS:
        return ()
    from negotiate_rt.solutions.coalitions.bargaining_set import is_in_bargaining_set
    from negotiate_rt.solutions.coalitions.core import is_in_core
    from negotiate_rt.solutions.coalitions.kernel import is_in_kernel

    whole = game.worth_of(game.grand)
    even = dict.fromkeys(game.players, float(whole) / len(game))
    told = []
    for name, payoffs in (("Shapley value", shapley), ("even split", even)):
        told.append(f"{name}: {is_in_core(game, payoffs)}")
        told.append(f"{name}: {is_in_kernel(game, payoffs)}")
        if len(game) <= MOST_OBJECTIONS:
            told.append(f"{name}: {is_in_bargaining_set(game, payoffs)}")
    return tuple(told)
