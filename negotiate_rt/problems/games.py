"""Characteristic-function games: what each coalition of players can get, or has to pay, on its own.

Player i is bit i of a coalition's mask, so that a game is a table of 2**n worths, and what theory asks of all coalitions at once
runs at array speed. Worths are asked for when they are needed, once; the empty coalition's is 0 and never asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact, common_denominator, fraction_of, is_exact

Player: TypeAlias = Any  # any hashable name
Coalition: TypeAlias = frozenset[Player]
Worth: TypeAlias = Callable[[Coalition], Exact]
Vector: TypeAlias = NDArray[np.float64]

MOST_TABLED = 24
"""Players up to which all coalitions are tabled: 2**24 floats are 128 MiB."""

_WHOLE = 2**52  # whole numbers below are held exactly, and so are sums of two, by an int64 and by a float64


class CoalitionGame:
    """A game with transferable payoff (N, v): players, and a worth for every coalition of them.

    players: distinct names, at least one. worth: a function of a frozenset of players, or a table from coalitions to
    numbers: any iterable of players, a player alone for itself, or "ab" for players "a" and "b". A table must name every
    coalition, unless `otherwise` says what one that is missing is worth. costs: whether worths are costs to be shared, so that
    less is better.

    ConfigurationError for a worth that is no finite number, players named twice, unknown ones, coalitions named twice
    with different worths, and an empty coalition worth anything but 0.

    >>> game = CoalitionGame(["ann", "bob"], {("ann",): 1, ("bob",): 2, ("ann", "bob"): 6})
    >>> game.worth(["bob", "ann"])
    6
    """

    def __init__(
        self,
        players: Iterable[Player],
        worth: Worth | Mapping[Any, Exact],
        *,
        otherwise: Exact | None = None,
        costs: bool = False,
    ) -> None:
        self.players = tuple(players)
        if not self.players:
            raise ConfigurationError("players: a game needs at least one player")
        self._bit = {player: place for place, player in enumerate(self.players)}
        if len(self._bit) < len(self.players):
            twice = next(one for place, one in enumerate(self.players) if self._bit[one] != place)
            raise ConfigurationError(f"players: {twice!r} is named twice")
        self.costs = costs
        self._known: dict[int, Exact] = {0: 0}
        self._floats: Vector | None = None
        self._whole: tuple[NDArray[np.int64], int] | None = None
        self._worth: Worth | None = None
        self._found: dict[Hashable, Any] = {}
        if isinstance(worth, Mapping):
            self._read(worth, otherwise)
        elif callable(worth):
            self._worth = worth
        else:
            raise ConfigurationError(f"worth: expected a function of a coalition or a table, got {type(worth).__name__}")

    def __len__(self) -> int:
        return len(self.players)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} players>"

    @property
    def grand(self) -> int:
        """The mask of the coalition of all players."""
        return (1 << len(self.players)) - 1

    def mask(self, coalition: Iterable[Player]) -> int:
        """Return the bits of a coalition; ConfigurationError for a player that is not of this game. Cost: O(members)."""
        mask = 0
        for player in self._members(coalition):
            if player not in self._bit:
                raise ConfigurationError(f"coalition: {player!r} is no player of this game")
            mask |= 1 << self._bit[player]
        return mask

    def coalition(self, mask: int) -> Coalition:
        """Return the players whose bits are set. Cost: O(players)."""
        return frozenset(player for place, player in enumerate(self.players) if mask >> place & 1)

    def worth(self, coalition: Iterable[Player]) -> Exact:
        """Return what a coalition is worth."""
        return self.worth_of(self.mask(coalition))

    def worth_of(self, mask: int) -> Exact:
        """Return what the coalition with these bits is worth; asked for once."""
        if self._floats is not None:
            whole = self._whole
            return float(self._floats[mask]) if whole is None else _simple(Fraction(int(whole[0][mask]), whole[1]))
        known = self._known.get(mask)
        if known is None:
            known = self._known[mask] = self._checked(self._ask(mask), mask)
        return known

    def table(self) -> Vector:
        """Return all worths by mask: float64, shape (2**n,), read-only. ConfigurationError beyond 24 players."""
        if self._floats is None:
            self.check_tabled("a table of all coalitions")
            self._keep(self._tabulate())
        assert self._floats is not None
        return self._floats

    def whole(self) -> tuple[NDArray[np.int64], int] | None:
        """Return all worths by mask times a common denominator, and that denominator; None unless all worths are exact.

        They are where all are ints or fractions, and small enough for 52 bits over the common denominator.
        """
        self.table()
        return self._whole

    def check_tabled(self, what: str, most: int = MOST_TABLED) -> None:
        """Raise ConfigurationError if there are too many players for what has to look at every coalition."""
        if len(self) > most:
            raise ConfigurationError(
                f"{what} needs 2**players worths: at most {most} players, got {len(self)}; sample_shapley and "
                "sample_banzhaf estimate for more"
            )

    def remember(self, key: Hashable, make: Callable[[], Any]) -> Any:  # whatever `make` returns
        """Return what `make()` gives, worked out once for each key: a game never changes."""
        if key not in self._found:
            self._found[key] = make()
        return self._found[key]

    # ------------------------------------------------------------------------------------------------ for those who inherit
    def _ask(self, mask: int) -> Exact:
        assert self._worth is not None
        return self._worth(self.coalition(mask))

    def _tabulate(self) -> Sequence[Exact] | NDArray[Any]:
        """Return all worths by mask: a list, or an array of int64 or float64."""
        if self._worth is None:
            return [self._known[mask] for mask in range(1 << len(self))]
        half = len(self) // 2
        low = [self.coalition(mask) for mask in range(1 << half)]
        worths: list[Exact] = []
        for mask in range(1 << (len(self) - half)):
            above = self.coalition(mask << half)
            worths.extend(map(self._worth, map(above.union, low)))
        worths[0] = 0
        return worths

    # -------------------------------------------------------------------------------------------------------------- reading
    def _members(self, coalition: Any) -> Iterable[Player]:
        if isinstance(coalition, Hashable) and coalition in self._bit:
            return (coalition,)
        if isinstance(coalition, str) and coalition and all(letter in self._bit for letter in coalition):
            return coalition  # players named by one letter each
        if isinstance(coalition, str) or not isinstance(coalition, Iterable):
            raise ConfigurationError(f"coalition: expected players of this game, got {coalition!r}")
        return coalition

    def _read(self, table: Mapping[Any, Exact], otherwise: Exact | None) -> None:
        for coalition, worth in table.items():
            mask = self.mask(coalition)
            value = self._checked(worth, mask)
            if self._known.setdefault(mask, value) != value:
                stated = "the empty coalition, which is worth 0" if mask == 0 else f"coalition {coalition!r}"
                raise ConfigurationError(f"inconsistent worths for {stated}: {self._known[mask]} and {worth}")
        self.check_tabled("a game given by a table")
        missing = [mask for mask in range(1 << len(self)) if mask not in self._known]
        if missing and otherwise is None:
            raise ConfigurationError(
                f"the table lacks {len(missing)} of {1 << len(self)} coalitions, first {self.told(missing[0])}; "
                "otherwise=0 would say what they are worth"
            )
        self._known.update(dict.fromkeys(missing, otherwise if otherwise is not None else 0))

    def told(self, mask: int) -> str:
        """Return a coalition for people: its players in the game's order."""
        return "{" + ", ".join(str(player) for place, player in enumerate(self.players) if mask >> place & 1) + "}"

    def _checked(self, worth: object, mask: int) -> Exact:
        if type(worth) is int:
            return worth
        exact = fraction_of(worth, f"the worth of {self.told(mask)}")
        return _simple(exact) if is_exact(worth) else float(exact)

    def _keep(self, worths: Sequence[Exact] | NDArray[Any]) -> None:
        """Hold all worths as floats, and as whole numbers over one denominator if they are exact."""
        if isinstance(worths, np.ndarray) and worths.dtype == np.float64:
            self._floats = worths
        elif isinstance(worths, np.ndarray):
            self._whole, self._floats = (worths.astype(np.int64), 1), worths.astype(np.float64)
        else:
            self._keep_listed(worths)
        assert self._floats is not None
        self._floats.flags.writeable = False
        self._known.clear()

    def _keep_listed(self, worths: Sequence[Exact]) -> None:
        if not set(map(type, worths)) <= {int, float}:
            worths = [self._checked(worth, mask) for mask, worth in enumerate(worths)]
        try:
            self._floats = np.array(worths, dtype=np.float64)
        except OverflowError as cause:
            raise ConfigurationError("a worth is larger than a float can hold") from cause
        odd = np.flatnonzero(~np.isfinite(self._floats))
        if len(odd):
            mask = int(odd[0])
            raise ConfigurationError(f"the worth of {self.told(mask)} must be finite, got {worths[mask]}")
        kinds = set(map(type, worths))
        if float in kinds:
            return
        largest = float(np.abs(self._floats).max())
        if kinds == {int} and largest < _WHOLE:
            self._whole = np.array(worths, dtype=np.int64), 1
        elif largest < _WHOLE:
            exact = [Fraction(worth) for worth in worths]
            unit = common_denominator(exact)
            if largest * unit < _WHOLE:
                self._whole = np.array([int(worth * unit) for worth in exact], dtype=np.int64), unit


