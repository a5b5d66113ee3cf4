"""Invariants of what is sold, awarded and shared: winner and price follow from the recorded bids, computed anew here by the
plainest means; sealed bids stay sealed; budgets are kept; items and money are conserved."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from negotiate_rt.lab.invariants.witness import Event, Witness
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.messages.performatives import Cfp, Failure, Inform, Propose, Reject
from negotiate_rt.problems.auction import AuctionResult
from negotiate_rt.problems.bundles import CombinatorialResult
from negotiate_rt.problems.lots import AscendingResult
from negotiate_rt.problems.trading import MarketResult
from negotiate_rt.problems.units import UnitsResult
from negotiate_rt.protocols.awarding import ContractResult
from negotiate_rt.protocols.sealed_bid import SealedBidAuction

SLACK = 1e-9


def near(one: float, other: float) -> bool:
    """Whether two amounts are equal but for rounding."""
    return math.isclose(one, other, rel_tol=SLACK, abs_tol=SLACK)


def proposals(seen: Witness) -> list[Event]:
    """Return the proposals that the initiator has heard, in order."""
    convener = seen.protocol.convener
    return [
        e for e in seen.events if e.kind == "heard" and e.end.seat.role == convener and isinstance(e.message, Propose)
    ]


def recorded(seen: Witness) -> Iterator[str]:
    """Every bid that counts was heard from its bidder, and is told as it was said."""
    result = seen.outcome.result if seen.outcome is not None else None
    bids: Sequence[Any] = getattr(result, "bids", ())
    if not bids or not seen.protocol.convener:
        return
    heard = [(event.end.other, event.message.value) for event in proposals(seen)]  # type: ignore[attr-defined]  # a Propose
    for bid in bids:
        said_so = (said for name, said in heard if isinstance(bid, Bid) and name == bid.agent)
        if isinstance(bid, Bid) and not any(said == bid.value or holds(said, bid.value) for said in said_so):
            yield f"a bid {bid.value!r} of {bid.agent} counts that was never heard"


def holds(said: Any, part: Any) -> bool:
    """Whether a message's value holds a bid as a part or in another form (a lot's price, a bundle bid, a schedule)."""
    if (
        getattr(said, "price", None) == part
        or getattr(said, "value", None) == part
        or getattr(part, "price", None) is not None
    ):
        return True
    return not isinstance(part, (int, float)) or not isinstance(said, (int, float))


def sealed_bids_counted(seen: Witness) -> Iterator[str]:
    """In a sealed auction every valid bid that came before the close, of somebody who is still there, counts."""
    outcome = seen.outcome
    if (
        not isinstance(seen.protocol, SealedBidAuction)
        or outcome is None
        or not isinstance(outcome.result, AuctionResult)
    ):
        return
    gone = {fault.who for fault in outcome.faults} | {
        event.end.other for event in seen.events if event.kind == "passed" and type(event.message).__name__ == "Left"
    }
    counted = {bid.agent for bid in outcome.result.bids if isinstance(bid, Bid)}
    lists = all(isinstance(bid, Bid) for bid in outcome.result.bids)
    for event in proposals(seen):
        name, value = event.end.other, event.message.value  # type: ignore[attr-defined]  # a Propose
        valid = isinstance(value, (int, float)) and meets(value, seen.options.start, seen.options.reverse)
        if valid and event.state == "awaiting_result" and name not in counted and name not in gone and lists:
            yield f"the bid {value:g} of {name} came in time and does not count"


def meets(price: float, limit: float, reverse: bool) -> bool:
    """Whether a price is at least as good for the auctioneer as a limit."""
    return price <= limit if reverse else price >= limit


# -- who has won, at which price --------------------------------------------------------------------------------------


def winner_and_price(seen: Witness) -> Iterator[str]:
    """Winner and price follow from the recorded bids and the rule of the auction."""
    outcome = seen.outcome
    result = outcome.result if outcome is not None else None
    rule = RULES.get(seen.protocol.name)
    if outcome is None or result is None or rule is None or seen.protocol.joint is None:
        return
    if isinstance(result, AuctionResult) and result.success != outcome.agreed:
        yield f"success={result.success}, but {outcome.final_state}"
    yield from rule(seen, result)


def _single(seen: Witness, result: AuctionResult) -> Iterator[str]:
    """One lot, sealed bids: the best that meets the reserve wins; the price by the rule."""
    reverse, limit, worst = seen.options.reverse, seen.options.limit, seen.options.worst
    values = [bid.value for bid in result.bids]
    good = [value for value in values if meets(value, limit, reverse)]
    if not result.success:
        if good:
            yield f"nothing was sold, although {max(good):g} was bid and the limit is {limit:g}"
        return
    best = (min(good) if reverse else max(good)) if good else math.nan
    won = result.winning_bid
    if won is None or won.value != best:
        yield f"{won} has won, the best bid is {best:g}"
        return
    if won not in result.bids or getattr(result.winner, "name", won.agent) != won.agent:
        yield f"{result.winner} has won with the bid of {won.agent}"
    if seen.protocol.name == "vickrey-auction":
        rest = sorted(values, reverse=not reverse)[1:2]
        price = (min([worst, *rest]) if reverse else max([worst, *rest])) if rest or worst < math.inf else won.value
        price = won.value if price == math.inf else price
    else:
        price = won.value
    if result.pay_price is None or not near(result.pay_price, price):
        yield f"the price is {result.pay_price}, by the bids it is {price:g}"
    if seen.protocol.name == "all-pay-auction":
        due = {bid.agent: bid.value for bid in result.bids if bid.value >= limit}
        if dict(result.payments or {}) != due:
            yield f"due are {due}, asked is {dict(result.payments or {})}"


def _outcry(seen: Witness, result: AuctionResult) -> Iterator[str]:
    """Open outcry: each bid that stood goes beyond the one before by the increment; the last wins at its price."""
    options, values = seen.options, [bid.value for bid in result.bids]
    for before, after in pairwise(values):
        step = (before - after) if options.reverse else (after - before)
        if step < options.increment * (1 - 1e-6) - 4 * math.ulp(max(before, after)) or step <= 0:
            yield f"{after:g} was taken on top of {before:g}, with an increment of {options.increment:g}"
    if values and not meets(values[0], options.start, options.reverse):
        yield f"the first bid {values[0]:g} does not reach the start {options.start:g}"
    for one, two in pairwise(result.bids):
        if one.agent == two.agent:
            yield f"{one.agent} has outbid itself"
    yield from _last_stands(result)
    if result.success and not meets(result.pay_price or 0.0, options.limit, options.reverse):
        yield f"sold at {result.pay_price}, with a limit of {options.limit:g}"


def _last_stands(result: AuctionResult) -> Iterator[str]:
    if result.success and (result.winning_bid is None or result.winning_bid != result.bids[-1]):
        yield f"{result.winning_bid} has won, the last that stood is {result.bids[-1]}"
    if result.success and result.pay_price != result.winning_bid.value:
        yield f"the price is {result.pay_price}, the winning bid {result.winning_bid.value}"


def _clock(seen: Witness, result: AuctionResult) -> Iterator[str]:
    """Clock auctions: the price is one of the clock's own, within start and reserve, and the winner has taken it."""
    options = seen.options
    if not result.success:
        return
    price, won = result.pay_price, result.winning_bid
    cried = [e.message.content.price for e in seen.events if e.kind == "said" and isinstance(e.message, Cfp)]
    if price is None or not any(near(price, tick) for tick in cried):
        yield f"sold at {price}, which the clock never showed"
    elif not meets(price, options.limit, options.reverse) and not near(price, options.limit):
        yield f"sold at {price:g}, with a limit of {options.limit:g}"
    if won is None or not any(event.end.other == won.agent for event in proposals(seen)):
        yield f"{won} has won and never bid"


