"""Games that theory knows by name: weighted voting, bankruptcy, airport and glove markets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact, common_denominator, fraction_of, is_exact
from negotiate_rt.problems.games import CoalitionGame, Player, subset_sums

Amounts = Mapping[Player, Exact] | Sequence[Exact]

_WHOLE = 2**52


def named_amounts(amounts: Any, what: str) -> dict[Player, Exact]:
    """Return amounts by player: a mapping's own names, or 1, 2, ... for a sequence. None may be negative.

    ConfigurationError where there are none, and names the one that is no finite number of at least 0.
    """
    if isinstance(amounts, Mapping):
        named = dict(amounts)
    elif isinstance(amounts, (str, bytes)) or not isinstance(amounts, Iterable):
        raise ConfigurationError(f"{what}: expected numbers, or a table of them by name, got {amounts!r}")
    else:
        named = dict(enumerate(amounts, 1))
    if not named:
        raise ConfigurationError(f"{what}: there are none; at least one is needed")
    for name, amount in named.items():
        if fraction_of(amount, f"{what}: that of {name!r}") < 0:
            raise ConfigurationError(f"{what}: that of {name!r} must be at least 0, got {amount}")
    return named


class AmountsGame(CoalitionGame):
    """A game that a handful of numbers define: one for each player, and one for all. What a coalition is worth, `rule` says
    from the sum, the maximum or whatever of its members' numbers.
    """

    def __init__(self, amounts: Amounts, total: Exact, what: str, costs: bool = False) -> None:
        named = named_amounts(amounts, what)
        self.amounts = tuple(fraction_of(amount, what) for amount in named.values())
        self.total = fraction_of(total, f"the number that goes with the {what}")
        self.exact = all(map(is_exact, (*named.values(), total)))
        self._unit = common_denominator((*self.amounts, self.total))
        self._whole_amounts = [int(amount * self._unit) for amount in self.amounts]
        self._whole_total = int(self.total * self._unit)
        super().__init__(named, self._of, costs=costs)

    def _of(self, coalition: Any) -> Exact:
        return self._ask(self.mask(coalition))

    def _ask(self, mask: int) -> Exact:
        members = [amount for place, amount in enumerate(self._whole_amounts) if mask >> place & 1]
        value, scale = self._rule(members), self._scale()
        if not self.exact:
            return value / scale
        return value if scale == 1 else Fraction(value, scale)

    def _tabulate(self) -> Sequence[Exact] | NDArray[Any]:
        if sum(self._whole_amounts) + abs(self._whole_total) >= _WHOLE:  # too long for an array of whole numbers
            return [self._ask(mask) for mask in range(1 << len(self))]
        worths, scale = self._array(np.array(self._whole_amounts, dtype=np.int64)), self._scale()
        worths[0] = 0
        if not self.exact:
            return worths / scale
        return worths if scale == 1 else [Fraction(int(worth), scale) for worth in worths]

    def _scale(self) -> int:
        return self._unit

    def _rule(self, members: list[int]) -> int:
        raise NotImplementedError

    def _array(self, amounts: NDArray[np.int64]) -> NDArray[np.int64]:
        raise NotImplementedError


class WeightedVotingGame(AmountsGame):
    """The simple game [quota; weights]: a coalition wins, and is worth 1, if its weights reach the quota, else 0.

    weights: by player, or a sequence (players are then 1, 2, ...), none negative. quota: above 0 and at most their sum.

    >>> game = WeightedVotingGame(4, [3, 2, 1])
    >>> game.worth([1, 3]), game.worth([2, 3])
    (1, 0)
    """

    def __init__(self, quota: Exact, weights: Amounts) -> None:
        super().__init__(weights, quota, "weights")
        self.exact = True  # worths are 0 and 1, whatever the weights are
        if not 0 < self.total <= sum(self.amounts):
            raise ConfigurationError(
                f"quota: expected more than 0 and at most the sum of the weights, {float(sum(self.amounts))}, got {quota}"
            )

    def _rule(self, members: list[int]) -> int:
        return int(sum(members) >= self._whole_total)

    def _array(self, amounts: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.asarray(subset_sums(amounts) >= self._whole_total, dtype=np.int64)

    def _scale(self) -> int:
        return 1


class BankruptcyGame(AmountsGame):
    """The game of a bankruptcy problem: a coalition is worth what the others' claims leave, v(S) = max(0, E - c(N minus S)).

    claims: by player, or a sequence, none negative. estate: from 0 to the sum of the claims. O'Neill (1982); Aumann and
    Maschler (1985), whose theorem says that its nucleolus is the Talmud's division.
    """

    def __init__(self, claims: Amounts, estate: Exact) -> None:
        super().__init__(claims, estate, "claims")
        if not 0 <= self.total <= sum(self.amounts):
            raise ConfigurationError(
                f"estate: expected from 0 to the sum of the claims, {float(sum(self.amounts))}, got {estate}"
            )

    def _rule(self, members: list[int]) -> int:
        return max(0, self._whole_total - sum(self._whole_amounts) + sum(members))

    def _array(self, amounts: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.asarray(np.maximum(subset_sums(amounts) + (self._whole_total - int(amounts.sum())), 0))


class AirportGame(AmountsGame):
    """A cost game: a runway that serves a coalition costs what its largest aircraft needs, c(S) = max of its members' costs.

    costs: by player, or a sequence, none negative. Littlechild and Owen (1973).
    """

    def __init__(self, costs: Amounts) -> None:
        super().__init__(costs, 0, "costs", costs=True)

    def _rule(self, members: list[int]) -> int:
        return max(members, default=0)

    def _array(self, amounts: NDArray[np.int64]) -> NDArray[np.int64]:
        worths = np.zeros(1 << len(amounts), dtype=np.int64)
        for place, amount in enumerate(amounts):
            size = 1 << place
            np.maximum(worths[:size], amount, out=worths[size : 2 * size])
        return worths


class GloveGame(CoalitionGame):
    """A market for pairs: a coalition is worth the number of pairs its members can make, min(left gloves, right gloves).

    left, right: gloves by player; a player may hold both, or several. A sequence of names holds one each.
    Shapley and Shubik (1969).
    """

    def __init__(self, left: Mapping[Player, int] | Iterable[Player], right: Mapping[Player, int] | Iterable[Player]) -> None:
        self.left, self.right = (
            named_amounts(side if isinstance(side, Mapping) else dict.fromkeys(side, 1), "gloves")
            for side in (left, right)
        )
        self._hands: list[NDArray[Any]] = []
        super().__init__(dict.fromkeys((*self.left, *self.right)), self._pairs)
        for name, count in (*self.left.items(), *self.right.items()):
            if fraction_of(count, "gloves").denominator != 1:
                raise ConfigurationError(f"gloves: that of {name!r} must be a whole number, got {count}")

    def _pairs(self, coalition: Any) -> Exact:
        return int(min(sum(side.get(player, 0) for player in coalition) for side in (self.left, self.right)))

    def _tabulate(self) -> Sequence[Exact] | NDArray[Any]:
        hands = [
            subset_sums(np.array([int(side.get(player, 0)) for player in self.players], dtype=np.int64))
            for side in (self.left, self.right)
        ]
        return np.asarray(np.minimum(*hands))
