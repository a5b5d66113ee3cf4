"""The bargaining set: payoffs at which every objection of one partner against another can be countered.

Aumann and Maschler (1964), the set M_1^i. At payoffs x of a coalition structure an objection of i against a partner j is a
coalition S with i and without j, and a way y to share out v(S) that gives each of its members more than x does. A
counter-objection of j is a coalition T with j and without i, and a way z to share out v(T) that gives each of its members at
least what x gives, and those who are also in S at least what y offers. What has no counter-objection is justified.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import permutations

import msgspec
import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.games import Coalition, CoalitionGame, Player, Vector
from negotiate_rt.solutions.coalitions.payoffs import (
    Excesses,
    Payoffs,
    blocks_of,
    excesses,
    payoffs_of,
    rationality_fault,
)  # fmt: skip
from negotiate_rt.solutions.linear_program import maximise

MOST_PLAYERS = 12
_MARGIN = 1e-9  # of what a coalition can share out: an objection must beat all answers by more
_DENOMINATOR = 10**9  # of shares, so that exact games get payoffs fit to read


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """What `player` says against `against`: with `coalition` I can pay these `payoffs`. Also a counter-objection."""

    player: Player
    against: Player
    coalition: Coalition
    payoffs: dict[Player, Exact]

    def __str__(self) -> str:
        paid = ", ".join(f"{player} {float(payoff):.10g}" for player, payoff in self.payoffs.items())
        return f"{self.player} against {self.against}: ({paid})"


class BargainingSetVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether payoffs lie in the bargaining set; true or false like a bool.

    objection: where they do not, one that is justified; where they do, one of those that are countered (None if there is no
    objection at all), and counter_objection: what answers it. reason: in words.
    """

    holds: bool
    objection: Objection | None = None
    counter_objection: Objection | None = None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.holds

    def __str__(self) -> str:
        return self.reason


def is_in_bargaining_set(
    game: CoalitionGame, payoffs: Payoffs, structure: Iterable[Iterable[Player]] | None = None
) -> BargainingSetVerdict:
    """Return whether payoffs lie in the bargaining set of a coalition structure (by default all together).

    For all partners i, j and every coalition S that can object, a linear program finds the offer that is hardest to counter;
    the payoffs are in the set if each of these can be countered. Those that are no imputation are not in it. Up to 12
    players (ConfigurationError beyond). Cost: at most n**2 2**n small programs; none at payoffs in the core.
    """
    game.check_tabled("the bargaining set", MOST_PLAYERS)
    blocks = blocks_of(game, structure)
    excess = excesses(game, payoffs)
    fault = rationality_fault(game, excess, blocks)
    if fault is not None:
        return BargainingSetVerdict(
            holds=False, reason=f"no imputation: {game.told(fault)} does not share out its worth, or gets less than alone"
        )
    example: Objection | None = None
    for i, j in _partners(blocks, len(game)):
        for mask in _objecting(excess, i, j):
            found = _hardest(game, payoffs, excess, (i, j), mask)
            if found and counter_objection(game, payoffs, found) is None:
                return BargainingSetVerdict(
                    holds=False, objection=found,
                    reason=f"not in the bargaining set: {found}, and {found.against} has no counter-objection",
                )  # fmt: skip
            example = example or _evenly(game, payoffs, excess, (i, j, mask))
    if example is None:
        return BargainingSetVerdict(holds=True, reason="in the bargaining set: nobody has an objection")
    answer = counter_objection(game, payoffs, example)
    reason = f"in the bargaining set: all objections are countered, such as {example} by {answer}"
    return BargainingSetVerdict(holds=True, objection=example, counter_objection=answer, reason=reason)


def counter_objection(game: CoalitionGame, payoffs: Payoffs, objection: Objection) -> Objection | None:
    """Return a counter-objection: the one that leaves most over to share, shared evenly; None if the objection is justified.

    ConfigurationError if the objection is none: its coalition holds its target or not its speaker, does not share out its
    worth exactly, or gives somebody no more than before. Cost: O(2**n).
    """
    excess = excesses(game, payoffs)
    _check(game, payoffs, objection, excess.tolerance)
    i, j = 1 << game.players.index(objection.player), 1 << game.players.index(objection.against)
    before = dict(zip(game.players, payoffs_of(game, payoffs), strict=True))
    asked = {**before, **objection.payoffs}
    left = excesses(game, asked)
    masks = np.arange(len(left.values))
    able = (masks & j != 0) & (masks & i == 0)
    best = int(np.flatnonzero(able)[left.values[able].argmax()])
    if left.values[best] < -left.tolerance:
        return None
    sign = -1 if game.costs else 1
    spare = max(left.told(best), 0) / best.bit_count()
    members = [player for place, player in enumerate(game.players) if best >> place & 1]
    paid = {player: asked[player] + sign * spare for player in members}
    return Objection(
        player=objection.against, against=objection.player, coalition=game.coalition(best), payoffs=paid
    )  # fmt: skip


def _partners(blocks: list[int], players: int) -> list[tuple[int, int]]:
    return [
        pair for block in blocks for pair in permutations([place for place in range(players) if block >> place & 1], 2)
    ]  # fmt: skip