class NamedGame(CoalitionGame):
    """A game under other names: the same worths, with a new name for each player, in order."""

    def __init__(self, game: CoalitionGame, names: Iterable[Player]) -> None:
        self.game = game
        super().__init__(names, self._renamed, costs=game.costs)
        if len(self) != len(game):
            raise ConfigurationError(f"players: expected {len(game)} names, one for each player, got {len(self)}")

    def _renamed(self, coalition: Coalition) -> Exact:
        return self._ask(self.mask(coalition))

    def _ask(self, mask: int) -> Exact:
        return self.game.worth_of(mask)

    def _tabulate(self) -> Sequence[Exact] | NDArray[Any]:
        whole = self.game.whole()
        if whole is None:
            return self.game.table()
        return whole[0] if whole[1] == 1 else [self.game.worth_of(mask) for mask in range(1 << len(self))]


def _simple(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


def subset_sums(amounts: NDArray[Any]) -> NDArray[Any]:
    """Return the sum of every subset, by mask: shape (2**len(amounts),), the same type. Cost: O(2**n)."""
    sums = np.zeros(1 << len(amounts), dtype=amounts.dtype)
    for place, amount in enumerate(amounts):
        size = 1 << place
        np.add(sums[:size], amount, out=sums[size : 2 * size])
    return sums


def sizes(players: int) -> NDArray[np.int8]:
    """Return how many players each coalition has, by mask: shape (2**players,)."""
    return subset_sums(np.ones(players, dtype=np.int8))
