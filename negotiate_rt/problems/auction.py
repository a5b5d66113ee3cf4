"""What an auction is about: the calls to bidders, its options, its result, and what makes one price better than another.

Forward auctions sell: the highest bid wins. Reverse auctions buy (procurement): bids are asks, the lowest wins, the winner
is paid, and starting price and reserve are ceilings, where 0 means none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any, Literal

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.scalars import finite

Direction = Literal["forward", "reverse"]
DIRECTIONS = ("forward", "reverse")
SLACK = 1e-9  # of an increment: 0.3 is a step of 0.1 above 0.2, whatever binary fractions say
EXACT = 2.0**53  # from here on floats leave whole numbers out
MOST_TICKS = 1_000_000  # that a clock may take


class AuctionCall(msgspec.Struct, frozen=True, kw_only=True, tag="auction-call"):
    """What a bidder is told in a sealed auction: the lot, the price that bidding starts at (None: any ask is taken), and
    when bids close (a time of receipt on the society's clock, inclusive; None: not before all have answered). The reserve
    stays with the auctioneer.
    """

    lot: Any  # whatever the caller sells
    starting_price: float | None = 0.0
    closes_at: float | None = None
    direction: Direction = "forward"

    def in_words(self) -> str:
        """Return the call as a sentence, for a language model."""
        what, bound = ("asks", "above") if self.direction == "reverse" else ("bids", "below")
        return f"Sealed {what}, one each" + (f"; none {bound} {self.starting_price:g}." if self.starting_price else ".")


class OutcryCall(msgspec.Struct, frozen=True, kw_only=True, tag="outcry-call"):
    """What is cried out in an open auction: the standing price and bidder (None: nobody yet), the `least` bid that is taken
    now (in a reverse auction the most; None: any), when the round closes, and all bids that stood so far.

    increment: how far a bid must go beyond the standing one. last: the auction ends unless somebody bids in this round.
    """

    lot: Any  # whatever the caller sells
    price: float | None = 0.0
    bidder: str | None = None
    least: float | None = 0.0
    increment: float = 1.0
    round: int = 1
    closes_at: float | None = None
    direction: Direction = "forward"
    bids: tuple[Any, ...] = ()  # of Bid
    last: bool = False

    def in_words(self) -> str:
        """Return the call as a sentence, for a language model."""
        stands = "Nobody has bid yet" if self.bidder is None else f"{self.bidder} stands at {self.price:g}"
        most = "at most" if self.direction == "reverse" else "at least"
        bid = "bid" if self.least is None else f"bid {most} {self.least:g}"
        end = "; without another bid this round is the last" if self.last else ""
        return f"{stands}: {bid}, reject to let the round pass, or refuse to leave the bidding{end}."


class ClockCall(msgspec.Struct, frozen=True, kw_only=True, tag="clock-call"):
    """One tick of a clock auction: the price that is asked now, until when, and the price of the next tick (None: this is
    the last). `bidding`: how many were still in before this tick, where that is public.
    """

    lot: Any  # whatever the caller sells
    price: float = 0.0
    following: float | None = None
    round: int = 1
    closes_at: float | None = None
    direction: Direction = "forward"
    bidding: int | None = None

    def in_words(self) -> str:
        """Return the call as a sentence, for a language model."""
        then = "this is the last price" if self.following is None else f"the next price will be {self.following:g}"
        return f"The clock asks {self.price:g}: propose it to agree; {then}."


class AuctionClosed(msgspec.Struct, frozen=True, kw_only=True, tag="auction-closed"):
    """What everybody who has not won hears at the end of an open auction: who got the lot at which price (None: nobody)."""

    bidder: str | None = None
    price: float | None = None


class AuctionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of an auction; prices in the lot's currency, finite, never negative.

    reserve_price: nothing is sold below it (reverse: nothing bought above it; 0: no ceiling). starting_price: where bidding
    starts; what does not reach it is no bid (reverse: what exceeds it; 0: any). increment: the least step of open bidding.
    reply_by: seconds or timedelta for bids, in open auctions for each round (None: half of what is left). direction:
    "forward" sells, "reverse" buys. Raises ConfigurationError.
    """

    starting_price: float = 0.0
    reserve_price: float = 0.0
    increment: float = 1.0
    reply_by: float | timedelta | None = None
    direction: Direction = "forward"

    def __post_init__(self) -> None:
        for name in ("starting_price", "reserve_price", "increment"):
            value = getattr(self, name)
            if value.__class__ is not float or not 0 <= value < math.inf:
                force_setattr(self, name, amount(value, f"options.{name}: expected a finite price of at least 0"))
        if self.reply_by is not None:
            force_setattr(self, "reply_by", wait("options.reply_by", self.reply_by))
        if self.direction not in DIRECTIONS:
            hint = suggest(str(self.direction), DIRECTIONS)
            raise ConfigurationError(f"options.direction: expected forward or reverse, got {self.direction!r}{hint}")

    @property
    def reverse(self) -> bool:
        """Whether the auction buys: the lowest ask wins."""
        return self.direction == "reverse"

    @property
    def limit(self) -> float:
        """The worst price at which there is a deal: the reserve, infinite for a reverse auction without a ceiling."""
        return self.reserve_price or math.inf if self.reverse else self.reserve_price

    @property
    def start(self) -> float:
        """The worst price that is a bid: the starting price, infinite for a reverse auction without one."""
        return self.starting_price or math.inf if self.reverse else self.starting_price

    @property
    def worst(self) -> float:
        """The worst price that a deal can have: neither the reserve nor the starting price is passed."""
        return min(self.limit, self.start) if self.reverse else max(self.limit, self.start)

    def wait_for(self, left: float) -> float:
        """Return the seconds that bids get, of those that are left."""
        return left / 2 if self.reply_by is None else float(self.reply_by)  # type: ignore[arg-type]  # seconds by now


class EnglishOptions(AuctionOptions, frozen=True, kw_only=True):
    """Options of an English auction. calls: it ends when nobody has outbid in so many rounds running ("going once, going
    twice"); a bidder may let a round pass while calls are left. The increment must be above 0.
    """

    calls: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_step(self.increment, "increment")
        if isinstance(self.calls, bool) or not isinstance(self.calls, int) or self.calls < 1:
            raise ConfigurationError(f"options.calls: expected a whole number of at least 1, got {self.calls!r}")


class ClockOptions(AuctionOptions, frozen=True, kw_only=True):
    """Options of an auction by the clock, whose price moves by `increment` a tick: up where a Japanese auction sells, down
    where it buys. tick: seconds or timedelta that each price stands (None: until all have answered, reply_by at most).
    """

    tick: float | timedelta | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tick is not None:
            force_setattr(self, "tick", wait("options.tick", self.tick))
        check_step(self.increment, "increment")
        self.check_path()

    def check_path(self) -> None:
        """Raise ConfigurationError unless the clock has a price to start from and moves."""
        if self.reverse and not self.starting_price:
            raise ConfigurationError("options.starting_price: a clock that falls starts somewhere: expected a price above 0")
        if self.starting_price + self.increment == self.starting_price:
            raise stuck("increment", self.increment, self.starting_price)

    def wait_for(self, left: float) -> float:
        """Return the seconds that a price stands, of those that are left."""
        return super().wait_for(left) if self.tick is None else float(self.tick)  # type: ignore[arg-type]  # seconds by now


class DutchOptions(ClockOptions, frozen=True, kw_only=True):
    """Options of a Dutch auction: the price falls from starting_price by `decrement` a tick (None: by the increment), and
    its last tick is the reserve itself. Where it buys, the price rises to the reserve. Raises ConfigurationError for a
    price that does not get there.
    """

    decrement: float | None = None

    def __post_init__(self) -> None:
        if self.decrement is not None:
            expected = "options.decrement: expected a finite price of at least 0"
            force_setattr(self, "decrement", amount(self.decrement, expected))
            check_step(self.decrement, "decrement")
            force_setattr(self, "increment", self.decrement)
        super().__post_init__()

    @property
    def ticks(self) -> int:
        """How many prices are asked, from the first to the reserve."""
        return 1 + math.ceil(abs(self.starting_price - self.reserve_price) / self.increment * (1 - SLACK))

    def check_path(self) -> None:
        """Raise ConfigurationError unless the price gets from its start to the reserve."""
        start, reserve, step = self.starting_price, self.reserve_price, self.increment
        if self.reverse and not reserve:
            raise ConfigurationError("options.reserve_price: an ask that rises stops somewhere: expected a price above 0")
        if not self.reverse and not start:
            raise ConfigurationError("options.starting_price: a Dutch auction starts high: expected a price above 0")
        if start > reserve if self.reverse else start < reserve:
            side = "above" if self.reverse else "below"
            raise ConfigurationError(
                f"options.starting_price: {start:g} is {side} the reserve {reserve:g}: the price never gets there by moving "
                f"{'up' if self.reverse else 'down'}"
            )
        if start != reserve and (start + step == start or reserve + step == reserve or self.ticks > MOST_TICKS):
            raise stuck("decrement", step, start, f"the reserve {reserve:g}")

    def price_at(self, tick: int) -> float:
        """Return the price of a tick, counted from 1."""
        if tick >= self.ticks:
            return self.reserve_price
        moved = (tick - 1) * self.increment
        return self.starting_price + moved if self.reverse else self.starting_price - moved


def stuck(name: str, step: float, start: float, goal: str = "another price") -> ConfigurationError:
    """Return the error for a clock that gets nowhere."""
    return ConfigurationError(f"options.{name}: by steps of {step:g} the price never gets from {start:g} to {goal}")


def check_step(step: float, name: str) -> None:
    """Raise ConfigurationError unless a price that moves by this step gets anywhere."""
    if not step > 0:
        raise ConfigurationError(f"options.{name}: expected a price above 0, or the price never moves; got {step!r}")


def amount(value: object, expected: str) -> float:
    """Return a finite number of at least 0. Raises ConfigurationError."""
    try:
        number = finite(value, "", ConfigurationError)
    except ConfigurationError:
        number = -1.0
    if number < 0:
        raise ConfigurationError(f"{expected}, got {value!r}")
    return number


def wait(name: str, given: object) -> float:
    """Return a duration above 0 in seconds. Raises ConfigurationError."""
    seconds = given.total_seconds() if isinstance(given, timedelta) else given
    expected = f"{name}: expected seconds above 0"
    if not (number := amount(seconds, expected)):
        raise ConfigurationError(f"{expected}, got {given!r}")
    return number


class AuctionResult(msgspec.Struct, frozen=True, kw_only=True):
    """How an auction ended. `winner` is the bidder handed in; `reason` begins with a code where nothing was sold.

    `pay_price` is what the winner pays, or in a reverse auction is paid. `bids` in the order of arrival; in open auctions
    those that stood. `allocation` and `payments` (by bidder's name) are filled where there are many winners.
    """

    success: bool
    winner: Any = None  # the bidder handed in
    winning_bid: Any = None  # a Bid
    pay_price: float | None = None
    bids: tuple[Any, ...] = ()  # of Bid
    reason: str | None = None
    allocation: Mapping[str, Any] | None = None
    payments: Mapping[str, float] | None = None


# -- which price is better --------------------------------------------------------------------------------------------


def reaches(price: float, limit: float, reverse: bool = False) -> bool:
    """Whether a price is at least as good for the auctioneer as a limit."""
    return price <= limit if reverse else price >= limit


def step_beyond(price: float, step: float, reverse: bool = False) -> float:
    """Return the price one step better than another: always a different one, however small the step; at least 0."""
    if reverse:
        lower = price - step
        return max(lower if lower < price else math.nextafter(price, 0.0), 0.0)
    higher = price + step
    return higher if higher > price else math.nextafter(price, math.inf)


def outbids(bid: float, standing: float, step: float, reverse: bool = False) -> bool:
    """Whether a bid goes at least a step beyond the standing one: exact for whole numbers of any size, for other numbers
    within rounding. A bid that equals the standing one never does."""
    gap = distance(standing, bid) if reverse else distance(bid, standing)
    if gap <= 0:
        return False
    slack = SLACK * step
    if not (isinstance(bid, int) and isinstance(standing, int)):
        slack += 2 * math.ulp(max(bid, standing)) if max(bid, standing) < EXACT else 0.0
    return gap >= step - slack


def distance(higher: float, lower: float) -> float:
    """Return the difference of two prices; ints beyond 2^53 are not rounded to floats first."""
    if higher.__class__ is lower.__class__ or max(abs(higher), abs(lower)) < EXACT:
        return higher - lower
    return float(Fraction(higher) - Fraction(lower))
