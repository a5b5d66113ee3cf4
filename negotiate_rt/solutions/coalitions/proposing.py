"""Who gets what when coalitions are formed by offers and delay costs: stationary equilibria of bargaining among n players.

In turn somebody proposes a coalition and a division; if all its members accept, it is final, else a round is lost, which
costs a part of what is left, 1 - discount, and somebody else proposes. Responders accept what they would get by waiting.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import numpy as np

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact, fraction_of, is_exact
from negotiate_rt.problems.games import Coalition, CoalitionGame, Player, sizes, subset_sums

MOST_PLAYERS = 16


class ProposerPayoffs(msgspec.Struct, frozen=True, kw_only=True):
    """What each player gets if it is the one to propose, and the coalition that it proposes; as a responder it gets, and
    accepts from, `waiting`."""

    payoffs: dict[Player, Exact]
    proposals: dict[Player, Coalition]
    waiting: dict[Player, Exact]


def rejector_proposes(game: CoalitionGame, discount: Exact) -> ProposerPayoffs:
    """Return the stationary equilibrium where who rejects proposes next, of all players at once.

    p_i = max over S with i of v(S) - discount · sum of p_j over the others in S; others get discount · p_j. Solved coalition by
    coalition: those in the S that maximises v(S) / (1 + discount (|S| - 1)) get this much, then those left, given what they
    have to pay the former. All form one coalition if and only if it is the best for everybody; each proposer then gets v(N) /
    (1 + discount (n - 1)), which for two is Rubinstein's share. Chatterjee, Dutta, Ray and Sengupta (1993). Worths may not be
    negative. Fractions where all is exact. Cost: O(n 2**n), up to 16 players; ConfigurationError beyond.
    """
    delta = _discount(game, discount)
    table, scale = _table(game, delta)
    masks = np.arange(len(table))
    size = sizes(len(game)).astype(np.int64)
    payoffs: list[Any] = [None] * len(game)
    proposals = [0] * len(game)
    known = 0
    while known != game.grand:
        paid = [Fraction(0) if payoff is None else Fraction(payoff) for payoff in payoffs]
        owed = subset_sums(np.array([float(one) * float(delta) for one in paid]))
        unknown = size[masks & ~known]
        share = np.where(unknown > 0, (table - owed) / (1 + float(delta) * (unknown - 1)), -np.inf)
        best = float(share.max())
        tied = np.flatnonzero(share >= best - 1e-12 * scale)
        mask = min(map(int, tied), key=lambda one: (-one.bit_count(), one))
        fresh = mask & ~known
        rest = sum((delta * paid[place] for place in range(len(game)) if mask & known & 1 << place), Fraction(0))
        each = (Fraction(game.worth_of(mask)) - rest) / (1 + delta * (fresh.bit_count() - 1))
        for place in range(len(game)):
            if fresh >> place & 1:
                payoffs[place], proposals[place] = each, mask
        known |= fresh
    return _told(game, payoffs, proposals, delta, is_exact(discount))


def random_proposer_shares(game: CoalitionGame, discount: Exact) -> ProposerPayoffs | None:
    """Return the stationary equilibrium where each round's proposer is drawn at random, if all form one coalition in it; else
    None.

    Everybody expects v(N) / n: responders get discount · v(N) / n, the proposer the rest. It is an equilibrium if and only if
    no proposer gains by leaving somebody out, v(N) - v(S) >= discount (n - |S|) v(N) / n for all S; as the discount goes to
    1, if v(N)/n >= v(S)/|S|. Okada (1996). Cost: O(2**n), up to 16 players; ConfigurationError beyond.
    """
    delta = _discount(game, discount)
    table, scale = _table(game, delta)
    count = len(game)
    whole = Fraction(game.worth_of(game.grand))
    lost = float(delta) * (count - sizes(count)) * float(whole) / count
    if (float(whole) - table < lost - 1e-12 * scale)[1:].any():
        return None
    first = whole - delta * (count - 1) * whole / count
    told = _told(game, [first] * count, [game.grand] * count, delta, is_exact(discount))
    expected = dict.fromkeys(game.players, _as_told(game, delta * whole / count, is_exact(discount)))
    return ProposerPayoffs(payoffs=told.payoffs, proposals=told.proposals, waiting=expected)


def _discount(game: CoalitionGame, discount: Exact) -> Fraction:
    game.check_tabled("equilibrium offers", MOST_PLAYERS)
    if game.costs:
        raise ConfigurationError("equilibrium offers: expected a game of gains, got one of costs")
    delta = fraction_of(discount, "discount")
    if not 0 <= delta < 1:
        raise ConfigurationError(f"discount: expected from 0 to below 1, got {discount}: waiting must cost something")
    return delta


def _table(game: CoalitionGame, delta: Fraction) -> tuple[Any, float]:
    table = game.table()
    low = int(table.argmin())
    if table[low] < 0:
        raise ConfigurationError(f"equilibrium offers: worths may not be negative, that of {game.told(low)} is {table[low]:g}")
    return table, max(float(table.max()), 1e-300)


def _told(
    game: CoalitionGame, payoffs: list[Fraction], proposals: list[int], delta: Fraction, exact: bool
) -> ProposerPayoffs:  # fmt: skip
    players = game.players
    return ProposerPayoffs(
        payoffs={player: _as_told(game, payoff, exact) for player, payoff in zip(players, payoffs, strict=True)},
        proposals={player: game.coalition(mask) for player, mask in zip(players, proposals, strict=True)},
        waiting={player: _as_told(game, delta * payoff, exact) for player, payoff in zip(players, payoffs, strict=True)},
    )


def _as_told(game: CoalitionGame, value: Fraction, exact: bool) -> Exact:
    return value if exact and game.whole() is not None else float(value)
