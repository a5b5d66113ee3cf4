"""One talk as numbers to draw: what each offer was worth to every party, by round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from negotiate_rt.errors import InvalidOffer
from negotiate_rt.messages.outcome import Bid, NegotiationOffer, NegotiationOutcome
from negotiate_rt.problems.scalars import finite
from negotiate_rt.report.comparison import Comparison
from negotiate_rt.report.theory import Theory

T = TypeVar("T")
DRAWN = 400  # points of one line; a longer talk is thinned evenly


class Talk(NamedTuple):
    """How one session went, with what theory says of it, if it says anything."""

    outcome: NegotiationOutcome
    theory: Theory | None = None
    comparison: Comparison | None = None


class Worths(NamedTuple):
    """One offer, and what it is worth to each party, in the order of the theory's."""

    offer: NegotiationOffer
    utilities: tuple[float, ...]


def offers_of(talk: Talk) -> list[Worths]:
    """Return the offers whose worth is known and finite, in the order they were made. Cost: O(offers)."""
    theory = talk.theory
    found: list[Worths] = []
    for offer in talk.outcome.all_offers if theory is not None else ():
        try:
            utilities = theory.worth(offer.value, offer.agent)  # type: ignore[union-attr]  # no theory, no offers
        except Exception:  # noqa: BLE001  # an unguarded agent may offer what is no outcome, and a utility is its own code
            continue
        if all(map(math.isfinite, utilities)):
            found.append(Worths(offer, utilities))
    return found


def own_curves(talk: Talk, offers: Sequence[Worths]) -> dict[str, list[tuple[float, float]]]:
    """Return by agent (round, what its offer is worth to itself), thinned."""
    parties = talk.theory.parties if talk.theory is not None else ()
    curves: dict[str, list[tuple[float, float]]] = {name: [] for name in parties}
    for offer, utilities in offers:
        if offer.agent in curves:
            curves[offer.agent].append((float(offer.round), utilities[parties.index(offer.agent)]))
    return {name: thinned(points) for name, points in curves.items() if points}


def value_curves(outcome: NegotiationOutcome) -> dict[str, list[tuple[float, float]]]:
    """Return by agent (round, its offer), where offers are single numbers: prices, demands, bids and costs."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for offer in outcome.all_offers:
        value = amount(offer.value)
        if value is not None:
            curves.setdefault(offer.agent, []).append((float(offer.round), value))
    return {name: thinned(points) for name, points in curves.items()}


def bids_of(outcome: NegotiationOutcome) -> list[tuple[str, float]]:
    """Return who bid what in a sealed auction or a contract net, in the order of arrival."""
    bids: Sequence[Any] = getattr(outcome.result, "bids", None) or ()
    found = ((bid.agent, amount(bid.value)) for bid in bids if isinstance(bid, Bid))
    return [(name, value) for name, value in found if value is not None]


def amount(value: object) -> float | None:
    """Return a bid, price or cost as a finite number; None if it is none."""
    if isinstance(value, Mapping):
        value = value.get("cost", value.get("price"))
    try:
        return finite(value, "an amount")
    except InvalidOffer:
        return None


def thinned(items: Sequence[T], most: int = DRAWN) -> list[T]:
    """Return at most so many items, evenly spaced, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]