def _objecting(excess: Excesses, i: int, j: int) -> list[int]:
    """Return the coalitions that can object, the one with most to share out first; none where j alone can counter all."""
    if excess.values[1 << j] >= -excess.tolerance:
        return []
    masks = np.arange(len(excess.values))
    able = np.flatnonzero((masks >> i & 1 == 1) & (masks >> j & 1 == 0) & (excess.values > excess.tolerance))
    return [int(mask) for mask in able[np.argsort(-excess.values[able], kind="stable")]]


def _hardest(
    game: CoalitionGame, payoffs: Payoffs, excess: Excesses, pair: tuple[int, int], mask: int
) -> Objection | None:
    """Return the objection of a coalition that is hardest to counter; None if every one of its can be countered.

    Of what S can share out beyond x, d_k >= 0 goes to member k. T counters unless d(T with S) > e(T, x), so that only the
    largest e(T, x) matters for each part R of S without i. The program maximises the smallest d(R) - e(R).
    """
    members = [place for place in range(len(game)) if mask >> place & 1 and place != pair[0]]
    needs = _needs(excess, mask, pair, members)
    total = float(excess.values[mask])
    if needs[0] >= -excess.tolerance or needs.max() >= total - excess.tolerance:
        return None
    parts = np.flatnonzero(needs > -total)  # more than that to spare is no use: it is the empty part's at most
    needs[0] = max(needs[0], -total)
    parts = np.union1d(parts, [0])
    inside = (parts[:, None] >> np.arange(len(members)) & 1).astype(np.float64)
    shares = _program(inside, needs[parts] / total)
    if shares is None:
        return None
    return _offer(game, payoffs, excess, (*pair, mask), dict(zip(members, shares, strict=True)))


def _needs(excess: Excesses, mask: int, pair: tuple[int, int], members: list[int]) -> Vector:
    """Return, for each part R of the members, the largest excess of a coalition with j, without i, that holds R of S."""
    i, j = pair
    needs = np.full(1 << len(members), -np.inf)
    masks = np.arange(len(excess.values))
    masks = masks[(masks >> j & 1 == 1) & (masks >> i & 1 == 0)]
    part = np.zeros(len(masks), dtype=np.intp)
    for k, place in enumerate(members):
        part |= (masks >> place & 1) << k
    np.maximum.at(needs, part, excess.values[masks].astype(np.float64))
    return needs


def _program(inside: Vector, needs: Vector) -> list[Fraction] | None:
    """Return members' shares of 1 that exceed all needs by as much as possible, each above 0; None if they cannot.

    max_d min_R d(R) - needs(R) is solved through its dual, which has a row for each member and a column for each part.
    """
    parts, count = inside.shape
    columns = np.zeros((count + 1, parts + 1 + count))
    columns[:count, :parts], columns[:count, parts], columns[:count, parts + 1 :] = inside.T, -1.0, np.eye(count)
    columns[count, :parts] = 1.0
    goal = np.concatenate((needs, [-1.0], np.zeros(count)))
    best = maximise(goal, columns, np.append(np.zeros(count), 1.0))
    if best is None or best.value >= -_MARGIN:
        return None
    mixed = min(0.5, -best.value / 2)  # with an even split, so that each gains something: half of the margin is left
    shares = (1 - mixed) * np.maximum(best.prices[:count], 0.0) + mixed / (count + 1)
    return [Fraction(float(share)).limit_denominator(_DENOMINATOR) for share in shares]


def _offer(
    game: CoalitionGame, payoffs: Payoffs, excess: Excesses, objecting: tuple[int, int, int], shares: dict[int, Fraction]
) -> Objection:
    """Return the objection that gives each member its share of the excess, and its speaker the rest."""
    i, j, mask = objecting
    before = payoffs_of(game, payoffs)
    total = excess.told(mask)
    sign = -1 if game.costs else 1
    split = {**shares, i: 1 - sum(shares.values())}
    paid: dict[Player, Exact] = {}
    for place in sorted(split):
        gain = split[place] * total if isinstance(total, Fraction) else float(split[place]) * total
        paid[game.players[place]] = before[place] + sign * gain
    return Objection(player=game.players[i], against=game.players[j], coalition=game.coalition(mask), payoffs=paid)


def _evenly(game: CoalitionGame, payoffs: Payoffs, excess: Excesses, objecting: tuple[int, int, int]) -> Objection:
    members = [place for place in range(len(game)) if objecting[2] >> place & 1 and place != objecting[0]]
    return _offer(game, payoffs, excess, objecting, dict.fromkeys(members, Fraction(1, len(members) + 1)))


def _check(game: CoalitionGame, payoffs: Payoffs, objection: Objection, tolerance: float) -> None:
    """Raise ConfigurationError for what is no objection."""
    members = objection.coalition
    if objection.player not in members or objection.against in members or set(objection.payoffs) != set(members):
        raise ConfigurationError(
            "objection: expected payoffs for its coalition, which holds the objecting player and not the one it is against"
        )
    sign = -1 if game.costs else 1
    worth = game.worth(members)
    if abs(float(sum(objection.payoffs.values()) - worth)) > tolerance:
        raise ConfigurationError(f"objection: the payoffs must add up to the coalition's worth, {worth}")
    unmoved = [player for player, payoff in objection.payoffs.items() if sign * payoff <= sign * payoffs[player]]
    if unmoved:
        raise ConfigurationError(f"objection: {unmoved[0]!r} gains nothing, so that it would not join")
