"""Hedonic games: players who care only about whom they are with, and partitions that nobody, or no group, wants to leave.

Dreze and Greenberg (1980); Bogomolnaia and Jackson (2002). A partition is Nash stable if nobody would rather join another
coalition of it, or be alone; individually stable if none who would is welcome, that is, makes no member of it worse off; and core
stable if no coalition would make each of its members better off than they are.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.exact import Exact, fraction_of, is_exact
from negotiate_rt.problems.games import Coalition, Player

MOST_LISTED = 10
"""Players up to which all partitions are looked at: 115,975 of ten."""

MOST_BLOCKING = 16  # players up to which every coalition is asked whether it would rather stand alone


class HedonicGame:
    """Players and what each coalition that it is in is worth to each.

    worth: a function of (player, coalition), a frozenset that holds the player; asked once. Or a table by player of
    what each other player adds (additively separable; who is not named adds 0), alone being worth 0.
    ConfigurationError for players that are none or named twice, and worths that are no finite numbers.
    """

    def __init__(
        self,
        players: Iterable[Player],
        worth: Callable[[Player, Coalition], Exact] | Mapping[Player, Mapping[Player, Exact]],
    ) -> None:
        self.players = tuple(players)
        if not self.players or len(set(self.players)) < len(self.players):
            raise ConfigurationError(f"players: expected at least one, each named once, got {list(self.players)[:20]}")
        if isinstance(worth, Mapping):
            named = {*worth, *(other for row in worth.values() for other in row)}
            unknown = [one for one in named if one not in set(self.players)]
            if unknown:
                raise ConfigurationError(f"worth: {unknown[0]!r} is no player of this game")
            table = worth
            self._ask: Callable[[Player, Coalition], Exact] = lambda player, coalition: sum(
                table.get(player, {}).get(other, 0) for other in coalition if other != player
            )
        else:
            self._ask = worth
        self._known: dict[tuple[Player, Coalition], Exact] = {}

    def worth(self, player: Player, coalition: Coalition) -> Exact:
        """Return what being in a coalition is worth to one of its members."""
        known = self._known.get((player, coalition))
        if known is None:
            told = self._ask(player, coalition)
            exact = fraction_of(told, f"{player!r}'s worth of {sorted(map(str, coalition))}")
            known = self._known[player, coalition] = exact if is_exact(told) else float(exact)
        return known


class StabilityVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a partition is stable; true or false like a bool.

    leaving: who would leave, one player for Nash and individual stability, a whole coalition for the core. joining: what they
    would then be together with, themselves included. reason: in words.
    """

    holds: bool
    leaving: Coalition = frozenset()
    joining: Coalition = frozenset()
    reason: str = ""

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        return self.reason


def is_nash_stable(game: HedonicGame, structure: Iterable[Iterable[Player]]) -> StabilityVerdict:
    """Return whether nobody would rather join another coalition, or be alone. Cost: O(n · coalitions) worths."""
    return _moves(game, _partition(game, structure), welcome=False)


def is_individually_stable(game: HedonicGame, structure: Iterable[Iterable[Player]]) -> StabilityVerdict:
    """Return whether nobody would rather join a coalition whose members would not be worse off for it, or be alone."""
    return _moves(game, _partition(game, structure), welcome=True)


def is_core_stable(game: HedonicGame, structure: Iterable[Iterable[Player]]) -> StabilityVerdict:
    """Return whether no coalition would make every one of its members better off than they are now.

    Cost: O(2**n) worths; ConfigurationError beyond 16 players. The witness is a smallest blocking coalition.
    """
    blocks = _partition(game, structure)
    if len(game.players) > MOST_BLOCKING:
        raise ConfigurationError(f"core stability: at most {MOST_BLOCKING} players, got {len(game.players)}")
    now = {player: game.worth(player, block) for block in blocks for player in block}
    for size in range(1, len(game.players) + 1):
        for group in combinations(game.players, size):
            coalition = frozenset(group)
            if all(game.worth(player, coalition) > now[player] for player in group):
                reason = f"not core stable: {_told(game, coalition)} would all rather be together"
                return StabilityVerdict(holds=False, leaving=coalition, joining=coalition, reason=reason)
    return StabilityVerdict(holds=True, reason="core stable: no coalition would make all its members better off")


STABILITIES: dict[str, Callable[[HedonicGame, Iterable[Iterable[Player]]], StabilityVerdict]] = {
    "nash": is_nash_stable, "individual": is_individually_stable, "core": is_core_stable,
}  # fmt: skip


def stable_partitions(game: HedonicGame, stability: str = "nash") -> Iterator[tuple[Coalition, ...]]:
    """Yield every partition that is stable: nash, individual or core; there may be none (but for individual stability).

    Looks at all partitions in turn, lazily. ConfigurationError beyond 10 players, and for another word.
    """
    if stability not in STABILITIES:
        raise ConfigurationError(
            f"stability: expected one of {', '.join(STABILITIES)}, got {stability!r}" + suggest(str(stability), STABILITIES)
        )
    if len(game.players) > MOST_LISTED:
        raise ConfigurationError(f"stable partitions: at most {MOST_LISTED} players, got {len(game.players)}")
    return (blocks for blocks in _partitions(game.players) if STABILITIES[stability](game, blocks))


def _partitions(players: tuple[Player, ...]) -> Iterator[tuple[Coalition, ...]]:
    if not players:
        yield ()
        return
    for blocks in _partitions(players[:-1]):
        for place, block in enumerate(blocks):
            yield (*blocks[:place], block | {players[-1]}, *blocks[place + 1 :])
        yield (*blocks, frozenset({players[-1]}))


def _partition(game: HedonicGame, structure: Any) -> list[Coalition]:
    blocks = []
    for block in structure:
        alone = isinstance(block, Hashable) and block in game.players
        blocks.append(frozenset({block} if alone else block))
    named = [player for block in blocks for player in block]
    if sorted(map(repr, named)) != sorted(map(repr, game.players)) or not all(blocks):
        raise ConfigurationError("structure: expected coalitions that hold each player of the game exactly once, none empty")
    return blocks


def _moves(game: HedonicGame, blocks: list[Coalition], welcome: bool) -> StabilityVerdict:
    name = "individually stable" if welcome else "Nash stable"
    home = {player: block for block in blocks for player in block}
    for player in game.players:
        now = game.worth(player, home[player])
        for block in (frozenset[Player](), *blocks):
            joined = block | {player}
            if player in block or not game.worth(player, joined) > now:
                continue
            if welcome and any(game.worth(other, joined) < game.worth(other, block) for other in block):
                continue
            reason = f"not {name}: {player} would rather be in {_told(game, joined)}"
            return StabilityVerdict(holds=False, leaving=frozenset({player}), joining=joined, reason=reason)
    return StabilityVerdict(holds=True, reason=f"{name}: nobody moves")


def _told(game: HedonicGame, coalition: Coalition) -> str:
    return "{" + ", ".join(str(player) for player in game.players if player in coalition) + "}"
