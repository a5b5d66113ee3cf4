"""Zeuthen's strategy: who has more to lose from conflict gives way, by as little as is enough.

Zeuthen (1930), Harsanyi (1956); as a negotiation strategy Rosenschein and Zlotkin (1994, chapter 4). With gains g over the
reservation values, own offer x and the other's y, a party's risk is what it would lose by giving in, as a part of what it
would lose by conflict:

    risk = (g(x) - g(y)) / g(x), and 1 if its own offer gives it nothing (g(x) <= 0) or the other's does (g(y) <= 0).

The party with the smaller risk concedes; at equal risks both do, or one that a coin decides. A minimal sufficient
concession is the offer, best for oneself among all that are better for the other than the last one, after which the
other has the smaller risk; where no such offer is short of it, one joins the other's offer. Since a risk is smaller exactly
where the product of gains is, the talk ends at the largest product (Harsanyi 1956).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal
from weakref import WeakKeyDictionary

import msgspec

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.messages.performatives import Accept, Message, Propose
from negotiate_rt.messages.view import View
from negotiate_rt.problems.bargaining import BargainingProblem, Pie
from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.problems.utility import SpaceUtility

STEPS = 1000
"""Points that a price or a share is cut into between opening and limit: concessions there have no smallest step."""


class Deals(msgspec.Struct, frozen=True, eq=False):
    """What may be offered, as two parties see it: values in the space's order, and both parties' gains."""

    values: Sequence[Any]
    mine: Sequence[float]
    theirs: Sequence[float]


NO_OTHER = (
    "compares both risks and needs the other's utility: a problem with information = 'complete', or "
    "Zeuthen().against(utility)"
)


class Zeuthen(msgspec.Struct, frozen=True, tag_field="name", tag="zeuthen"):
    """Concede, minimally, when one's own risk is the smaller one: a callable of the view, for two parties.

    tie: at equal risks `both` concede, or one that a `coin` picks, the same for both sides. The view must reveal the
    other's preferences (a problem with information = "complete"); `against` plays with an estimate instead. Where a
    protocol has offers accepted by word, it accepts what is worth at least as much as its own. Raises InvalidDecision
    where the other's utility is unknown, or there is more than one other. Cost: O(deals) per decision.
    """

    tie: Literal["both", "coin"] = "both"

    def __post_init__(self) -> None:
        if self.tie not in ("both", "coin"):
            raise ConfigurationError(f"tie: expected 'both' or 'coin', got {self.tie!r}")

    def against(self, utility: Callable[[Any], float], reservation_value: float = 0.0) -> ZeuthenAgainst:
        """Return the strategy for an opponent of this utility, whatever the view reveals.

        utility: of an offer's value; of a pie, of the share that is left to the opponent.
        """
        return ZeuthenAgainst(tie=self.tie, opponent=utility, opponent_reservation=reservation_value)

    def misfit(self, preferences: Any, problem: Any, parties: int) -> str:
        """Return why this strategy cannot be played here, asked before a negotiation starts; empty if it can."""
        if parties != 2:
            return f"'zeuthen' is about two parties, here are {parties}"
        return "" if getattr(problem, "information", "private") == "complete" else f"'zeuthen' {NO_OTHER}"

    def __call__(self, view: View) -> Message:
        """Decide a turn: open with the best, then concede or stand still by the risks."""
        deals = self._deals(view)
        if not deals.values:
            raise InvalidDecision("no outcome is worth its reservation value")
        own, standing = view.own_last_offer, view.standing_offer
        if own is None:
            return Propose(deals.values[max(range(len(deals.values)), key=lambda i: (deals.mine[i], deals.theirs[i]))])
        if standing is None and not view.heard:
            return Propose(own.value)
        given = view.heard[-1] if standing is None else standing.value
        mine, theirs = view.preferences, self._other(view)
        x = (mine.utility(own.value, True) - mine.reservation_value, theirs(own.value, True))
        y = (mine.utility(given, False) - mine.reservation_value, theirs(given, False))
        if y[0] >= x[0] - 1e-12 and "accept-proposal" in view.may_say and standing is not None:
            return Accept()
        if not self._concedes(view, risk(x[0], y[0]), risk(y[1], x[1])):
            return Propose(own.value)
        return self._conceding(view, deals, x, y)

    def _concedes(self, view: View, mine: float, theirs: float) -> bool:
        if not math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-12):
            return mine < theirs
        if self.tie == "both":
            return True
        names = sorted((view.agent, *self._others(view)))
        return random.Random(f"{view.negotiation}/{view.round}").choice(names) == view.agent

    def _conceding(self, view: View, deals: Deals, x: tuple[float, float], y: tuple[float, float]) -> Message:
        """Return the minimal sufficient concession from x, against the other's y; join y where none is short of it."""
        slack = 1e-12 * max(1.0, abs(x[0]))
        best, found = -1, (-math.inf, -math.inf)
        for place, (mine, theirs) in enumerate(zip(deals.mine, deals.theirs, strict=True)):
            if theirs <= x[1] or mine > x[0] + slack or (mine, theirs) <= found:
                continue
            if theirs >= y[1] or risk(mine, y[0]) > risk(y[1], theirs) + 1e-12:
                best, found = place, (mine, theirs)
        if best < 0:  # nothing that the reservation value allows is enough: stand still
            assert view.own_last_offer is not None  # a concession is from an offer
            return Propose(view.own_last_offer.value)
        return Propose(deals.values[best])

    def _others(self, view: View) -> tuple[str, ...]:
        return tuple(view.others or ()) or ("",)

    def _other(self, view: View) -> Callable[[Any, bool], float]:
        """Return the other's gain from an offer's value; `mine`: I made the offer."""
        others = view.others
        if not others:
            raise InvalidDecision(f"Zeuthen {NO_OTHER}")
        if len(others) > 1:
            raise InvalidDecision(f"Zeuthen's strategy is about two parties, there are {len(others)} others")
        [theirs] = others.values()
        return lambda value, mine: theirs.utility(value, not mine) - theirs.reservation_value

    def _deals(self, view: View) -> Deals:
        """Return what I may offer: what is worth my reservation value. Kept per pair of preferences."""
        mine, other = view.preferences, self._other(view)
        kept = KEPT.get(mine)
        if kept is not None and kept[0] is self:
            return kept[1]
        values = list(view.problem.space) if isinstance(view.problem, BargainingProblem) else points(mine)
        least = mine.reservation_value
        worth = [(value, mine.utility(value, True) - least) for value in values]
        chosen = [(value, gain, other(value, True)) for value, gain in worth if gain >= 0]
        deals = Deals([one[0] for one in chosen], [one[1] for one in chosen], [one[2] for one in chosen])
        KEPT[mine] = (self, deals)
        return deals


