"""All invariants by name, and their verdict on one negotiation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from negotiate_rt.lab.invariants import awards, endings, traffic
from negotiate_rt.lab.invariants.violation import Violation
from negotiate_rt.lab.invariants.witness import Witness

INVARIANTS: Mapping[str, Callable[[Witness], Iterator[str]]] = {
    "one-outcome": endings.one_outcome,
    "in-time": endings.in_time,
    "released": endings.released,
    "rounds-kept": endings.rounds_kept,
    "reason-told": endings.reason_told,
    "ends-by-itself": endings.ends_by_itself,
    "offers-registered": endings.offers_registered,
    "real-offer": endings.real_offer,
    "acceptance-heard": endings.acceptance_heard,
    "rational": endings.rational,
    "utilities-told": endings.utilities_told,
    "own-conversation": traffic.own_conversation,
    "heard-was-said": traffic.heard_was_said,
    "in-order": traffic.in_order,
    "numbered": traffic.numbered,
    "legal-moves": traffic.legal_moves,
    "skips-told": traffic.skips_told,
    "mailboxes-bounded": traffic.mailboxes_bounded,
    "nobody-innocent-blamed": traffic.nobody_innocent_blamed,
    "bids-recorded": awards.recorded,
    "sealed-bids-counted": awards.sealed_bids_counted,
    "winner-and-price": awards.winner_and_price,
    "sealed": awards.sealed,
    "budgets-kept": awards.budgets_kept,
    "shares-conserved": awards.shares_conserved,
}


def violations_of(seen: Witness) -> list[Violation]:
    """Return what a negotiation that has ended has broken. Cost: O(events)."""
    told: list[Violation] = []
    name = seen.conversation.id
    if seen.outcome is None:
        return [Violation("one-outcome", name, "it has no outcome")]
    for invariant, check in INVARIANTS.items():
        told += [Violation(invariant, name, text) for text in traffic.first_few(check(seen))]
    return told