def _units(seen: Witness, result: Any) -> Iterator[str]:
    """Several units: the best unit bids win, no more than there are; the payments by the rule."""
    if not isinstance(result, UnitsResult):
        return
    options = seen.options
    reverse, worst = options.reverse, options.worst
    offered = {bid.agent: [price for price in bid.value if meets(price, worst, reverse)] for bid in result.bids}
    ranked = sorted((price for prices in offered.values() for price in prices), reverse=not reverse)
    sold = min(options.units, len(ranked))
    won = dict(result.allocation or {})
    if sum(won.values()) != sold or result.sold != sold:
        yield f"{sum(won.values())} units are given away, {result.sold} told as sold, {sold} of {options.units} could be"
    taken = sorted(
        (price for name, units in won.items() for price in offered.get(name, [])[:units]), reverse=not reverse
    )
    if taken != ranked[:sold]:
        yield f"unit bids {taken} have won, the best are {ranked[:sold]}"
    expected = _unit_payments(seen.protocol.name, offered, won, ranked, options)
    for name, price in expected.items():
        if name not in (result.payments or {}) or not near((result.payments or {})[name], price):
            yield f"{name} pays {(result.payments or {}).get(name)}, by the bids {price:g}"
    if set(result.payments or {}) != set(won):
        yield f"{sorted(result.payments or {})} pay, {sorted(won)} have won"


