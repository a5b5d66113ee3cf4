"""How a party forms coalitions: what it proposes in its turn, and which proposals it joins.

A strategy is called with the view. In its turn (`view.call.proposal` is None) it returns a CoalitionProposal, or a message:
Refuse lets the turn pass, Cancel leaves its coalition, Walk leaves the talk. Asked to join, it returns Accept or Reject.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, TypeAlias

import msgspec

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.messages.performatives import Accept, Message, Propose, Refuse, Reject
from negotiate_rt.messages.view import View
from negotiate_rt.problems.coalitions import CoalitionCall, CoalitionProposal
from negotiate_rt.problems.scalars import finite

if TYPE_CHECKING:
    from negotiate_rt.problems.games import CoalitionGame, Vector
    from negotiate_rt.solutions.coalitions.proposing import ProposerPayoffs

MOST_WEIGHED = 16
"""Players up to which every coalition is weighed in a turn (about a millisecond); beyond, those near what stands."""

SLIGHT = 1e-9  # of the largest number involved: a gain that is rounding

CONCEPTS = ("shapley", "nucleolus")


class MyopicBestResponse(msgspec.Struct, frozen=True, kw_only=True, tag="myopic"):
    """Proposes whatever gains most at once, the gain shared evenly, and joins whatever gains anything.

    Of all coalitions S that it can be in, the one with the largest gain for each member, (v(S) - x(S)) / |S|, where x is what
    everybody has now; each gets that on top. Among ties the larger coalition, then the first in the players' order. What was
    proposed in vain since anything changed is not proposed again. Up to 16 players every coalition is weighed; beyond, unions
    of coalitions that stand, of one of them with itself, and pairs. Cost: O(2**n) a turn up to 16, else O(n).
    """

    takes_view: ClassVar[bool] = True

    def __call__(self, view: View) -> CoalitionProposal | Message:
        """Decide a turn, or whether to join."""
        call: CoalitionCall = view.call
        sign = -1.0 if call.costs else 1.0
        if call.proposal is not None:
            now, then = call.payoffs[view.agent], call.proposal.payoffs[view.agent]
            return Accept() if sign * (then - now) > _slight(now, then) else Reject("it gains nothing")
        offers: Mapping[str, float] = call.payoffs
        return _best(view, offers, even=True) or Refuse("nothing is to be gained")


class ValueDemand(msgspec.Struct, frozen=True, kw_only=True, tag="values"):
    """Demands what theory says it should get, and leaves the others what theory says they should.

    concept: the Shapley value or the nucleolus, of the coalition structure of largest worth. values: by player, instead. In
    its turn it proposes the coalition that leaves it most once every other member gets its value (or what it has, if that is
    more), provided this is no less than its own value; among ties its own in that structure, else the largest. It joins what
    gives it its value, unless it has as much already. Where the values are in the core, all together agree on exactly these.
    Cost: that of the values, once a game, then O(2**n) a turn; up to 16 players.
    """

    concept: Literal["shapley", "nucleolus"] = "shapley"
    values: Mapping[str, float] | None = None

    takes_view: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.concept not in CONCEPTS:
            raise ConfigurationError(
                f"concept: expected one of {', '.join(CONCEPTS)}, got {self.concept!r}" + suggest(str(self.concept), CONCEPTS)
            )
        for name, value in (self.values or {}).items():
            finite(value, f"values: that of {name!r}", ConfigurationError)

    def __call__(self, view: View) -> CoalitionProposal | Message:
        """Decide a turn, or whether to join."""
        call: CoalitionCall = view.call
        sign = -1.0 if call.costs else 1.0
        values = self._values(view)
        if values is None:
            return Reject("there is no nucleolus") if call.proposal is not None else Refuse("there is no nucleolus")
        mine, now = values[view.agent], call.payoffs[view.agent]
        if call.proposal is not None:
            then = call.proposal.payoffs[view.agent]
            enough = sign * (then - mine) >= -_slight(mine, then)
            better = sign * (then - now) > _slight(now, then) or call.agreement_of(view.agent) is None
            worse = sign * (then - now) < -_slight(now, then)
            return Accept() if enough and better and not worse else Reject(f"{view.agent} demands {mine:.10g}")
        offers = {name: sign * max(sign * values[name], sign * call.payoffs[name]) for name in call.payoffs}
        found = _best(view, {**offers, view.agent: mine}, even=False, favoured=self._favoured(view))
        return found or Refuse("nothing gives everybody its value")

    def _favoured(self, view: View) -> frozenset[str]:
        """Return its own coalition in the structure that the values are of; nobody where they were given."""
        if self.values is not None:
            return frozenset()
        from negotiate_rt.solutions.coalitions.judging import best_structure

        return next(one for one in best_structure(view.problem).coalitions if view.agent in one)

    def _values(self, view: View) -> Mapping[str, float] | None:
        if self.values is not None:
            missing = [name for name in view.call.payoffs if name not in self.values]
            if missing:
                raise ConfigurationError(f"values: none for {missing[0]!r}")
            return self.values
        from negotiate_rt.solutions.coalitions.judging import structure_values  # late: numpy

        return structure_values(view.problem, self.concept)


class EquilibriumOffers(msgspec.Struct, frozen=True, tag="stationary"):
    """Proposes and joins as in the stationary equilibrium of the rules that it plays under, where coalitions are final and
    delay costs: who rejects proposes next (Chatterjee, Dutta, Ray and Sengupta 1993), or the proposer is drawn at random
    (Okada 1996).

    It offers each other member what waiting is worth to it, and joins for what waiting is worth to itself; after a coalition
    has left, as in the game among those who remain. Exact where nobody has anything alone; nobody is offered less than it has
    alone. Under other rules, and where Okada's condition fails, it responds as MyopicBestResponse. Cost: O(n 2**n) once for
    each set of players who remain; up to 16.
    """

    takes_view: ClassVar[bool] = True

    def __call__(self, view: View) -> CoalitionProposal | Message:
        """Decide a turn, or whether to join."""
        call: CoalitionCall = view.call
        theory = self._theory(view)
        if theory is None:
            return _MYOPIC(view)
        if call.proposal is not None:
            least, then = self._least(view, theory, view.agent), call.proposal.payoffs[view.agent]
            return Accept() if then >= least - _slight(least, then) else Reject(f"waiting is worth {least:.10g}")
        coalition = theory.proposals[view.agent]
        if len(coalition) < 2:
            return Refuse("it is better off alone")
        paid = {name: self._least(view, theory, name) for name in call.payoffs if name in coalition and name != view.agent}
        return CoalitionProposal({**paid, view.agent: float(view.problem.worth(coalition)) - sum(paid.values())})

    def _least(self, view: View, theory: ProposerPayoffs, name: str) -> float:
        return max(float(theory.waiting[name]), float(view.problem.worth((name,))))

    def _theory(self, view: View) -> ProposerPayoffs | None:
        call: CoalitionCall = view.call
        left = frozenset(call.available())
        if call.leaving or call.costs or call.order == "seating" or not 0 <= call.discount < 1 or len(left) > MOST_WEIGHED:
            return None
        from negotiate_rt.solutions.coalitions import proposing  # late: numpy
        from negotiate_rt.solutions.coalitions.judging import within

        solve = proposing.rejector_proposes if call.order == "rejector" else proposing.random_proposer_shares
        game: CoalitionGame = view.problem
        found: ProposerPayoffs | None = game.remember(
            ("equilibrium", call.order, call.discount, left), lambda: solve(within(game, left), call.discount)
        )
        return found


def _slight(*amounts: float) -> float:
    return SLIGHT * max(map(abs, amounts))


def _best(
    view: View, offers: Mapping[str, float], even: bool, favoured: frozenset[str] = frozenset()
) -> CoalitionProposal | None:
    """Return the proposal that leaves this party most after the others' offers, more than its own offer and than it has.

    even: what is left over the offers is shared evenly among the members, else it is this party's. favoured: which coalition it
    had rather among ties. What has fallen since anything changed is not proposed again.
    """
    rules = Rules(offers, even, favoured)
    call: CoalitionCall = view.call
    weigh = _weighed if len(call.payoffs) <= MOST_WEIGHED else _nearby
    own = call.agreement_of(view.agent)
    barred = set() if own is None else {own.coalition}
    for _ in range(len(call.fallen) + 1):
        found = weigh(view, rules, barred)
        if found is None:
            return None
        members, left = found
        paid = {name: offers[name] + (left / len(members) if even else 0.0) for name in members}
        if not even:
            paid[view.agent] = offers[view.agent] + left
        proposal = CoalitionProposal(paid)
        if not any(_same(proposal, one) for one in call.fallen):
            return proposal
        barred.add(proposal.coalition)
    return None


def _same(one: CoalitionProposal, other: CoalitionProposal) -> bool:
    """Whether two proposals give the same members the same, within rounding."""
    if one.coalition != other.coalition:
        return False
    return all(abs(other.payoffs[name] - payoff) <= _slight(payoff, other.payoffs[name]) for name, payoff in one.payoffs.items())


class Rules(NamedTuple):
    """How a coalition is judged: what each member is offered, how the rest is shared, and which is favoured among ties."""

    offers: Mapping[str, float]
    even: bool
    favoured: frozenset[str]


def _weighed(view: View, rules: Rules, barred: Set[frozenset[str]]) -> tuple[tuple[str, ...], float] | None:
    """Return the members of the best coalition of all, and what it yields over the offers."""
    import numpy as np  # late: heavy

    from negotiate_rt.problems.games import sizes, subset_sums

    offers, even, favoured = rules
    game: CoalitionGame = view.problem
    call: CoalitionCall = view.call
    sign = -1.0 if call.costs else 1.0
    table = game.table()
    paid = np.array([offers[name] for name in game.players])
    left: Vector = table - subset_sums(paid)
    size: Vector = game.remember("sizes", lambda: sizes(len(game)).astype(np.float64))
    gain = sign * (left[1:] / size[1:] if even else left[1:])
    masks = np.arange(1, len(table))
    me = game.mask((view.agent,))
    bound = game.grand & ~game.mask(call.available())
    able = (masks & me != 0) & (masks != me) & (masks & bound == 0)
    for coalition in barred:
        able[game.mask(coalition) - 1] = False
    gain = np.where(able, gain, -np.inf)
    most = float(gain.max())
    slack = SLIGHT * max(float(np.abs(table).max()), float(np.abs(paid).max()))
    if most < _least(view, offers) + slack * (1 if _strict(call, view.agent, even) else -1):
        return None
    if favoured == {view.agent} and most <= slack:
        return None  # it is as well off alone
    tied = np.flatnonzero(gain >= most - slack) + 1
    liked = game.mask(favoured)
    mask = min(map(int, tied), key=lambda one: (one != liked, -one.bit_count(), one))
    return tuple(player for player in game.players if player in game.coalition(mask)), float(left[mask])


def _strict(call: CoalitionCall, agent: str, even: bool) -> bool:
    """Whether a proposal must leave more than what there is, not just as much: moving for nothing would never end."""
    return even or call.agreement_of(agent) is not None


def _least(view: View, offers: Mapping[str, float]) -> float:
    """Return what must be left over one's own offer, at least: what one has now, if that is more."""
    call: CoalitionCall = view.call
    sign = -1.0 if call.costs else 1.0
    return max(0.0, sign * (call.payoffs[view.agent] - offers[view.agent]))


