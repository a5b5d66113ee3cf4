"""Whole strategies for bargaining, composed of bidding, acceptance and a model of the opponent.

The decoupling is that of Baarslag et al., "Decoupling negotiating agents to explore the space of negotiation strategies"
(2014). `ComposedStrategy` takes any parts; the others are known strategies with their parts filled in. All are values:
they can be compared, pickled, named in a scenario file, and used in any number of negotiations at once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.strategies.acceptance import (
    AcceptAspiration,
    AcceptLastChance,
    AcceptNext,
    AcceptOptimally,
    AnyCondition,
    AnyOf,
)
from negotiate_rt.strategies.bids import (
    AnyBids,
    ConcedingBids,
    MicroBids,
    NiceTitForTatBids,
    RandomBids,
    TradeOffBids,
)
from negotiate_rt.strategies.concession import TimeDependentConcession
from negotiate_rt.strategies.faratin import Pure
from negotiate_rt.strategies.opponent import AnyModel, BayesianModel, FrequencyModel
from negotiate_rt.strategies.session import Acceptance, Bidding, Strategy

Parts = tuple[Bidding, Acceptance, Any]  # bidding, acceptance, and a model of the opponent or None


class ComposedStrategy(Strategy, frozen=True, tag="composed", forbid_unknown_fields=True):
    """Bid by one part, accept by another, and let a model of the opponent serve both.

    bidding: what to offer next, one of `bids` or a callable (scene, view) -> value. acceptance: one of `acceptance` or a
    callable (scene, view) -> bool; by default what is as good as one's own next offer. model: one of `opponent`, or
    anything with `start(space)`. seed: of its own chance, which depends on nothing else but the agent's name and role.
    """

    bidding: AnyBids = ConcedingBids()
    acceptance: AnyCondition = AcceptNext()
    model: AnyModel | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("bidding", "acceptance"):
            if not callable(getattr(self, name)):
                raise ConfigurationError(f"{name} must be a callable (scene, view), got {getattr(self, name)!r}")
        if self.model is not None and not hasattr(self.model, "start"):
            raise ConfigurationError(f"model must have a method start(space), got {self.model!r}")

    def parts(self) -> Parts:
        """Return bidding, acceptance and model."""
        return self.bidding, self.acceptance, self.model


@lru_cache(64)
def _curve(beta: float) -> TimeDependentConcession:
    """Return the one curve of that beta: it keeps a table of its steps, which all negotiations share."""
    return TimeDependentConcession(beta)


class MicroStrategy(Strategy, frozen=True, tag="micro", forbid_unknown_fields=True):
    """MiCRO: concede to one's next best outcome for each distinct offer of the opponent, else repeat one (de Jonge 2022)."""

    seed: int = 0

    def parts(self) -> Parts:
        """Return MiCRO's bidding, which accepts what is as good as the least it considers."""
        return MicroBids(), AcceptAspiration(), None


class NiceTitForTat(Strategy, frozen=True, tag="nice-tit-for-tat", forbid_unknown_fields=True):
    """Answer concessions towards the estimated Nash point in kind, pleasing the opponent at no cost, and come there by
    oneself as time runs out (Baarslag, Hindriks and Jonker 2013). bonus: see `NiceTitForTatBids`."""

    bonus: float = 1.0
    model: AnyModel = BayesianModel()
    seed: int = 0

    def __post_init__(self) -> None:
        self.parts()  # checks

    def parts(self) -> Parts:
        """Return its bidding, acceptance of what it aims at or of the last there is, and its model."""
        return NiceTitForTatBids(self.bonus), AnyOf((AcceptAspiration(), AcceptLastChance())), self.model