class ZeuthenAgainst(Zeuthen, frozen=True, tag_field="name", tag="zeuthen-against", kw_only=True):
    """Zeuthen's strategy with the opponent's utility given; see `Zeuthen.against`."""

    opponent: Callable[[Any], float]
    opponent_reservation: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.opponent):
            raise ConfigurationError(f"opponent: expected a utility function of an offer's value, got {self.opponent!r}")

    def misfit(self, preferences: Any, problem: Any, parties: int) -> str:
        """Return why this strategy cannot be played here; the other's utility it brings itself."""
        return "" if parties == 2 else f"'zeuthen-against' is about two parties, here are {parties}"

    def _other(self, view: View) -> Callable[[Any, bool], float]:
        known, least, problem = self.opponent, self.opponent_reservation, view.problem
        if isinstance(problem, Pie):
            return lambda value, mine: known(problem.size - value if mine else value) - least
        if isinstance(known, SpaceUtility) and known.space is None and isinstance(problem, BargainingProblem):
            known = bound(known, problem.space)
        return lambda value, mine: known(value) - least


KEPT: WeakKeyDictionary[Any, tuple[Zeuthen, Deals]] = WeakKeyDictionary()
"""Deals by a seat's own preferences, which live as long as its negotiation."""


@lru_cache(maxsize=64)
def bound(utility: SpaceUtility, space: OutcomeSpace) -> SpaceUtility:
    """Return a utility over the space of the talk, bound once and not at each decision."""
    return utility.bind(space)


def risk(own: float, given: float) -> float:
    """Return Zeuthen's risk of a party that gains `own` from its own offer and `given` from the other's."""
    if own <= 0 or given <= 0:
        return 1.0
    return (own - given) / own


def points(preferences: Any) -> list[Any]:
    """Return what may be offered of a price or a share, from opening to limit."""
    opening, limit = preferences.opening, preferences.limit
    if not (math.isfinite(opening) and math.isfinite(limit)):
        raise InvalidDecision("Zeuthen needs to know what offers are worth: give the agent a limit or a utility")
    between = [preferences.offer(opening + (limit - opening) * step / STEPS) for step in range(STEPS)]
    return [*between, preferences.offer(limit)]
