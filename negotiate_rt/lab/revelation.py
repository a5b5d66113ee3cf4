"""Auctions played by the executor as the inside of direct mechanisms: the revelation principle on the real protocols.

`played_auction` is the indirect mechanism: what each bidder bids -> what the protocol, run on the virtual clock, allocates and
collects. `revealed_auction` puts a strategy for each bidder before it: types are reported, the strategies bid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from negotiate_rt.agents.bidder import Bidder
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.messages.config import NegotiationConfig, protocol_name
from negotiate_rt.problems.auction import AuctionResult
from negotiate_rt.solutions.auction_mechanisms import SELLER, item_value
from negotiate_rt.solutions.mechanisms import Decision, DirectMechanism, Spaces, Types, TypeSpace, revelation


class PlayedAuction:
    """An auction protocol as a function of what its bidders would pay.

    type: as of `Auction`. bidders: how many. options: the protocol's own options, e.g. AuctionOptions or DutchOptions. seed: of
    ties, the same in every play, so that the same limits give the same outcome. An action is what a bidder bids, of an open
    auction how far it goes (None: it stays away); several numbers or a mapping where the protocol takes them. Calling it
    gives a Decision: the winner's place, or None; where several may win a tuple of what each gets (None: nothing); and
    what each pays. Cost: one negotiation. Raises ConfigurationError.
    """

    def __init__(self, type: str, bidders: int, options: Any = None, seed: int = 0, lot: Any = "lot") -> None:
        if isinstance(bidders, bool) or not isinstance(bidders, int) or bidders < 1:
            raise ConfigurationError(f"bidders must be a whole number >= 1, got {bidders!r}")
        known = NegotiationExecutor().protocols
        name = protocol_name(type)
        self.name = f"{name}-auction" if f"{name}-auction" in known else name
        if not self.name.endswith("-auction") or self.name not in known:
            auctions = [one.removesuffix("-auction") for one in known if one.endswith("-auction")]
            raise ConfigurationError(f"unknown auction {type!r}; known: {', '.join(auctions)}")
        self.names = tuple(f"bidder {place:0{len(str(bidders))}}" for place in range(1, bidders + 1))
        self.config = NegotiationConfig(self.name, max_rounds=10_000, options=options, seed=seed)
        self.lot = lot

    def __call__(self, actions: Sequence[Any]) -> Decision:
        """Play it once."""
        if len(actions) != len(self.names):
            raise ConfigurationError(f"{self.name} between {len(self.names)} bidders needs as many actions, got {len(actions)}")
        crew = [
            Bidder(name, strategy=_away) if one is None else Bidder(name, value=one)
            for name, one in zip(self.names, actions, strict=True)
        ]
        outcome = NegotiationExecutor(clock="virtual", seed=0).run(crew, self.config, self.lot)
        result = outcome.result
        if not isinstance(result, AuctionResult):
            raise ConfigurationError(f"{self.name} did not end in a result: {outcome.failure_reason}")
        return self._decision(result)

    def _decision(self, result: AuctionResult) -> Decision:
        winner = getattr(result.winner, "name", None)
        paid: Mapping[str, float] = result.payments or {}
        if not paid and winner is not None and result.pay_price is not None:
            paid = {winner: result.pay_price}
        shares = result.allocation
        if shares is not None and set(shares) != {winner}:
            gets: Any = tuple(_hashable(shares.get(name)) for name in self.names)
        else:
            gets = None if winner is None else self.names.index(winner)
        return Decision(gets, tuple(float(paid.get(name, 0.0)) for name in self.names))


def revealed_auction(
    type: str, strategies: Sequence[Callable[[Any], Any]], types: Spaces, options: Any = None, seed: int = 0
) -> DirectMechanism:
    """Return an auction of one item as a direct mechanism, played by the executor with these strategies (type -> what to bid).

    If the strategies are an equilibrium, telling the truth to it is Bayesian incentive compatible (the revelation principle).
    Raises ConfigurationError.
    """
    play = PlayedAuction(type, len(tuple(strategies)), options, seed)

    def outcome(actions: Types) -> Decision:
        return play(actions)

    spaces = (types,) * len(play.names) if isinstance(types, TypeSpace) else tuple(types)
    return revelation(
        f"{play.name}, played", outcome, strategies, types=spaces, valuation=item_value, names=play.names,
        residual=SELLER, best=lambda values: max(0.0, *values), assumes="what the strategies assume",
    )  # fmt: skip


def _away(agent: Any, task: Any, price: float, round: int, bids: Any) -> None:
    """Stay away."""


def _hashable(share: Any) -> Any:
    return tuple(share) if isinstance(share, list) else frozenset(share) if isinstance(share, set) else share
