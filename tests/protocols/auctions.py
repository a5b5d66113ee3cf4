"""What the tests of auctions share: bidders of all kinds, and one auction on the virtual clock."""

from __future__ import annotations

from typing import Any

from negotiate_rt import (
    AuctionOptions,
    AuctionResult,
    Bidder,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOutcome,
    Trace,
)


def several(*values: Any) -> list[Bidder]:
    """Truthful bidders b0, b1 and so on."""
    return [Bidder(f"b{number}", value) for number, value in enumerate(values)]


def by_steps(step: float) -> Any:
    """A strategy that goes a step beyond the current price while its agent's value allows."""

    def bid(agent: Any, task: Any, current_price: float, round: int, previous_bids: Any) -> float:
        wanted = current_price + step
        return wanted if wanted <= agent.value else float("nan")

    return bid


def thinking(name: str, value: float, seconds: float) -> Bidder:
    """A bidder that takes so long for each bid of its value."""

    async def bid(view: Any) -> float:
        await view.sleep(seconds)
        return value

    return Bidder(name, value, bid)


def held(kind: str, bidders: Any, *, trace: Trace | None = None, lot: Any = "lot", **config: Any) -> NegotiationOutcome:
    """One auction's outcome; what is no argument of a config is an option of every auction."""
    own = {name: config.pop(name) for name in list(config) if name in AuctionOptions.__struct_fields__}
    options = config.pop("options", None) or AuctionOptions(**own)
    executor = NegotiationExecutor(clock="virtual", journal=trace)
    return executor.run(bidders, NegotiationConfig(kind, options=options, **config), lot)


def sold(kind: str, bidders: Any, **config: Any) -> AuctionResult:
    """One auction's result."""
    result: AuctionResult = held(kind, bidders, **config).result
    return result
