"""The report of a tournament: what was played, the ranking, and, if asked for, what it is as a game."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.lab.empirical import (
    PayoffMatrix,
    Replication,
    best_response_cycles,
    payoff_matrix,
    pure_equilibria,
    replicate,
)
from negotiate_rt.lab.equilibria import Equilibria, mixed_equilibria
from negotiate_rt.lab.results import GameResult, Yardstick
from negotiate_rt.lab.standings import METHOD, Standing, standings
from negotiate_rt.lab.tournament import Tournament


class ArenaReport(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario, and what its (first) problem allows: undominated vectors, and the points; None if no bargain is possible."""

    name: str
    protocol: str
    parties: tuple[str, ...]
    outcomes: int
    frontier: int
    nash: tuple[float, ...] | None
    kalai_smorodinsky: tuple[float, ...] | None
    games: int
    agreement_rate: float | None


class GameAnalysis(msgspec.Struct, frozen=True, kw_only=True):
    """The tournament as a game (see `lab.empirical`). Strategies are told by name.

    mixed: None without nashpy, `note` says so then.
    """

    matrix: PayoffMatrix
    pure: tuple[tuple[str, str], ...]
    cycles: tuple[tuple[str, ...], ...]
    replication: Replication
    mixed: Equilibria | None = None
    note: str | None = None


class TournamentReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a tournament. Equal tournaments have equal reports, however they were played.

    asked: how many games there are; fewer were played where `interrupted`. method: how intervals and p were found.
    analysis: only if asked for and all games are played.
    """

    fingerprint: str
    seed: int
    rounds: int
    repeats: int
    self_play: bool
    normalised: bool
    asked: int
    played: int
    interrupted: bool
    scenarios: tuple[ArenaReport, ...]
    ranking: tuple[Standing, ...]
    method: str = METHOD
    analysis: GameAnalysis | None = None


def tournament_report(tournament: Tournament, results: Collection[GameResult], *, analysis: bool = False) -> TournamentReport:
    """Return the report of what has been played so far.

    Raises ConfigurationError if an analysis is asked for that cannot be made: of games among more than two, or without
    self-play. The order of the results makes no difference.
    """
    interrupted = len(results) < tournament.games
    return TournamentReport(
        fingerprint=tournament.fingerprint, seed=tournament.seed, rounds=tournament.rounds, repeats=tournament.repeats,
        self_play=tournament.self_play, normalised=tournament.normalise, asked=tournament.games, played=len(results),
        interrupted=interrupted,
        scenarios=tuple(_arena(tournament, place, results) for place in range(len(tournament.scenarios))),
        ranking=standings(results, tournament.seed),
        analysis=analyse(tournament, results) if analysis and not interrupted else None,
    )  # fmt: skip


def check_analysis(tournament: Tournament) -> None:
    """Raise ConfigurationError unless the tournament can be analysed as a game; asked before anything is played."""
    for place, arena in enumerate(tournament.scenarios):
        if len(tournament.seats(place)) != 2:
            raise ConfigurationError(f"game analysis is of games between two; scenario {arena.name!r} has more parties")
    if not tournament.self_play:
        raise ConfigurationError("game analysis needs to know what each strategy gets against itself: allow self-play")


def analyse(tournament: Tournament, results: Collection[GameResult]) -> GameAnalysis:
    """Return the tournament as a game. Without nashpy everything but the mixed equilibria, and a note that says so."""
    matrix = payoff_matrix(results, tournament.names)
    names = matrix.strategies
    mixed, note = None, None
    try:
        mixed = mixed_equilibria(matrix)
    except ConfigurationError as error:
        note = str(error)
    return GameAnalysis(
        matrix=matrix,
        pure=tuple((names[one], names[other]) for one, other in pure_equilibria(matrix)),
        cycles=tuple(tuple(names[place] for place in cycle) for cycle in best_response_cycles(matrix)),
        replication=replicate(matrix),
        mixed=mixed,
        note=note,
    )


def _arena(tournament: Tournament, place: int, results: Collection[GameResult]) -> ArenaReport:
    name = tournament.scenarios[place].name
    problem = tournament.problem(place, 1)
    measure = Yardstick(problem, tournament.normalise)
    ended = [one.agreed for one in results if one.scenario == name]
    points = [None if one is None else tuple(one.tolist()) for one in (measure.nash, measure.kalai_smorodinsky)]
    return ArenaReport(
        name=name, protocol=tournament.protocol_for(len(measure.parties)), parties=measure.parties,
        outcomes=int(problem.space.size), frontier=len(measure.efficient), nash=points[0], kalai_smorodinsky=points[1],
        games=len(ended), agreement_rate=sum(ended) / len(ended) if ended else None,
    )  # fmt: skip