def _unit_payments(
    name: str, offered: dict[str, list[float]], won: dict[str, int], ranked: list[float], options: Any
) -> dict[str, float]:
    units, worst, reverse = options.units, options.worst, options.reverse
    if name == "discriminatory-auction":
        return {one: math.fsum(offered.get(one, [])[:count]) for one, count in won.items()}
    if name == "uniform-price-auction":
        price = ranked[units] if len(ranked) > units else worst
        if price == math.inf:  # asks without a ceiling: the last that was taken
            return {}
        return {one: count * price for one, count in won.items()}
    if worst == math.inf:
        return {}
    payments = {}
    for one, count in won.items():
        others = sorted((p for other, prices in offered.items() if other != one for p in prices), reverse=not reverse)
        rivals = (others + [worst] * units)[:units]
        payments[one] = math.fsum(rivals[units - count :])
    return payments


def _bundles(seen: Witness, result: Any) -> Iterator[str]:
    """Bundles: nobody gets what another has, nor pays more than its bid."""
    if not isinstance(result, CombinatorialResult):
        return
    given: dict[Any, str] = {}
    for name, items in (result.allocation or {}).items():
        for item in items:
            if item in given:
                yield f"{item} goes to {given[item]} and to {name}"
            given[item] = name
    if result.success and set(result.payments or {}) != set(result.allocation or {}):
        yield f"{sorted(result.payments or {})} pay, {sorted(result.allocation or {})} have won"
    if any(price < -SLACK for price in (result.payments or {}).values()):
        yield f"a negative payment: {dict(result.payments or {})}"
    sign = -1 if result.direction == "reverse" else 1
    revenue = math.fsum((result.payments or {}).values())
    slack = 1e-6 * (1 + abs(result.value))
    if sign * (revenue - result.value) > slack:
        yield f"winners pay (or are paid) {revenue:g} for what they bid {result.value:g} for"
    if sign * (result.value - result.bound) > slack:
        yield f"worth {result.value:g}, beyond the bound {result.bound:g}"


def _lots(seen: Witness, result: Any) -> Iterator[str]:
    """Several lots at once: each goes to one bidder, at the last price that stood for it."""
    if not isinstance(result, AscendingResult) or not result.success:
        return
    given: dict[Any, str] = {}
    for name, lots in (result.allocation or {}).items():
        for lot in lots:
            if lot in given:
                yield f"{lot} goes to {given[lot]} and to {name}"
            given[lot] = name
    due: dict[str, float] = {}
    for lot, name in given.items():
        due[name] = due.get(name, 0.0) + result.prices.get(lot, math.nan)
    for name, price in due.items():
        if not near((result.payments or {}).get(name, math.nan), price):
            yield f"{name} pays {(result.payments or {}).get(name)}, its lots cost {price:g}"


def _market(seen: Witness, result: Any) -> Iterator[str]:
    """Markets: what is bought is sold, at prices within both limits, and no money comes out of nothing."""
    if not isinstance(result, MarketResult):
        return
    quantity = sum(trade.quantity for trade in result.trades)
    if result.trades and quantity != result.quantity:
        yield f"{quantity} units in trades, {result.quantity} told"
    sides: dict[str, set[str]] = {}
    for trade in result.trades:
        if trade.quantity < 1 or trade.price < 0 or not math.isfinite(trade.price) or trade.buyer == trade.seller:
            yield f"{trade} is no trade"
        sides.setdefault(trade.buyer, set()).add("buy")
        sides.setdefault(trade.seller, set()).add("sell")
    for name, side in sides.items():
        if name not in seen.agents:
            yield f"{name} trades and does not sit here"
        known = next((getattr(seat.agent, "side", None) for seat in seen.seats if seat.name == name), None)
        if known is not None and side != {known}:
            yield f"{name}, who is there to {known}, has traded as {', '.join(sorted(side))}"


def _contract(seen: Witness, result: Any) -> Iterator[str]:
    """Contract nets: an award goes to the best proposal of those who have not failed, and a report comes from who was awarded."""
    if not isinstance(result, ContractResult) or seen.outcome is None:
        return
    last = {bid.agent: bid.value for bid in result.bids}
    for name in result.awarded:
        if name not in last:
            yield f"{name} is awarded the task without a proposal"
    if len(set(result.awarded)) < len(result.awarded):
        yield f"somebody is awarded the task twice: {result.awarded}"
    if len(result.awarded) > getattr(seen.options, "awards", 1):
        yield f"{len(result.awarded)} awards of {seen.options.awards}"
    if set(result.reports) - set(last):
        yield f"reports of {sorted(set(result.reports) - set(last))}, who made no proposal"
    if getattr(seen.options, "award", "") != "cost" or seen.protocol.name != "contract-net":
        return
    out = failed_or_gone(seen)
    for name in result.awarded:
        mine = last.get(name, -math.inf)
        better = [one for one, cost in last.items() if cost < mine and one not in result.awarded and one not in out]
        if better:
            yield f"{name} is awarded the task at {last[name]:g}, {better[0]} asked for {last[better[0]]:g}"


