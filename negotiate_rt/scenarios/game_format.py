"""Games in a file: who the players are, and what each coalition of them is worth."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from negotiate_rt.scenarios.reading import ScenarioError, hint, listed, step

Name = Annotated[str, Meta(min_length=1)]
Number: TypeAlias = int | float
TOGETHER = "+"  # between the members of a coalition


class GameSpec(msgspec.Struct, frozen=True, kw_only=True, tag="game", tag_field="type", forbid_unknown_fields=True):
    """A game of any kind: `worths` by coalition, its members joined by "+" ({ann = 0, "ann+bob" = 60}).

    `otherwise`: what a coalition that is not named is worth; without it all must be named. `costs`: worths are costs to be
    shared. `links`: pairs of players; only those whom links connect can work together (Myerson 1977).
    """

    worths: Annotated[dict[str, Number], Meta(min_length=1)]
    otherwise: Number | None = None
    costs: bool = False
    links: tuple[Annotated[tuple[Name, ...], Meta(min_length=2, max_length=2)], ...] = ()


class VotingSpec(
    msgspec.Struct, frozen=True, kw_only=True, tag="weighted-voting", tag_field="type", forbid_unknown_fields=True
):
    """Weighted voting: a coalition is worth 1 if the weights of its members reach the quota, else 0."""

    quota: Number
    weights: Annotated[dict[str, Number], Meta(min_length=1)]


class BankruptcySpec(msgspec.Struct, frozen=True, kw_only=True, tag="bankruptcy", tag_field="type", forbid_unknown_fields=True):
    """Bankruptcy: a coalition is worth what the claims of the others leave of the estate."""

    estate: Number
    claims: Annotated[dict[str, Number], Meta(min_length=1)]


class AirportSpec(msgspec.Struct, frozen=True, kw_only=True, tag="airport", tag_field="type", forbid_unknown_fields=True):
    """A cost game: a runway that serves a coalition costs what its largest member's needs cost."""

    costs: Annotated[dict[str, Number], Meta(min_length=1)]


class GlovesSpec(msgspec.Struct, frozen=True, kw_only=True, tag="gloves", tag_field="type", forbid_unknown_fields=True):
    """A market for pairs: a coalition is worth the pairs that its members' left and right gloves make."""

    left: Annotated[dict[str, Annotated[int, Meta(ge=0)]], Meta(min_length=1)]
    right: Annotated[dict[str, Annotated[int, Meta(ge=0)]], Meta(min_length=1)]


AnyGame: TypeAlias = GameSpec | VotingSpec | BankruptcySpec | AirportSpec | GlovesSpec
GAMES: tuple[type[AnyGame], ...] = (GameSpec, VotingSpec, BankruptcySpec, AirportSpec, GlovesSpec)


def game_of(spec: AnyGame, path: str = "problem") -> Any:  # a CoalitionGame, whose module is heavy
    """Return the game that a description stands for. Raises ScenarioError, ConfigurationError."""
    from negotiate_rt.problems import known_games  # late: numpy

    if isinstance(spec, VotingSpec):
        return known_games.WeightedVotingGame(spec.quota, spec.weights)
    if isinstance(spec, BankruptcySpec):
        return known_games.BankruptcyGame(spec.claims, spec.estate)
    if isinstance(spec, AirportSpec):
        return known_games.AirportGame(spec.costs)
    if isinstance(spec, GlovesSpec):
        return known_games.GloveGame(spec.left, spec.right)
    return _tabled(spec, path)


def _tabled(spec: GameSpec, path: str) -> Any:  # as `game_of`
    from negotiate_rt.problems.games import CoalitionGame

    worths = {tuple(part.strip() for part in coalition.split(TOGETHER)): worth for coalition, worth in spec.worths.items()}
    players = list(dict.fromkeys(name for coalition in worths for name in coalition))
    flaws = []
    for coalition, written in zip(worths, spec.worths, strict=True):
        if "" in coalition or len(set(coalition)) < len(coalition):
            flaws.append(f"{step(f'{path}.worths', written)}: expected different names joined by {TOGETHER!r}")
    for place, link in enumerate(spec.links):
        for name in link:
            if name not in players:
                flaws.append(f"{path}.links[{place}]: {name!r} is none of {listed(players)}{hint(name, players)}")
    if flaws:
        raise ScenarioError(flaws)
    game = CoalitionGame(players, worths, otherwise=spec.otherwise, costs=spec.costs)
    if not spec.links:
        return game
    from negotiate_rt.solutions.coalitions.graphs import GraphGame

    return GraphGame(game, [(one, other) for one, other in spec.links])
