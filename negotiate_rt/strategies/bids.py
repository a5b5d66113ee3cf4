"""What to offer next: the bidding half of composed strategies, as parameters. A bidding is a callable of (scene, view).

Each returns a value of the problem, worth at least the reservation value, or None where there is none. The simple ones
cost a bisection or less a turn; those that ask a model of the opponent cost a few passes over the outcomes at array
speed, and load numpy when they first do.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError, InvalidDecision
from negotiate_rt.messages.view import View
from negotiate_rt.problems.scalars import finite
from negotiate_rt.strategies.concession import ConcessionCurve, ConcessionStrategy, TimeDependentConcession
from negotiate_rt.strategies.deciding import Scaled
from negotiate_rt.strategies.faratin import Pure
from negotiate_rt.strategies.session import Scene, undiscounted

_PENDING = 256  # offers that a model may have to catch up with: some milliseconds in one turn


class Bids(msgspec.Struct, frozen=True, tag_field="kind", forbid_unknown_fields=True):
    """A way to bid."""

    def __call__(self, scene: Scene, view: View) -> Any:  # a value of the problem
        """Return the next offer, or None if nothing is worth offering."""
        raise NotImplementedError


def conceded(scene: Scene, view: View, strategy: ConcessionStrategy, floor: float = 0.0) -> float:
    """Return where a concession strategy has come to this round, on its scale, and keep it as the scene's target.

    The first time it is the opening, whatever the round. floor: the share of the way from the reservation value to the
    opening that is never conceded. Asked twice in one round (a repair), it answers the same.
    """
    mine, round = view.preferences, view.round
    target = scene.target
    if target is None:
        target = mine.opening
        if math.isnan(target):
            raise InvalidDecision(f"agent {view.agent!r} has no opening to concede from: give it preferences")
    elif scene.conceded != round:
        limit = mine.limit
        if floor:
            limit += floor * (mine.opening - limit)
        if isinstance(strategy, ConcessionCurve):  # looks at rounds only, and is called without a detour
            target = strategy.__call__(round, view.max_rounds, limit, target)
        else:
            target = float(strategy(round, view.max_rounds, limit, target, Scaled(view.heard, mine.scale)))
    scene.conceded = round
    scene.target = target
    return target


def pleasing(scene: Scene, view: View, target: float) -> Any:  # a value of the problem
    """Return, of what is worth at least the target to oneself, the offer that should please the opponent most.

    Among equals the best for oneself. O(options worth the target) at array speed; kept until the target or the model
    moves. None if nothing is worth the reservation value. In a space too large to list, the offer nearest the target.
    """
    options = scene.options(view)
    if not len(options):
        return None
    count = options.down_to(target)
    if count == 1 and options.listed and scene.behind() < _PENDING:
        return options.values[0]  # nothing to choose from: the model may learn later
    model = scene.model(view)
    if model is None:
        return options.values[count - 1]
    if options.space is not None and not options.listed:
        return view.preferences.offer(target)
    if not model.heard and not view.others:
        return options.values[0]  # nothing is known yet
    liking = scene.liking(view)
    liking.learn(model)
    return options.values[liking.most_pleasing(count)]


class ConcedingBids(Bids, frozen=True, tag="conceding", forbid_unknown_fields=True):
    """Concede along a concession strategy, from one's opening towards the reservation value.

    Over outcomes the offer is, without a model of the opponent, the one worth least at or above the target; with one,
    whatever is worth the target and should please the opponent most. floor: the share of the way from the reservation
    value to the opening that is never conceded. Cost without a model: O(log outcomes).
    """

    concession: Pure = TimeDependentConcession(0.5)
    floor: float = 0.0

    def __post_init__(self) -> None:
        if not callable(self.concession):
            raise ConfigurationError(f"concession must be a concession strategy, got {self.concession!r}")
        _check_share(self.floor, "floor")

    def __call__(self, scene: Scene, view: View) -> Any:  # as in Bids
        """Return the next offer. Raises InvalidOffer if nothing is worth the reservation value."""
        target = conceded(scene, view, self.concession, self.floor)
        if scene.model_of is None or getattr(view.problem, "space", None) is None:
            return view.preferences.offer(target)
        scene.aspiration = target
        return pleasing(scene, view, target)


class MicroBids(Bids, frozen=True, tag="micro", forbid_unknown_fields=True):
    """Concede one outcome for each distinct offer of the opponent (de Jonge, "An analysis of the linear bilateral
    ANAC domains using the MiCRO benchmark strategy", IJCAI 2022).

    Own outcomes are ranked; with m of them proposed and n distinct offers heard, the next in rank is proposed if m <= n
    and it is worth the reservation value, else one of the m, by chance. It settles for the least of those it considered:
    use it with `AcceptAspiration`. On a price or share, ranks are a hundred steps of the way. Cost: O(1).

    floor, which MiCRO itself does not have: the share of the way from the reservation value to the best outcome that is
    never conceded. Once there, it offers what should please the opponent most, if the strategy has a model.
    """

    floor: float = 0.0

    def __post_init__(self) -> None:
        _check_share(self.floor, "floor")

    def __call__(self, scene: Scene, view: View) -> Any:  # as in Bids
        """Return the next offer in rank, or repeat one."""
        options = scene.options(view)
        if not len(options):
            return None
        made = self._made(scene)
        last = self._last(scene, view)
        if made <= len(scene.seen) and made < last:
            scene.memory["micro"] = (made, view.round)
            scene.aspiration = options.worth(made)
            return options.values[made]
        scene.aspiration = options.worth(made - 1)
        if made <= len(scene.seen) and scene.model_of is not None and made < len(options):
            return pleasing(scene, view, scene.aspiration)  # the floor
        return options.values[scene.rng.randrange(made)]

    def _last(self, scene: Scene, view: View) -> int:
        """Return how many options lie above the floor."""
        options = scene.options(view)
        if not self.floor:
            return len(options)
        known: int | None = scene.memory.get("last")
        if known is None:
            least = view.preferences.reservation_value
            known = scene.memory["last"] = options.down_to(least + self.floor * (options.worth(0) - least))
        return known

    @staticmethod
    def _made(scene: Scene) -> int:
        """Return how many of the best options have been proposed: one more than the last, once that was said."""
        last: tuple[int, int] | None = scene.memory.get("micro")
        if last is None:
            return 0
        return last[0] + 1 if last[1] < scene.round else last[0]


class RandomBids(Bids, frozen=True, tag="random", forbid_unknown_fields=True):
    """Offer anything that is worth the reservation value, by chance (the random walker). O(1)."""

    def __call__(self, scene: Scene, view: View) -> Any:  # as in Bids
        """Return a random option."""
        options = scene.options(view)
        return options.values[scene.rng.randrange(len(options))] if len(options) else None


class NiceTitForTatBids(Bids, frozen=True, tag="nice-tit-for-tat", forbid_unknown_fields=True):
    """Answer the opponent's concessions towards the estimated Nash point in kind (Baarslag, Hindriks and Jonker, "A tit
    for tat negotiation strategy for real-time bilateral negotiations", 2013).

    With a model of the opponent, N is one's own utility at the estimated Nash point, F that of the opponent's first offer
    and B of its best. Its concession is c = (B - F) / (N - F), in [0, 1], and the target top - c (top - N). `bonus` moves
    the target on towards N by that share as time runs out, so that two patient agents meet. Of the outcomes worth the
    target, the one that should please the opponent most is offered.
    """

    bonus: float = 0.5

    def __post_init__(self) -> None:
        _check_share(self.bonus, "bonus")

    def __call__(self, scene: Scene, view: View) -> Any:  # as in Bids
        """Return the next offer. Raises ConfigurationError if the strategy has no model of the opponent."""
        if scene.model_of is None:
            raise ConfigurationError("nice tit-for-tat needs a model of the opponent: ComposedStrategy(..., model=...)")
        options = scene.options(view)
        if not len(options):
            return None
        top = options.worth(0)
        nash = self._nash(scene, view)
        shared = 0.0
        if scene.worths:
            first = min(scene.worths[0], nash)
            shared = min(1.0, (scene.best_worth - first) / (nash - first)) if nash > first else 1.0
        target = top - shared * (top - nash)
        target -= self.bonus * scene.progress * (target - nash)
        scene.aspiration = target
        return pleasing(scene, view, target)

    @staticmethod
    def _nash(scene: Scene, view: View) -> float:
        """Return one's own utility where the product of own gain and the opponent's estimated utility is largest."""
        options, model = scene.options(view), scene.model(view)
        assert model is not None  # the caller has checked it
        least = undiscounted(view.preferences).reservation_value
        if options.space is None or options.listed:
            liking = scene.liking(view)
            liking.learn(model)
            return options.worth(liking.nash(least))
        kept: tuple[int, float] | None = scene.memory.get("nash")
        if kept is None or kept[0] != model.heard:
            liked = [model.utility(value) for value in options.values]
            kept = scene.memory["nash"] = (model.heard, options.worth(int(((options.worths - least) * liked).argmax())))
        return kept[1]


class TradeOffBids(Bids, frozen=True, tag="trade-off", forbid_unknown_fields=True):
    """Trade issues off: of the outcomes about as good for oneself, offer the most similar to the opponent's last offer.

    After Faratin, Sierra and Jennings, "Using similarity criteria to make issue trade-offs in automated negotiations",
    Artificial Intelligence 142 (2002). The contour is at the target of `concession`: outcomes worth between the target
    and `width` (a share of one's range of utility) more, or the nearest above. Similarity is the weighted sum over the
    issues of 1 - |h(x) - h(y)|, h the value of a numeric issue or the place in an ordered one, scaled to [0, 1]; else 1
    for equal values and 0 for others. `criteria` gives h(value) in [0, 1] for the values of an issue where people see more.
    Issues weigh as the model of the opponent says, or alike. On a price, the concession itself. Cost: O(options) at
    array speed.
    """

    concession: Pure = TimeDependentConcession(0.5)
    width: float = 0.05
    criteria: dict[str, dict[str | int | float, float]] = {}

    def __post_init__(self) -> None:
        _check_share(self.width, "width")

    def __hash__(self) -> int:
        return hash((self.concession, self.width, len(self.criteria)))

    def __call__(self, scene: Scene, view: View) -> Any:  # as in Bids
        """Return the next offer. Raises InvalidOffer if nothing is worth the reservation value."""
        target = conceded(scene, view, self.concession)
        space = getattr(view.problem, "space", None)
        options = scene.options(view)
        if space is None or not options.listed or not len(view.heard) or not len(options):
            return view.preferences.offer(target)
        scene.aspiration = target
        count = options.down_to(target)
        slack = self.width * (options.worth(0) - options.worth(len(options) - 1))
        start = min(count - 1, options.down_to(target + slack) - 1)
        similarity = scene.memory.get("similarity")
        if similarity is None:
            from negotiate_rt.strategies.similarity import Similarity  # late: numpy

            similarity = scene.memory["similarity"] = Similarity(space, self.criteria)
        if count - start == 1:
            return options.values[start]
        weights = getattr(scene.model(view), "weights", None)
        parts = similarity.parts(view.heard[-1], weights)
        alike = options.sums.of(options.sums.combine(parts), parts, start, count)
        return options.values[start + int(alike.argmax())]


class IssueByIssueBids(Bids, frozen=True, tag="issue-by-issue", forbid_unknown_fields=True):
    """Let a tactic of its own decide each issue, as in Faratin et al. 1998, where tactics are mixed for every issue.

    tactics: by issue; `otherwise` for issues that none is named for. A tactic concedes on what the issue's values add to
    one's utility (weight times worth), from the best value to the worst; the value at or above its target that is worth
    least is taken. Needs an additive utility. What falls below the reservation value is replaced by the outcome nearest
    above it.
    """

    tactics: dict[str, Pure] = {}
    otherwise: Pure = TimeDependentConcession(0.5)

    def __hash__(self) -> int:
        return hash((tuple(self.tactics.items()), self.otherwise))

    def __call__(self, scene: Scene, view: View) -> Any:  # as in Bids
        """Return the next offer. Raises InvalidDecision where the utility is not additive."""
        from negotiate_rt.strategies.issue_scales import IssueScales  # late: used by this bidding only

        scales = scene.memory.get("scales")
        if scales is None:
            scales = scene.memory["scales"] = IssueScales(view, self.tactics, self.otherwise)
        return scales.offer(view)


AnyBids = ConcedingBids | MicroBids | RandomBids | NiceTitForTatBids | TradeOffBids | IssueByIssueBids


def _check_share(share: float, name: str) -> None:
    if not 0 <= finite(share, name, ConfigurationError) <= 1:
        raise ConfigurationError(f"{name} must be in [0, 1], got {share}")