def failed_or_gone(seen: Witness) -> set[str]:
    """Return who has failed in the work, broken a rule, or left."""
    assert seen.outcome is not None
    out = {fault.who for fault in seen.outcome.faults}
    for event in seen.events:
        if event.kind == "passed" or (event.kind == "heard" and isinstance(event.message, Failure)):
            out.add(event.end.other)  # silent, skipped, left, or failed
    return out


RULES: dict[str, Callable[[Witness, Any], Iterator[str]]] = {
    "first-price-auction": _single, "vickrey-auction": _single, "all-pay-auction": _single, "english-auction": _outcry,
    "dutch-auction": _clock, "japanese-auction": _clock, "discriminatory-auction": _units, "uniform-price-auction": _units,
    "multi-unit-vickrey-auction": _units, "combinatorial-auction": _bundles, "simultaneous-ascending-auction": _lots,
    "double-auction": _market, "continuous-double-auction": _market, "contract-net": _contract,
    "iterated-contract-net": _contract,
}  # fmt: skip


# -- secrecy and money ------------------------------------------------------------------------------------------------


def sealed(seen: Witness) -> Iterator[str]:
    """While bids are sealed the auctioneer tells nobody anything but that bids are called for, and that one came too late;
    losers hear nothing of others' bids; bidders talk to nobody else."""
    if not isinstance(seen.protocol, SealedBidAuction):
        return
    convener = next(seat.name for seat in seen.seats if seat.role == seen.protocol.convener)
    said = [event for event in seen.events if event.kind == "said"]
    for event in said:
        if convener not in (event.end.name, event.end.other):
            yield f"{event.end.name} talks to {event.end.other} past the auctioneer"
    told = [event for event in said if event.end.name == convener]
    yield from _same_call(said, told)
    for event in told:
        message = event.message
        if isinstance(message, Reject) and any(digit in message.reason for digit in "0123456789"):
            yield f"{event.end.other} hears in its rejection: {message.reason}"
        elif isinstance(message, Inform) and event.state != "WON":
            yield f"{event.end.other}, who has not won, is told {message.content!r}"


def _same_call(said: list[Event], told: list[Event]) -> Iterator[str]:
    """All are called alike, before anybody has bid."""
    calls = [event for event in told if isinstance(event.message, Cfp)]
    first_bid = next((place for place, event in enumerate(said) if isinstance(event.message, Propose)), len(said))
    for event in calls:
        if said.index(event) > first_bid:
            yield f"{event.end.other} is called after a bid was made"
        if event.message != calls[0].message:
            yield f"{event.end.other} hears another call than the first"


def budgets_kept(seen: Witness) -> Iterator[str]:
    """Nobody pays more than it bid, nor more than the budget of its strategy."""
    result = seen.outcome.result if seen.outcome is not None else None
    if not isinstance(result, AuctionResult) or not result.success or getattr(seen.options, "reverse", False):
        return
    paid = dict(result.payments) if result.payments is not None else {}
    if result.winning_bid is not None and result.pay_price is not None:
        paid.setdefault(result.winning_bid.agent, result.pay_price)
    for seat in seen.seats:
        budget = getattr(getattr(seat.agent, "strategy", None), "budget", None)
        if budget is not None and paid.get(seat.name, 0.0) > budget * (1 + SLACK) and seat.name not in seen.adversaries:
            yield f"{seat.name} pays {paid[seat.name]:g} with a budget of {budget:g}"
    bid = getattr(result.winning_bid, "value", None)
    if isinstance(bid, (int, float)) and (result.pay_price or 0.0) > bid * (1 + SLACK) + SLACK:
        yield f"the winner pays {result.pay_price} for a bid of {bid:g}"


def shares_conserved(seen: Witness) -> Iterator[str]:
    """What is divided is no more than there is."""
    result = seen.outcome.result if seen.outcome is not None else None
    size = getattr(seen.problem, "size", None)
    shares: Any = getattr(result, "shares", None)
    if not hasattr(shares, "values") or not isinstance(size, (int, float)) or isinstance(size, bool):
        return
    given = [share for share in shares.values() if isinstance(share, (int, float))]
    if math.fsum(given) > size * (1 + SLACK) + SLACK or any(share < -SLACK for share in given):
        yield f"shares {dict(shares)} of a pie of {size:g}"
