"""Position auctions as direct mechanisms: slots of unequal worth, at the generalised second price or at VCG's.

Types are values of a click. GSP looks like Vickrey's rule and is not truthful with two or more slots; VCG is (Edelman, Ostrovsky
and Schwarz 2007). Ties go to the earlier bidder.
"""

from __future__ import annotations

from collections.abc import Sequence

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.positions import checked_clicks
from negotiate_rt.solutions.auction_mechanisms import SELLER, bidder_names
from negotiate_rt.solutions.mechanisms import Decision, DirectMechanism, Spaces, Types, TypeSpace
from negotiate_rt.solutions.positions import assign_positions, gsp_payments, vcg_payments

CLICKS = (10.0, 8.0)
SMALL = TypeSpace(range(7))
PRICINGS = ("gsp", "vcg")


def position_auction(
    pricing: str = "gsp", types: Spaces = SMALL, agents: int | None = None, clicks: Sequence[float] = CLICKS,
    reserve: float = 0.0,
) -> DirectMechanism:  # fmt: skip
    """Return the auction of slots with so many clicks each, the best first. pricing: "gsp", the next bid a click, or "vcg", what
    the others lose. An allocation says which slot each bidder has, from 1, 0 for none. Raises ConfigurationError.
    """
    if pricing not in PRICINGS:
        raise ConfigurationError(f"pricing must be one of {', '.join(PRICINGS)}, got {pricing!r}")
    shares = checked_clicks((clicks,) if isinstance(clicks, (int, float)) else clicks, "clicks")
    pay = gsp_payments if pricing == "gsp" else vcg_payments

    def outcome(reports: Types) -> Decision:
        bids = {f"{place:06}": bid for place, bid in enumerate(reports)}
        assignment = assign_positions(bids, shares, reserve)
        paid = pay(bids, shares, assignment, reserve)
        return Decision(
            tuple(assignment.slots.get(name, 0) for name in bids), tuple(float(paid.get(name, 0.0)) for name in bids)
        )

    def worth(agent: int, own: float, slots: tuple[int, ...]) -> float:
        return own * shares[slots[agent] - 1] if slots[agent] else 0.0

    def best(values: Types) -> float:
        return float(sum(value * share for value, share in zip(sorted(values, reverse=True), shares, strict=False)))

    return DirectMechanism(
        name="gsp" if pricing == "gsp" else "position-vcg", outcome=outcome, types=types, agents=agents, valuation=worth,
        best=best, names=bidder_names(types, agents), residual=SELLER,
        assumes="private values of a click; ties go to the earlier bidder",
    )  # fmt: skip
