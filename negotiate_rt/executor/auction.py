"""`await Auction(type="vickrey", ...)`: one auction, from lot and bidders to its result."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from negotiate_rt.agents.bidder import seated
from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.executor.executor import NegotiationExecutor, finished
from negotiate_rt.executor.negotiation import Negotiation, NegotiationStatus
from negotiate_rt.journal.record import Record
from negotiate_rt.messages.config import NegotiationConfig, protocol_name
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.problems.auction import AuctionOptions, AuctionResult
from negotiate_rt.protocols.base import NegotiationProtocol


class Auction:
    """One auction. Awaiting it gives its AuctionResult; `start()` gives a handle.

    type: a protocol's name with or without `-auction`, or an upper-case spelling. bidders: anything with a name when a
    bid_strategy is given, else agents with a `bid` hook. bid_strategy: `(agent, task, current_price, round,
    previous_bids) -> price`, plain or async; NaN or None drops out. Prices mean what the auction's options say; the
    increment is also the decrement of a Dutch auction. options: the protocol's own struct, in the place of the three
    prices, for all else there is to say. Raises ConfigurationError for what the caller did wrong.
    """

    def __init__(  # noqa: PLR0913  # the public signature
        self, type: str, task: Any = None, bidders: Sequence[Any] = (), bid_strategy: Callable[..., Any] | None = None,
        starting_price: float = 0.0, reserve_price: float = 0.0, increment: float = 1.0, max_rounds: int = 100,
        timeout: Any = 60.0, seed: int | None = None, executor: NegotiationExecutor | None = None, *, options: Any = None,
    ) -> None:  # the signature is the public interface's  # fmt: skip
        if executor is not None and not isinstance(executor, NegotiationExecutor):
            raise ConfigurationError(f"executor: expected a NegotiationExecutor, got {executor!r}")
        self.executor = executor or NegotiationExecutor(seed=seed)
        protocol = auction_of(type, self.executor.protocols)
        if bid_strategy is not None and not callable(bid_strategy):
            raise ConfigurationError(f"bid_strategy must be callable, got {bid_strategy!r}")
        prices = Prices(starting_price, reserve_price, increment)
        self.config = NegotiationConfig(
            protocol.name, max_rounds=max_rounds, timeout=timeout, options=prices.options(protocol, options), seed=seed
        )
        protocol.settings(self.config)
        self.task = task
        self.bidders = tuple(several(bidders))
        self._agents = [seated(one, bid_strategy) if bid_strategy else one for one in map(check_name, self.bidders)]
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


class Prices(NamedTuple):
    """What an Auction is told of its prices."""

    starting_price: float = 0.0
    reserve_price: float = 0.0
    increment: float = 1.0

    def options(self, protocol: NegotiationProtocol, given: Any) -> Any:  # of the protocol's own type
        """Return the auction's options. Raises ConfigurationError if prices are given beside them."""
        if given is None:
            kind = protocol.options or AuctionOptions
            known = kind if issubclass(kind, AuctionOptions) else AuctionOptions
            return known(**self._asdict())
        twice = [name for name, price in self._asdict().items() if price != self._field_defaults[name]]
        if twice:
            better = f"options={type(given).__name__}({twice[0]}=...)"
            raise ConfigurationError(f"{twice[0]}: beside options, these hold the prices: write {better}")
        return given


def auction_of(spelling: Any, known: Mapping[str, NegotiationProtocol]) -> NegotiationProtocol:
    """Return the auction of this name, with or without `-auction`. Raises ConfigurationError."""
    name = protocol_name(spelling)
    if name not in known and f"{name}-auction" in known:
        name = f"{name}-auction"
    if name not in known or not name.endswith("-auction"):
        auctions = [one.removesuffix("-auction") for one in known if one.endswith("-auction")]
        hint = suggest(name, auctions)
        raise ConfigurationError(f"unknown auction {spelling!r}; known: {', '.join(auctions)}{hint}")
    return known[name]


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
