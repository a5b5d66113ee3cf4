"""When to accept: conditions on the standing offer, which combine with & and |.

After Baarslag, Hindriks and Jonker, "Acceptance conditions in automated negotiation" (2011) and "Effective acceptance
conditions in real-time automated negotiation" (2014). t in [0, 1] is the progress from the first round to the last; u is
one's own utility, a surplus in the price's unit for prices. No condition is asked about an offer below the reservation
value: that is never accepted.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import Any, Literal

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.view import View
from negotiate_rt.problems.scalars import finite
from negotiate_rt.strategies.session import Scene


class Condition(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """A condition on the standing offer; `a & b` and `a | b` combine two."""

    def __call__(self, scene: Scene, view: View) -> bool:
        """Return whether to accept the standing offer, which is worth `scene.standing`, at least the reservation value."""
        raise NotImplementedError

    def __and__(self, other: AnyCondition) -> AllOf:
        return AllOf((self, other))  # type: ignore[arg-type]  # self is one of the union

    def __or__(self, other: AnyCondition) -> AnyOf:
        return AnyOf((self, other))  # type: ignore[arg-type]  # self is one of the union


class AcceptNext(Condition, frozen=True, tag="next", forbid_unknown_fields=True):
    """AC_next(alpha, beta): alpha u(standing offer) + beta >= u(own next offer)."""

    alpha: float = 1.0
    beta: float = 0.0

    def __post_init__(self) -> None:
        finite(self.alpha, "alpha", ConfigurationError)
        finite(self.beta, "beta", ConfigurationError)

    def __call__(self, scene: Scene, view: View) -> bool:
        """Compare with what one would offer now."""
        return scene.standing is not None and self.alpha * scene.standing + self.beta >= scene.upcoming


class AcceptAspiration(Condition, frozen=True, tag="aspiration", forbid_unknown_fields=True):
    """u(standing offer) >= what one's bidding would settle for this turn, which may be less than its next offer is worth."""

    def __call__(self, scene: Scene, view: View) -> bool:
        """Compare with the bidding's target."""
        if scene.standing is None:
            return False
        return scene.standing >= scene.upcoming or (scene.aspiration is not None and scene.offered >= scene.aspiration)


class AcceptPrevious(Condition, frozen=True, tag="previous", forbid_unknown_fields=True):
    """AC_prev(alpha, beta): alpha u(standing offer) + beta >= u(own last offer). Never before one has made an offer."""

    alpha: float = 1.0
    beta: float = 0.0

    def __call__(self, scene: Scene, view: View) -> bool:
        """Compare with what one offered last."""
        own = view.own_last_offer
        if own is None or scene.standing is None:
            return False
        return bool(self.alpha * scene.standing + self.beta >= view.preferences.utility(own.value, True))


class AcceptConstant(Condition, frozen=True, tag="constant", forbid_unknown_fields=True):
    """AC_const(alpha): u(standing offer) >= alpha."""

    alpha: float = 0.9

    def __post_init__(self) -> None:
        finite(self.alpha, "alpha", ConfigurationError)

    def __call__(self, scene: Scene, view: View) -> bool:
        """Compare with the constant."""
        return scene.standing is not None and scene.standing >= self.alpha


class AcceptTime(Condition, frozen=True, tag="time", forbid_unknown_fields=True):
    """AC_time(T): t >= T, whatever the offer is worth above the reservation value."""

    progress: float = 0.99

    def __post_init__(self) -> None:
        _check_progress(self.progress)

    def __call__(self, scene: Scene, view: View) -> bool:
        """Look at the rounds."""
        return scene.progress >= self.progress


class AcceptLastChance(Condition, frozen=True, tag="last-chance", forbid_unknown_fields=True):
    """In the last round, accept whatever is worth the reservation value if the opponent has no turn after one's own.

    That is so for whoever speaks second: its last offer would only be left unanswered. Who spoke first makes one more
    offer instead, which the opponent can take.
    """

    def __call__(self, scene: Scene, view: View) -> bool:
        """Look at the rounds, and at who spoke first."""
        return scene.second and view.round >= view.max_rounds


class AcceptWindow(Condition, frozen=True, tag="window", forbid_unknown_fields=True):
    """u(standing offer) >= the best (or the average) that came in a window as long as the time that is left.

    MAX^W and AVG^W of Baarslag et al. 2011: W = [t - (1 - t), t]. In the last round that is the standing offer itself.
    """

    measure: Literal["max", "average"] = "max"

    def __post_init__(self) -> None:
        if self.measure not in ("max", "average"):
            raise ConfigurationError(f"measure must be 'max' or 'average', got {self.measure!r}")

    def __call__(self, scene: Scene, view: View) -> bool:
        """Compare with the offers of the window. O(offers in it)."""
        if scene.standing is None:
            return False
        recent = scene.worths[bisect_left(scene.times, 2.0 * scene.progress - 1.0) :] or [scene.offered]
        least = max(recent) if self.measure == "max" else sum(recent) / len(recent)
        return scene.offered >= least


