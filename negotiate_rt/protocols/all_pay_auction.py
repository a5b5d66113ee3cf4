"""All-pay auction: one lot, sealed bids; the highest wins, and everybody pays what it bid.

A model of lobbying, research races and contests (Hillman and Riley 1989; Baye, Kovenock and de Vries 1996). Nobody bids its
value: the equilibrium bid for independent private values is in solutions/all_pay.py, and brings the seller what any other
standard auction does. With values that all know there is no equilibrium without chance.

What is awkward: a bid below the reserve is no bid, so it is not due, and where nothing is sold nobody pays. Who bids and is
then gone (it crashed, it left) pays nothing: its bid is out with it. Ties are drawn by seed, in order of name. One round,
sealed as in sealed_bid.py; a loser is told that its bid is due. `payments` names all who pay, `allocation` who has the lot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import Bid
from negotiate_rt.problems.auction import AuctionOptions, AuctionResult, reaches
from negotiate_rt.protocols.auctioneering import Sale, known, unsold
from negotiate_rt.protocols.sealed_bid import OneLotAuction
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.solutions.auction import best_bid


class Contest(Sale, frozen=True, kw_only=True):
    """Who wins, and what everybody pays."""

    dues: Mapping[str, float] = {}


class AllPayAuction(OneLotAuction):
    """One lot, sealed bids; the highest wins, all pay theirs."""

    name = "all-pay-auction"

    def settings(self, config: NegotiationConfig) -> Any:  # AuctionOptions
        """Return the options. Raises ConfigurationError for a reverse auction, in which everybody would be paid."""
        options = super().settings(config)
        if options.reverse:
            raise ConfigurationError("options.direction: where everybody pays there is only selling: expected forward")
        return options

    async def clear(self, talk: Bundle, bids: Sequence[Bid]) -> Sale:
        """Sell to the highest bid that meets the reserve."""
        options: AuctionOptions = talk.options
        counted = [bid for bid in bids if reaches(bid.value, options.limit)]
        winner = best_bid(counted, lambda: talk.rng)
        if winner is None:
            return Sale(reason=unsold(bids))
        return Contest(
            payments={winner.agent: winner.value}, best=winner, dues={bid.agent: bid.value for bid in counted}
        )

    def verdict(self, sale: Sale) -> str:
        """Return what losers are told."""
        return "not the winner; a bid that reached the reserve is due" if sale.payments else super().verdict(sale)

    def result(self, talk: Bundle, bids: Sequence[Bid], sale: Sale) -> AuctionResult:
        """Return the result of the sale."""
        assert isinstance(sale, Contest)
        one = super().result(talk, bids, sale)
        return AuctionResult(
            success=True, winner=one.winner, winning_bid=one.winning_bid, pay_price=one.pay_price, bids=one.bids,
            allocation=dict.fromkeys(sale.payments, 1), payments=sale.dues,
        )  # fmt: skip

    def gain(self, value: Any, share: Any, payment: float, options: AuctionOptions) -> float | None:
        """Return what who has bid gains: the lot's value if it has won, minus its bid."""
        worth = known(value)
        return None if worth is None else float((worth if share else 0.0) - payment)
