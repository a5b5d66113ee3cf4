"""`await Auction(type="vickrey", ...)`: one auction, from lot and bidders to its result."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping, Sequence
from typing import Any

from negotiate_rt.agents.bidder import StrategyBidder
from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.executor.executor import NegotiationExecutor, finished
from negotiate_rt.executor.negotiation import Negotiation, NegotiationStatus
from negotiate_rt.journal.record import Record
from negotiate_rt.messages.config import NegotiationConfig, protocol_name
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.problems.auction import AuctionOptions, AuctionResult


class Auction:
    """One auction of one lot. Awaiting it gives its AuctionResult; `start()` gives a handle.

    type: a protocol's name with or without `-auction`, or an upper-case spelling. bidders: anything with a name when a
    bid_strategy is given, else agents with a `bid` hook. bid_strategy: `(agent, task, current_price, round,
    previous_bids) -> price`, plain or async; NaN or None drops out. Raises ConfigurationError for what the caller did wrong.
    """

    def __init__(  # noqa: PLR0913  # the public signature
        self, type: str, task: Any = None, bidders: Sequence[Any] = (), bid_strategy: Callable[..., Any] | None = None,
        starting_price: float = 0.0, reserve_price: float = 0.0, increment: float = 1.0, max_rounds: int = 100,
        timeout: Any = 60.0, seed: int | None = None, executor: NegotiationExecutor | None = None,
    ) -> None:  # the signature is the public interface's  # fmt: skip
        if executor is not None and not isinstance(executor, NegotiationExecutor):
            raise ConfigurationError(f"executor: expected a NegotiationExecutor, got {executor!r}")
        self.executor = executor or NegotiationExecutor(seed=seed)
        name = protocol_name(type)
        known = self.executor.protocols
        if name not in known and f"{name}-auction" in known:
            name = f"{name}-auction"
        if name not in known or not name.endswith("-auction"):
            auctions = [one.removesuffix("-auction") for one in known if one.endswith("-auction")]
            raise ConfigurationError(
                f"unknown auction {type!r}; known: {', '.join(auctions)}" + suggest(name, auctions)
            )
        if bid_strategy is not None and not callable(bid_strategy):
            raise ConfigurationError(f"bid_strategy must be callable, got {bid_strategy!r}")
        options = AuctionOptions(starting_price=starting_price, reserve_price=reserve_price, increment=increment)
        self.config = NegotiationConfig(name, max_rounds=max_rounds, timeout=timeout, options=options, seed=seed)
        self.task = task
        self.bidders = tuple(several(bidders))
        self._agents = [
            StrategyBidder(one, bid_strategy) if bid_strategy else one for one in map(check_name, self.bidders)
        ]
        self._handle: AuctionHandle | None = None

    def start(self) -> AuctionHandle:
        """Start it (once) and return its handle: awaitable, with `cancel`, `status` and `events`."""
        if self._handle is None:
            self._handle = AuctionHandle(self.executor.start(self._agents, self.config, self.task))
        return self._handle

    def __await__(self) -> Generator[Any, None, AuctionResult]:
        return self.start().__await__()

    def run(self) -> AuctionResult:
        """Run it without an event loop of one's own."""
        return result_of(self.executor.run(self._agents, self.config, self.task))


class AuctionHandle:
    """An auction under way; `negotiation` is the handle of its negotiation."""

    __slots__ = ("negotiation",)

    def __init__(self, negotiation: Negotiation) -> None:
        self.negotiation = negotiation

    def __await__(self) -> Generator[Any, None, AuctionResult]:
        return self._result().__await__()

    async def _result(self) -> AuctionResult:
        return result_of(await finished(self.negotiation))

    def cancel(self, reason: str = "") -> None:
        """End it now: no sale."""
        self.negotiation.cancel(reason)

    def status(self) -> NegotiationStatus:
        """Return where it stands now."""
        return self.negotiation.status()

    def events(self) -> AsyncIterator[Record]:
        """Follow what is said, as it happens; ends with the record of the ending."""
        return self.negotiation.events()

    @property
    def outcome(self) -> NegotiationOutcome | None:
        """The negotiation's outcome, once it is there: faults, offers, duration."""
        return self.negotiation.outcome


def result_of(outcome: NegotiationOutcome) -> AuctionResult:
    """Return the auction's result; one that ended without (timeout, cancelled) gives its failure as the reason."""
    if isinstance(outcome.result, AuctionResult):
        return outcome.result
    return AuctionResult(success=False, reason=outcome.failure_reason)


def several(bidders: Any) -> Iterable[Any]:  # whatever the caller gave
    """Return the bidders. Raises ConfigurationError unless it is some."""
    if isinstance(bidders, (str, bytes, Mapping)) or not isinstance(bidders, Iterable):
        raise ConfigurationError(f"bidders: expected several agents, got {bidders!r}")
    return bidders


def check_name(bidder: Any) -> Any:  # anything with a name
    """Return the bidder. Raises ConfigurationError if it has no name."""
    if not isinstance(getattr(bidder, "name", None), str):
        raise ConfigurationError(f"bidders: {bidder!r} has no name, so it cannot take part")
    return bidder
