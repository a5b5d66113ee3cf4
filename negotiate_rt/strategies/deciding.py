"""The default way to decide: concede along a strategy, accept what is at least as good as one's own next offer.

Works on any preferences that name a scale (`problems.Preferences`), so prices, pies and outcomes over many issues share it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from functools import partial
from types import FunctionType
from typing import Any, TypeVar, cast

from negotiate_rt.errors import InvalidDecision, InvalidOffer
from negotiate_rt.messages.performatives import Accept, Message, Propose, Walk
from negotiate_rt.messages.view import View
from negotiate_rt.problems.preferences import Preferences
from negotiate_rt.problems.scalars import finite
from negotiate_rt.strategies.concession import ConcessionCurve, LinearConcession, TitForTatConcession

DEFAULT_CONCESSION = LinearConcession()
STRATEGY_ARGUMENTS = 5  # that every concession and bid strategy is called with
Method = TypeVar("Method", bound=Callable[..., Any])


def next_target(view: View, preferences: Preferences, strategy: Callable[..., float]) -> float:
    """Return where to concede to this round, on the strategy's scale. Round 1 is the opening; the strategy is not called.

    An outcome is rarely worth just what was aimed at. Our own strategies go on from what they aimed at, or small steps
    would be lost in rounding up for ever; a strategy of the user's own goes on from what its last offer is worth.

    Raises InvalidDecision without an opening, InvalidOffer if the strategy returns no finite number.
    """
    own = view.own_last_offer
    if own is None or view.round <= 1:
        opening = preferences.opening
        if math.isnan(opening):
            raise InvalidDecision(
                f"agent {view.agent!r} has no opening and no limit to derive one from: give it preferences or a `decide` hook"
            )
        return opening
    scale = preferences.scale
    curve = isinstance(strategy, ConcessionCurve)
    ours = curve or getattr(strategy, "takes_view", None) is False
    heard: Sequence[float] = ()
    if not curve:  # a curve looks at rounds only, our others at the last few offers only
        heard = Scaled(view.heard, scale) if ours else tuple([scale(value) for value in view.heard])
    value = own.value
    if value.__class__ is float:
        current = value
    else:
        aim = preferences.aim if ours else None
        current = aim[0] if aim is not None and (aim[1] is value or aim[1] == value) else scale(value)
    if ours:  # a struct's own method, which Python calls without a detour
        own_way: Any = strategy
        target = own_way.__call__(view.round, view.max_rounds, preferences.limit, current, heard)
    else:
        target = strategy(view.round, view.max_rounds, preferences.limit, current, heard)
    return target if target.__class__ is float else _number(target, strategy)


class Scaled(Sequence[float]):
    """Offers on a strategy's scale, each computed when it is looked at: a history may be long."""

    __slots__ = ("_scale", "_values")

    def __init__(self, values: Sequence[Any], scale: Callable[[Any], float]) -> None:
        self._values = values
        self._scale = scale

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, place: Any) -> Any:  # an int or a slice
        if place.__class__ is int:
            return self._scale(self._values[place])
        found = self._values[place]
        return [self._scale(one) for one in found] if isinstance(place, slice) else self._scale(found)


def _number(target: Any, strategy: Callable[..., Any]) -> float:  # whatever a strategy returned
    if inspect.iscoroutine(target):
        target.close()
        raise InvalidDecision(f"strategy {strategy!r} is async; a concession strategy is a plain function of five arguments")
    return finite(target, f"what strategy {strategy!r} returns")


def concede(view: View, strategy: Callable[..., float] | None = None) -> Message:
    """Decide by a concession strategy: accept if the standing offer is at least as good as one's own next and not below
    reservation, else make that next offer. Where no counter-offer is legal, accept what is not below reservation.
    """
    preferences = view.preferences
    standing = view.standing_offer
    if "propose" not in view.may_say:
        acceptable = (
            standing is not None and preferences.utility(standing.value, False) >= preferences.reservation_value
        )
        return Accept() if acceptable else Walk("below reservation")
    if strategy is None:
        strategy = view.strategy or DEFAULT_CONCESSION
        if not isinstance(strategy, ConcessionCurve) and takes_view(strategy):  # the config's, for agents without one
            return cast(Message, strategy(view))
    try:
        target = next_target(view, preferences, strategy)
        offer = preferences.offer(target)
    except InvalidOffer as error:
        if "walk" in view.may_say and getattr(preferences, "hopeless", False):  # waiting has cost too much
            return Walk(str(error))
        raise InvalidDecision(str(error)) from None
    if standing is not None and "accept-proposal" in view.may_say:
        worth = preferences.utility(standing.value, False)
        if worth >= preferences.reservation_value and worth >= preferences.utility(offer, True):
            return Accept()
    if offer.__class__ is not float:
        preferences.aim = target, offer
    return Propose(offer)


def conceding(method: Method) -> Method:
    """Mark an agent class's own hook that does no more than concede, as `concede` does; a subclass's is another."""
    CONCEDING.append(method)
    return method


def only_concedes(hook: Callable[..., Any]) -> bool:
    """Whether a hook decides by preferences alone, and so cannot do without them."""
    function = getattr(hook, "__func__", hook)
    return any(function is one for one in CONCEDING)


CONCEDING: list[Callable[..., Any]] = [concede]


def takes_view(function: Callable[..., Any]) -> bool:
    """Return whether a callable needs one argument and cannot take five: a decision hook, not a concession or bid strategy.

    Asked for each agent and each bid, so the two common kinds go without `inspect.signature`, which takes 45 µs.
    """
    if isinstance(function, (ConcessionCurve, TitForTatConcession)):
        return False
    if isinstance(function, FunctionType) and not function.__dict__:  # a decorated one may have another's signature
        code = function.__code__
        several = code.co_argcount >= STRATEGY_ARGUMENTS or code.co_flags & inspect.CO_VARARGS
        return not several and code.co_argcount - len(function.__defaults__ or ()) == 1
    told = getattr(function, "takes_view", None)  # our own strategies say it
    if told is True or told is False:
        return bool(told)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return False
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return len(positional) < STRATEGY_ARGUMENTS and sum(one.default is one.empty for one in positional) == 1


def as_hook(strategy: Callable[..., Any], agent: Any = None) -> Callable[..., Any]:  # agent: for all adapters alike
    """Return a decision hook for a concession strategy; a callable of the view is one already."""
    return strategy if takes_view(strategy) else partial(concede, strategy=strategy)