class TradeOff(Strategy, frozen=True, tag="trade-off", forbid_unknown_fields=True):
    """Stay on the contour of a concession and offer what is most similar to the opponent's last offer (Faratin 2002)."""

    concession: Pure = TimeDependentConcession(0.5)
    width: float = 0.05
    criteria: dict[str, dict[str | int | float, float]] = {}
    seed: int = 0

    def __post_init__(self) -> None:
        self.parts()  # checks

    def __hash__(self) -> int:
        return hash((self.concession, self.width, self.seed))

    def parts(self) -> Parts:
        """Return its bidding, and acceptance of what its contour is worth."""
        return TradeOffBids(self.concession, self.width, self.criteria), AcceptAspiration(), None


class HardHeaded(Strategy, frozen=True, tag="hard-headed", forbid_unknown_fields=True):
    """Concede late and little, offering what a frequency model says the opponent likes best; in the last round take what
    there is (after van Krimpen, Looije and Hajizadeh, winner of ANAC 2011, 2013).

    beta: of its time-dependent concession. floor: the share of its range of utility that it never concedes.
    """

    beta: float = 0.2
    floor: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        self.parts()  # checks

    def parts(self) -> Parts:
        """Return its bidding, acceptance and frequency model."""
        bidding = ConcedingBids(_curve(self.beta), self.floor)
        return bidding, AnyOf((AcceptNext(), AcceptLastChance())), FrequencyModel("hard-headed")


class RandomWalker(Strategy, frozen=True, tag="random-walker", forbid_unknown_fields=True):
    """Offer anything worth the reservation value, by chance, and accept what is as good as that: a baseline."""

    seed: int = 0

    def parts(self) -> Parts:
        """Return random bidding, which accepts what is as good as the offer it has drawn."""
        return RandomBids(), AcceptNext(), None


class OptimalStopping(Strategy, frozen=True, tag="optimal-stopping", forbid_unknown_fields=True):
    """Bid by a concession and accept as soon as waiting promises no more (Baarslag and Hindriks 2013)."""

    concession: Pure = TimeDependentConcession(0.2)
    learned: bool = False
    seed: int = 0

    def parts(self) -> Parts:
        """Return conceding bids, and acceptance by the value of waiting."""
        return ConcedingBids(self.concession), AnyOf((AcceptNext(), AcceptOptimally(self.learned))), None


class Considerate(Strategy, frozen=True, tag="considerate", forbid_unknown_fields=True):
    """Concede along a curve, late, but always offer, of what is worth the target, what should please the opponent most.

    beta: of the time-dependent concession. floor: the share of one's range of utility that is never conceded; who speaks
    last still takes, in the last round, what there is. model: of the opponent.
    """

    beta: float = 0.02
    floor: float = 0.5
    model: AnyModel = BayesianModel()
    seed: int = 0

    def __post_init__(self) -> None:
        self.parts()  # checks

    def parts(self) -> Parts:
        """Return its bidding, acceptance and model."""
        bidding = ConcedingBids(_curve(self.beta), self.floor)
        return bidding, AnyOf((AcceptAspiration(), AcceptLastChance())), self.model


class Reciprocal(Strategy, frozen=True, tag="reciprocal", forbid_unknown_fields=True):
    """Give way only as the opponent does, as MiCRO, but never below a floor; there, offer what should please most.

    Against opponents that concede by time it waits; who answers concessions is met half-way. Who speaks last takes, in
    the last round, what there is. floor: the share of one's range of utility that is never conceded. model: of the
    opponent.
    """

    floor: float = 0.5
    model: AnyModel = FrequencyModel()
    seed: int = 0

    def __post_init__(self) -> None:
        self.parts()  # checks

    def parts(self) -> Parts:
        """Return its bidding, acceptance and model."""
        return MicroBids(self.floor), AnyOf((AcceptAspiration(), AcceptLastChance())), self.model


COMPOSED: dict[str, type[Strategy]] = {
    "composed": ComposedStrategy,
    "considerate": Considerate,
    "hard-headed": HardHeaded,
    "micro": MicroStrategy,
    "nice-tit-for-tat": NiceTitForTat,
    "optimal-stopping": OptimalStopping,
    "random-walker": RandomWalker,
    "reciprocal": Reciprocal,
    "trade-off": TradeOff,
}
"""The composed strategies by the names that scenario files use."""
