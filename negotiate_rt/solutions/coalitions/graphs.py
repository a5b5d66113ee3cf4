"""Games restricted by a graph: players can work together only as far as links between them reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.games import CoalitionGame, Player
from negotiate_rt.solutions.coalitions.values import Values, shapley


class GraphGame(CoalitionGame):
    """The restriction of a game to a graph: a coalition is worth what its connected parts are worth in all (Myerson 1977).

    links: pairs of players. ConfigurationError for a link that is no pair of two players of the game.
    """

    def __init__(self, game: CoalitionGame, links: Iterable[tuple[Player, Player]]) -> None:
        self.game = game
        self.neighbours = [0] * len(game)
        for link in links:
            pair = tuple(link)
            mask = game.mask(pair)
            if len(pair) != 2 or mask.bit_count() != 2:
                raise ConfigurationError(f"links: expected pairs of two players, got {link!r}")
            one, two = mask & -mask, mask & (mask - 1)
            self.neighbours[one.bit_length() - 1] |= two
            self.neighbours[two.bit_length() - 1] |= one
        super().__init__(game.players, self._restricted, costs=game.costs)

    def component(self, mask: int) -> int:
        """Return the connected part of a coalition that holds its first player."""
        reached, border = 0, mask & -mask
        while border:
            reached |= border
            near = 0
            while border:
                first = border & -border
                near |= self.neighbours[first.bit_length() - 1]
                border ^= first
            border = near & mask & ~reached
        return reached

    def _restricted(self, coalition: Any) -> Exact:
        return self._ask(self.mask(coalition))

    def _ask(self, mask: int) -> Exact:
        total: Exact = 0
        while mask:
            part = self.component(mask)
            total += self.game.worth_of(part)
            mask &= ~part
        return total

    def _tabulate(self) -> Sequence[Exact] | NDArray[Any]:
        """From smaller coalitions to larger ones: the first player's part, and what the rest is worth."""
        whole = self.game.whole()
        known: NDArray[Any] = self.game.table() if whole is None or whole[1] != 1 else whole[0]
        if whole is not None and whole[1] != 1:
            return [self._ask(mask) for mask in range(1 << len(self))]
        worths = np.zeros_like(known)
        for mask in range(1, len(known)):
            part = self.component(mask)
            worths[mask] = known[part] + worths[mask ^ part]
        return worths


def myerson_value(game: CoalitionGame, links: Iterable[tuple[Player, Player]]) -> Values:
    """Return the Shapley value of the game restricted to a graph: each link is worth the same to both of its ends.

    Within each connected part the values add up to its worth. Myerson (1977). Cost: O(n 2**n), up to 24 players.
    """
    return shapley(GraphGame(game, links))
