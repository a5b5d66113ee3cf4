"""Better and better partitions of many players: from a start, whatever merge, split or move helps most, until none does."""

from __future__ import annotations

import random
from collections.abc import Iterator

from negotiate_rt.problems.games import CoalitionGame

_FEW = 24  # players up to which the best of all changes is made; with more, the first that helps


class _Search:
    """Climbs in one game, counting how many coalitions were looked at. In a cost game worths are negated."""

    def __init__(self, game: CoalitionGame, effort: int) -> None:
        self.game = game
        self.left = effort
        self.hasty = len(game) > _FEW
        self.sign = -1.0 if game.costs else 1.0

    def worth(self, mask: int) -> float:
        self.left -= 1
        return self.sign * float(self.game.worth_of(mask)) if mask else 0.0

    def climb(self, masks: list[int]) -> tuple[float, list[int]]:
        """Return a partition that no merge of two, no move of a player and no split in two found betters, and its worth."""
        worths = {mask: self.worth(mask) for mask in masks}
        while self.left > 0:
            best, gain = None, 1e-12 * max(1.0, sum(map(abs, worths.values())))
            for olds, news in self._changes(list(worths)):
                made = sum(worths[one] if one in worths else self.worth(one) for one in news)
                grown = made - sum(worths[one] for one in olds)
                if grown > gain:
                    best, gain = (olds, news), grown
                if self.left <= 0 or (best is not None and self.hasty):
                    break
            if best is None:
                break
            for one in best[0]:
                del worths[one]
            worths.update({one: self.worth(one) for one in best[1] if one})
        return sum(worths.values()), list(worths)

    def _changes(self, masks: list[int]) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Yield (coalitions that go, coalitions that come)."""
        for place, one in enumerate(masks):
            for other in masks[place + 1 :]:
                yield (one, other), (one | other,)
            bits = [1 << bit for bit in range(len(self.game)) if one >> bit & 1]
            for bit in bits if len(bits) > 1 else ():
                if len(bits) > 2 or bit == bits[0]:
                    yield (one,), (bit, one ^ bit)
                for other in masks:
                    if other != one:
                        yield (one, other), (one ^ bit, other | bit)
            for cut in range(2, len(bits) - 1):
                head = sum(bits[:cut])
                yield (one,), (head, one ^ head)


def search(game: CoalitionGame, rng: random.Random, effort: int) -> list[int]:
    """Return the best partition found within about `effort` coalitions looked at.

    From the players alone, from all together, then from partitions drawn at random.
    """
    climber = _Search(game, effort)
    singles = [1 << place for place in range(len(game))]
    worth, best = climber.climb(singles)
    start = [game.grand]
    while climber.left > 0:
        reached, found = climber.climb(start)
        if reached > worth:
            worth, best = reached, found
        start = _drawn(len(game), rng)
    return best


def _drawn(players: int, rng: random.Random) -> list[int]:
    """Draw a partition: as many coalitions as chance says, each player in one of them."""
    count = rng.randint(2, max(2, players // 2))
    masks = [0] * count
    for place in range(players):
        masks[rng.randrange(count)] |= 1 << place
    return [mask for mask in masks if mask]