def _nearby(view: View, rules: Rules, barred: Set[frozenset[str]]) -> tuple[tuple[str, ...], float] | None:
    """Return the best coalition among those near what stands, and what it yields over the offers."""
    offers, even, _ = rules
    game: CoalitionGame = view.problem
    call: CoalitionCall = view.call
    sign = -1.0 if call.costs else 1.0
    best: tuple[float, int, tuple[str, ...], float] | None = None
    for coalition in dict.fromkeys(_candidates(call, view.agent)):
        if coalition in barred:
            continue
        left = float(game.worth(coalition)) - math.fsum(offers[name] for name in coalition)  # in whatever order a set has
        gain = sign * left / (len(coalition) if even else 1)
        if best is None or (gain, len(coalition)) > best[:2]:
            best = gain, len(coalition), tuple(name for name in call.payoffs if name in coalition), left
    slack = _slight(*offers.values())
    if best is None or best[0] < _least(view, offers) + slack * (1 if _strict(call, view.agent, even) else -1):
        return None
    return best[2], best[3]


def _candidates(call: CoalitionCall, agent: str) -> Iterator[frozenset[str]]:
    """Yield the coalitions near what stands: one's own, or oneself alone, with another one; and pairs."""
    available = frozenset(call.available())
    blocks = [one.coalition for one in call.agreements if one.coalition <= available]
    grouped: frozenset[str] = frozenset().union(*blocks)
    blocks += [frozenset({name}) for name in call.payoffs if name in available - grouped]
    own = next((one for one in blocks if agent in one), frozenset({agent}))
    for other in blocks:
        if agent not in other:
            yield own | other
            yield other | {agent}
    for name in call.payoffs:
        if name in available and name != agent:
            yield frozenset({agent, name})
    if own != available:
        yield available
    yield from _smaller(own, agent)


def _smaller(own: Iterable[str], agent: str) -> Iterator[frozenset[str]]:
    """Yield one's own coalition without one of the others."""
    members = sorted(own)
    for kept in combinations(members, len(members) - 1):
        if agent in kept and len(kept) > 1:
            yield frozenset(kept)


AnyForming: TypeAlias = MyopicBestResponse | ValueDemand | EquilibriumOffers
FormingName: TypeAlias = Literal["myopic", "values", "stationary"]
FORMING: dict[str, type[AnyForming]] = {
    "myopic": MyopicBestResponse, "values": ValueDemand, "stationary": EquilibriumOffers,
}  # fmt: skip
"""Strategies of coalition formation by name."""


def form(view: View) -> CoalitionProposal | Message | Propose:
    """Decide as a party without a hook of its own does: by the best response of the moment."""
    return _MYOPIC(view)


_MYOPIC = MyopicBestResponse()
