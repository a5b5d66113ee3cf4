"""Position auction: slots of unequal worth sold at once, by one sealed bid per click from each bidder.

The highest bid gets the best slot, the next the second, and so on. Under the generalised second price a click costs the next
bid (Edelman, Ostrovsky and Schwarz 2007; Varian 2007), the last slot's the highest bid without a slot, or the reserve. That
looks like Vickrey's rule and is not: with two slots or more it can pay to bid less and take a lower slot. `pricing = "vcg"`
charges instead what the others lose, under which the truth is a dominant strategy. Theory: solutions/positions.py.

What is awkward: payments are for all clicks of a slot, bids and reserve for one. A bid below the reserve gets no slot and sets
no price. Ties are drawn by seed, in order of name. One round, sealed as in sealed_bid.py: a winner hears its slot and payment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from negotiate_rt.messages.outcome import Bid
from negotiate_rt.problems.auction import AuctionOptions
from negotiate_rt.problems.positions import PositionOptions, PositionsCall, PositionsResult
from negotiate_rt.protocols.auctioneering import Sale, known, unsold
from negotiate_rt.protocols.sealed_bid import SealedBidAuction
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.solutions.positions import assign_positions, gsp_payments, vcg_payments


class GspAuction(SealedBidAuction):
    """Slots sold by bids per click, at the generalised second price or at VCG's."""

    name = "gsp-auction"
    options = PositionOptions
    contents: ClassVar = (PositionsCall,)

    def call(self, lot: Any, options: AuctionOptions, closes_at: float | None) -> PositionsCall:
        """Return what bidders are told when they are called."""
        assert isinstance(options, PositionOptions)
        return PositionsCall(
            lot=lot, starting_price=options.start, closes_at=closes_at, clicks=options.clicks, pricing=options.pricing
        )

    async def clear(self, talk: Bundle, bids: Sequence[Bid]) -> Sale:
        """Give the slots to the highest bids that meet the reserve."""
        options: PositionOptions = talk.options
        told: dict[str, float] = {bid.agent: bid.value for bid in bids}
        assignment = assign_positions(told, options.clicks, options.worst, lambda: talk.rng)
        if not assignment.slots:
            return Sale(reason=unsold(bids))
        pay = vcg_payments if options.pricing == "vcg" else gsp_payments
        payments = pay(told, options.clicks, assignment, options.worst)
        return Sale(payments=payments, allocation=assignment.slots)

    def result(self, talk: Bundle, bids: Sequence[Bid], sale: Sale) -> PositionsResult:
        """Return the result of the sale."""
        options: PositionOptions = talk.options
        slots: Mapping[str, int] = sale.allocation or {}
        prices = {name: sale.payments[name] / options.clicks[slot - 1] for name, slot in slots.items()}
        return PositionsResult(
            success=True, bids=tuple(bids), allocation=slots, payments=sale.payments, click_prices=prices
        )

    def gain(self, value: Any, share: Any, payment: float, options: AuctionOptions) -> float | None:
        """Return what a winner gains: clicks times its value of one, minus the payment."""
        assert isinstance(options, PositionOptions)
        worth = known(value)
        return None if worth is None else float(options.clicks[share - 1] * worth - payment)
