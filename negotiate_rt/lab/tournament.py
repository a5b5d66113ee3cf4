"""A tournament as data: who plays whom on what, how often, by which rules; and the games that follow from it.

Every contestant meets every contestant in every seat. A game is told by its number, and nothing about it depends on the
games before it or beside it: so they may be played at once, in any order, in several processes, or on another day.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt import __version__
from negotiate_rt.agents import Negotiator
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.settings import Settings
from negotiate_rt.lab.arenas import Arena, arenas, parties
from negotiate_rt.lab.contestants import Contestant, contestants
from negotiate_rt.messages.config import NegotiationConfig, canonical, seconds, whole
from negotiate_rt.problems.bargaining import BargainingProblem

FORMAT = 1  # of what is kept in a folder of results; another number means that games are not the same any more
MOST_SEATED = 10_000  # strategies kept for the games to come
TWO, MANY = "bilateral", "stacked-alternating-offers"
Job = tuple[list[Negotiator], NegotiationConfig, BargainingProblem]


class Game(NamedTuple):
    """One game: its number from 0, the arena's place, the repeat from 1, and who sits where, as places of contestants."""

    number: int
    arena: int
    repeat: int
    lineup: tuple[int, ...]


class Tournament(msgspec.Struct, frozen=True, dict=True):
    """Who negotiates with whom on what. Plain data: it starts nothing; `run_tournament` and `play_tournament` do.

    scenarios: a mapping of names to problems, or names of built-in scenarios, paths of scenario and domain files, folders
    of a domain, Scenarios, Arenas. strategies: a mapping of names to strategies, or names of known ones
    ("linear", "time-dependent:beta=0.2"), strategies and Contestants. rounds: of each game at most. repeats: of every
    pairing (they differ where strategies or scenarios draw by chance). self_play: whether contestants also meet
    themselves. protocol: None means bilateral between two, stacked-alternating-offers among more. timeout: of a game, in
    virtual seconds, None for no limit. at_once: how many games are open at once in each process. normalise: count
    utilities from 0, the worst outcome of a party, to 1, its best.

    ConfigurationError for whatever does not fit, before anything is played.
    """

    scenarios: Any
    strategies: Any
    rounds: int = 100
    repeats: int = 1
    seed: int = 0
    self_play: bool = True
    protocol: str | None = None
    timeout: float | None = 60.0
    at_once: int = 100
    normalise: bool = False

    def __post_init__(self) -> None:
        for name, least in (("rounds", 1), ("repeats", 1), ("at_once", 1), ("seed", None)):
            force_setattr(self, name, whole(name, getattr(self, name), least))
        force_setattr(self, "timeout", seconds("timeout", self.timeout))
        force_setattr(self, "scenarios", arenas(self.scenarios))
        force_setattr(self, "strategies", contestants(self.strategies))
        if self.protocol is not None:
            force_setattr(self, "protocol", canonical(self.protocol))
        if not self.games:
            raise ConfigurationError("strategies: one contestant alone has nobody to play; name another, or allow self-play")
        self._rehearse()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the contestants, in order."""
        return tuple(one.name for one in self.strategies)

    @cached_property
    def games(self) -> int:
        """How many games there are."""
        return self.starts[-1]

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The number of the first game on each arena, and last that of all games."""
        sizes = [self.repeats * len(self.lineups(len(self.seats(place)))) for place in range(len(self.scenarios))]
        return (0, *itertools.accumulate(sizes))

    def lineups(self, seats: int) -> list[tuple[int, ...]]:
        """Return every way to seat contestants: each of them in every seat against all others."""
        known: dict[int, list[tuple[int, ...]]] = self.__dict__.setdefault("_lineups", {})
        if seats not in known:
            every = itertools.product(range(len(self.strategies)), repeat=seats)
            known[seats] = [lineup for lineup in every if self.self_play or len(set(lineup)) > 1]
        return known[seats]

    def seats(self, arena: int) -> tuple[str, ...]:
        """Return the names of an arena's parties, in the order of their seats."""
        return parties(self.problem(arena, 1))

    def problem(self, arena: int, repeat: int) -> BargainingProblem:
        """Return the problem of an arena in a repeat; the same object each time it is asked for again soon."""
        place: Arena = self.scenarios[arena]
        if isinstance(place.source, BargainingProblem):
            return place.source
        known: dict[tuple[int, int], BargainingProblem] = self.__dict__.setdefault("_problems", {})
        if (arena, repeat) not in known:
            if len(known) > len(self.scenarios):
                known.pop(next(iter(known)))
            known[arena, repeat] = place.problem(repeat, self.seed)
        return known[arena, repeat]

    def game(self, number: int) -> Game:
        """Return the game of a number, 0 <= number < games. O(arenas)."""
        arena = next(place for place, end in enumerate(self.starts[1:]) if number < end)
        lineups = self.lineups(len(self.seats(arena)))
        repeat, place = divmod(number - self.starts[arena], len(lineups))
        return Game(number, arena, repeat + 1, lineups[place])

    def lineup(self, game: Game) -> tuple[str, ...]:
        """Return the names of the contestants of a game, by seat."""
        return tuple([self.strategies[place].name for place in game.lineup])

    def job(self, game: Game) -> Job:
        """Return the agents, the config and the problem of a game, as an executor takes them."""
        problem = self.problem(game.arena, game.repeat)
        names = self.seats(game.arena)
        seed = f"{self.seed}/{self.scenarios[game.arena].name}/{game.repeat}"
        lineup = "/".join(self.lineup(game))
        agents = [
            Negotiator(name, strategy=self._strategy(place, seed, f"{lineup}/{seat}"))
            for seat, (name, place) in enumerate(zip(names, game.lineup, strict=True))
        ]
        own = int.from_bytes(hashlib.blake2b(f"{seed}/{lineup}".encode(), digest_size=6).digest(), "big")
        return agents, NegotiationConfig(self.protocol_for(len(names)), self.rounds, self.timeout, seed=own), problem

    def protocol_for(self, seats: int) -> str:
        """Return the protocol among that many parties."""
        return self.protocol or (TWO if seats == 2 else MANY)

    @cached_property
    def fingerprint(self) -> str:
        """A digest of all that bears on results; results of tournaments with the same one may be put together."""
        return hashlib.sha256(msgspec.json.encode(self.description, order="deterministic")).hexdigest()

    @cached_property
    def description(self) -> dict[str, Any]:
        """The tournament as JSON can hold it: contestants by name and parameters, scenarios by name and digest."""
        fields = ("rounds", "repeats", "seed", "self_play", "protocol", "timeout", "at_once", "normalise")
        return {
            "format": FORMAT,
            "version": __version__,
            "scenarios": [arena.description(self.repeats, self.seed) for arena in self.scenarios],
            "strategies": [contestant.description() for contestant in self.strategies],
            **{name: getattr(self, name) for name in fields},
        }

    def units(self) -> Iterator[range]:
        """Yield the numbers of all games in stretches of `at_once`: what one process plays in one go."""
        for first in range(0, self.games, self.at_once):
            yield range(first, min(first + self.at_once, self.games))

    def _strategy(self, place: int, seed: str, lineup: str) -> Callable[..., Any]:
        contestant: Contestant = self.strategies[place]
        if contestant.make is not None:
            return contestant.strategy_for(f"{seed}/{contestant.name}/{lineup}")
        known: dict[tuple[int, str], Callable[..., Any]] = self.__dict__.setdefault("_seated", {})
        found = known.get((place, seed))
        if found is None:
            if len(known) > MOST_SEATED:
                known.clear()
            found = known[place, seed] = contestant.strategy_for(seed)
        return found

    def _rehearse(self) -> None:
        """Plan a game on each arena: what the runtime would refuse is told before anything is played."""
        settings = Settings(name="tournament")
        for place, arena in enumerate(self.scenarios):
            try:
                settings.plan(*self.job(self.game(self.starts[place])))
            except ConfigurationError as error:
                where = f"scenario {arena.name!r}: "
                raise ConfigurationError(where + str(error).removeprefix(where)) from None
