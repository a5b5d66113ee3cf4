"""The register of a coalition formation: who is in which coalition, what everybody gets, and all that happened.

Pure bookkeeping, without a wait in it: between two messages every party is in exactly one coalition, or alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.problems.coalitions import (
    CoalitionAgreement,
    CoalitionCall,
    CoalitionEvent,
    CoalitionOptions,
    CoalitionProposal,
    CoalitionResult,
    CoalitionTheory,
    EventKind,
)
from negotiate_rt.problems.task import FrozenMapping

NOBODY: Mapping[str, float] = FrozenMapping({})


class Register:
    """Who stands where. `home`: each party's agreement, None for one that is alone; `gone`: who has left the talk, and why."""

    def __init__(self, game: Any, parties: Iterable[str], options: CoalitionOptions) -> None:  # game: a CoalitionGame
        self.game = game
        self.options = options
        self.leaving = options.leaving
        self.home: dict[str, CoalitionAgreement | None] = dict.fromkeys(parties)
        self.alone = {name: float(game.worth((name,))) for name in self.home}
        self.gone: dict[str, str] = {}
        self.fallen: list[CoalitionProposal] = []
        self.history: list[CoalitionEvent] = []
        self._standing: CoalitionCall | None = None
        self.told = 0  # events of the history that everybody has heard of
        self.round = 1
        self.turn = 0

    # -- looking ----------------------------------------------------------------------------------------------------------

    def agreements(self) -> tuple[CoalitionAgreement, ...]:
        """Return the coalitions that stand, in seating order of their first members."""
        return tuple(dict.fromkeys(one for one in self.home.values() if one is not None))

    def free(self) -> list[str]:
        """Return who may still make and join proposals: who is there, and where coalitions are final, alone."""
        return [name for name, home in self.home.items() if name not in self.gone and (self.leaving or home is None)]

    def payoffs(self) -> dict[str, float]:
        """Return what everybody gets as things stand."""
        return {name: self.alone[name] if home is None else home.payoffs[name] for name, home in self.home.items()}

    def call(self, closes_at: float | None = None) -> CoalitionCall:
        """Return how things stand, as a party is told; made anew only where something has happened. Cost: O(1), or O(parties)."""
        if self._standing is None:
            self._standing = CoalitionCall(
                agreements=self.agreements(), payoffs=FrozenMapping(self.payoffs()), gone=tuple(self.gone),
                fallen=tuple(self.fallen), leaving=self.leaving, costs=self.game.costs, order=self.options.order,
                discount=self.options.discount,
            )  # fmt: skip
        return replace(self._standing, closes_at=closes_at, round=self.round)

    def news(self) -> tuple[CoalitionEvent, ...]:
        """Return what has happened since this was last asked."""
        events = tuple(self.history[self.told :])
        self.told = len(self.history)
        return events

    def result(self, theory: CoalitionTheory | None = None) -> CoalitionResult:
        """Return what the talk has come to by now."""
        payoffs = self.payoffs()
        structure = dict.fromkeys(frozenset({name}) if home is None else home.coalition for name, home in self.home.items())
        return CoalitionResult(
            structure=tuple(structure), payoffs=FrozenMapping(payoffs), worth=sum(payoffs.values()),
            formed=self.agreements(), gone=tuple(self.gone), history=tuple(self.history), costs=self.game.costs, theory=theory,
        )  # fmt: skip

    # -- what happens -----------------------------------------------------------------------------------------------------

    def note(self, kind: EventKind, by: str, offer: NegotiationOffer | CoalitionAgreement | None = None) -> None:
        """Take down that something happened, to a proposal or a coalition if it is about one."""
        number, payoffs = "", NOBODY
        if isinstance(offer, CoalitionAgreement):
            number, payoffs = offer.offer, offer.payoffs
        elif offer is not None:
            number, payoffs = offer.id, offer.value.payoffs
        self.history.append(CoalitionEvent(kind=kind, by=by, round=self.round, offer=number, payoffs=payoffs))
        self._standing = None

    def form(self, offer: NegotiationOffer) -> None:
        """All members have accepted this proposal: they leave what they were in, which dissolves, and are together."""
        payoffs: Mapping[str, float] = offer.value.payoffs
        for name in payoffs:
            self._dissolve(name)
        agreement = CoalitionAgreement(offer=offer.id, proposer=offer.agent, payoffs=payoffs, round=self.round, turn=self.turn)
        self.home.update(dict.fromkeys(payoffs, agreement))
        self.fallen.clear()
        self.note("formed", offer.agent, offer)

    def fall(self, offer: NegotiationOffer, unheard: bool = False) -> None:
        """Not all members have accepted: the proposal binds nobody. unheard: because an answer did not come, not because one
        was no; it may then be made again."""
        if not unheard:
            self.fallen.append(offer.value)
        self.note("fell", offer.agent, offer)

    def leave(self, name: str) -> bool:
        """A member leaves its coalition, which dissolves: nobody has accepted it without that member. False if it cannot."""
        home = self.home[name]
        if home is None or not self.leaving:
            return False
        self.note("left", name, home)
        self._dissolve(name)
        return True

    def depart(self, name: str, reason: str) -> None:
        """A party leaves the talk. A coalition that is final goes on to bind it, any other dissolves."""
        if name not in self.gone:
            self.gone[name] = reason
            self.fallen.clear()
            self.note("gone", name)
            if self.leaving:
                self._dissolve(name)

    def _dissolve(self, name: str) -> None:
        home = self.home[name]
        if home is not None:
            self.home.update(dict.fromkeys(home.payoffs))
            self.fallen.clear()
            self.note("dissolved", name, home)