class AcceptCombined(Condition, frozen=True, tag="combined", forbid_unknown_fields=True):
    """AC_combi(T): AC_next, or from time T on whatever is as good as what the time that is left promises.

    AC_next(alpha, beta) or (t >= T and MAX^W, or AVG^W); see `AcceptWindow`. Baarslag et al. 2011, section 3.3.
    """

    progress: float = 0.98
    measure: Literal["max", "average"] = "max"
    alpha: float = 1.0
    beta: float = 0.0

    def __post_init__(self) -> None:
        _check_progress(self.progress)
        AcceptWindow(self.measure)

    def __call__(self, scene: Scene, view: View) -> bool:
        """Compare with one's next offer, then, late, with what came lately."""
        if scene.standing is None:
            return False
        if self.alpha * scene.standing + self.beta >= scene.upcoming:
            return True
        return scene.progress >= self.progress and _WINDOWS[self.measure](scene, view)


_WINDOWS = {"max": AcceptWindow("max"), "average": AcceptWindow("average")}


class AcceptOptimally(Condition, frozen=True, tag="optimal-stopping", forbid_unknown_fields=True):
    """Accept what is worth at least what waiting is expected to bring: u >= v_j with j offers still to come.

    v_0 is the reservation value and v_{j+1} = E max(X, v_j), the offers X independent: uniform between the reservation
    value and one's best outcome, so in shares of that range v_{j+1} = (1 + v_j^2) / 2 (Baarslag and Hindriks, "Accepting
    optimally in automated negotiation with incomplete information", AAMAS 2013); with `learned`, spread evenly over the
    offers that have come, once there are `enough`, O(rounds left * log offers) a turn.
    """

    learned: bool = False
    enough: int = 5

    def __call__(self, scene: Scene, view: View) -> bool:
        """Compare with the value of waiting."""
        if scene.standing is None:
            return False
        mine = view.preferences
        left = view.max_rounds - view.round
        if self.learned and len(scene.worths) >= self.enough:
            return scene.standing >= _empirical_wait(scene.worths, mine.reservation_value, left)
        best = scene.memory.get("best deal")
        if best is None:
            best = mine.utility(mine.offer(mine.opening), True)
            if not scene.waning:
                scene.memory["best deal"] = best
        share = _uniform_wait(left if left < 4096 else 4096)
        return bool(scene.standing >= mine.reservation_value + share * (best - mine.reservation_value))


@lru_cache(4097)
def _uniform_wait(left: int) -> float:
    value = 0.0
    for _ in range(left):
        value = (1.0 + value * value) / 2.0
    return value


def _empirical_wait(worths: list[float], least: float, left: int) -> float:
    """Return v_left for offers that are drawn from those seen."""
    seen = sorted(worths)
    above = [0.0]  # above[k]: the sum of the k best
    for worth in reversed(seen):
        above.append(above[-1] + worth)
    value, count = least, len(seen)
    for _ in range(left):
        below = bisect_left(seen, value)
        after = (value * below + above[count - below]) / count
        if after - value <= 1e-12 * max(1.0, abs(value)):
            break
        value = after
    return value


class AllOf(Condition, frozen=True, tag="all", forbid_unknown_fields=True):
    """Accept if all conditions say so. Conditions may be any callables of (scene, view)."""

    conditions: tuple[AnyCondition, ...]

    def __call__(self, scene: Scene, view: View) -> bool:
        """Ask one after the other until one says no."""
        for condition in self.conditions:  # noqa: SIM110  a generator would cost more than most conditions do
            if not condition(scene, view):
                return False
        return True


class AnyOf(Condition, frozen=True, tag="any", forbid_unknown_fields=True):
    """Accept if any condition says so. Conditions may be any callables of (scene, view)."""

    conditions: tuple[AnyCondition, ...]

    def __call__(self, scene: Scene, view: View) -> bool:
        """Ask one after the other until one says yes."""
        for condition in self.conditions:  # noqa: SIM110  as above
            if condition(scene, view):
                return True
        return False


AnyCondition = (
    AcceptNext | AcceptAspiration | AcceptPrevious | AcceptConstant | AcceptTime | AcceptLastChance | AcceptWindow
    | AcceptCombined | AcceptOptimally | AllOf | AnyOf
)  # fmt: skip


def _check_progress(progress: Any) -> None:  # whatever a caller gave
    if not 0 <= finite(progress, "progress", ConfigurationError) <= 1:
        raise ConfigurationError(f"progress must be in [0, 1], got {progress}")
