"""What to bid where everybody pays: the symmetric equilibrium of the all-pay auction with independent private values.

With n bidders, values from F on [low, high], G = F^(n-1) and a reserve r, nobody with a value below v0 bids, where
v0·G(v0) = max(r, 0), and from there on (Krishna, "Auction theory", 2nd ed., section 3.2)

    b(v) = v·G(v) - ∫_v0^v G(x) dx:

the bid of a first-price auction times the chance to win, so that both bring the same (revenue equivalence). For uniform values
on [0, 1] without a reserve: b(v) = v^n·(n-1)/n, and the seller gets (n-1)/(n+1).
"""

from __future__ import annotations

from negotiate_rt.solutions.equilibrium_bidding import Cdf, check_prior, integral, probability

HALVINGS = 80  # of an interval: below the resolution of a float


def all_pay_bid(
    value: float, bidders: int, cdf: Cdf | None = None, low: float = 0.0, high: float = 1.0, reserve: float = 0.0,
) -> float | None:  # fmt: skip
    """Return the equilibrium bid for a value, None for who does better to stay away.

    bidders: all of them, oneself included, at least 1. cdf: the distribution of each value, from 0 at `low` to 1 at `high`
    (None: uniform). A value above `high` bids as `high` does. Alone, a bidder bids the reserve. ConfigurationError for a cdf
    that is none. Cost: some 300 calls of the cdf, about 0.2 ms.
    """
    check_prior(bidders, low, high)
    top = min(value, high)

    def chance(worth: float) -> float:
        """The chance that all others are below."""
        share = (worth - low) / (high - low) if cdf is None else probability(cdf, worth)
        return min(max(share, 0.0), 1.0) ** (bidders - 1)

    if top < low or top * chance(top) < reserve:
        return None
    entry = least_entrant(chance, reserve, low, top)
    return max(top * chance(top) - integral(chance, entry, top), reserve, 0.0) if top > entry else max(reserve, 0.0)


def least_entrant(chance: Cdf, reserve: float, low: float, high: float) -> float:
    """Return the lowest value v with v·G(v) >= the reserve, by halving; `high` is one."""
    if low * chance(low) >= reserve:
        return low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if middle * chance(middle) >= reserve else (middle, high)
    return high
