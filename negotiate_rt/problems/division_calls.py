"""What the claimants of a division are asked, and what each hears in the end.

A call says what is asked; its `check` turns a decision into the answer that a message carries (numbers and item names in
tuples), or raises InvalidOffer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Integral
from typing import Any, TypeAlias

import msgspec

from negotiate_rt.errors import InvalidOffer, suggest
from negotiate_rt.problems.goods import Item
from negotiate_rt.problems.scalars import finite

EXACT_FLOATS = 2**53  # whole numbers beyond are told as floats: no message carries longer ones


# -- what claimants are asked -----------------------------------------------------------------------------------------


class DivisionCall(msgspec.Struct, frozen=True, kw_only=True):
    """Root of what a claimant is asked. closes_at: until when answers are taken, on the society's clock (None: to the end)."""

    closes_at: float | None = None

    def check(self, decision: Any) -> Any:
        """Return the answer that a decision stands for. Raises InvalidOffer."""
        raise NotImplementedError(f"{type(self).__name__} must say what answers it")

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an answer."""
        return {"type": "number"}

    def in_words(self) -> str:
        """Return the question in a sentence."""
        raise NotImplementedError(f"{type(self).__name__} must say what it asks")


class AppraisalCall(DivisionCall, frozen=True, kw_only=True, tag="appraisal-call"):
    """What is each of these items worth to you? Answered by a mapping of items to numbers, or numbers in their order.

    chores: worths below 0 are taken. some: one of them must be above 0. rent: what the rooms cost together, where it is one.
    """

    items: tuple[Item, ...]
    chores: bool = False
    some: bool = False
    rent: float | None = None

    def check(self, decision: Any) -> tuple[float, ...]:
        """Return the worths in the items' order. Raises InvalidOffer."""
        worths = tuple(_number(worth, f"the worth of {item!r}") for item, worth in _by_item(decision, self.items))
        low = next((item for item, worth in zip(self.items, worths, strict=True) if worth < 0), None)
        if low is not None and not self.chores:
            raise InvalidOffer(f"the worth of {low!r} is below 0: this rule divides goods")
        if self.some and not any(worth > 0 for worth in worths):
            raise InvalidOffer("no item is worth anything: this rule needs some worth above 0")
        return worths

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an answer: an object by item."""
        number = {"type": "number"} if self.chores else {"type": "number", "minimum": 0}
        names = [str(item) for item in self.items]
        return {
            "type": "object", "properties": dict.fromkeys(names, number), "required": names, "additionalProperties": False,
        }  # fmt: skip

    def in_words(self) -> str:
        """Return the question in a sentence."""
        costs = "" if self.rent is None else f" Together they cost {self.rent:g}."
        return f"Say what each of these is worth to you: {_listed(self.items)}.{costs} Nobody but the referee sees it."


class ClaimCall(DivisionCall, frozen=True, kw_only=True, tag="claim-call"):
    """How much do you claim of this estate? Answered by a number of at least 0."""

    estate: float

    def check(self, decision: Any) -> float:
        """Return the claim. Raises InvalidOffer."""
        claim = _number(decision, "a claim")
        if claim < 0:
            raise InvalidOffer(f"a claim must be at least 0, got {claim:g}")
        return claim

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an answer."""
        return {"type": "number", "minimum": 0}

    def in_words(self) -> str:
        """Return the question in a sentence."""
        return f"Say how much you claim of an estate of {self.estate:g}."


class WishCall(DivisionCall, frozen=True, kw_only=True, tag="wish-call"):
    """Which of these items would you rather have than not? Answered by those, in any order."""

    items: tuple[Item, ...]

    def check(self, decision: Any) -> tuple[Item, ...]:
        """Return the items that are wished for, in their order. Raises InvalidOffer."""
        wished = _bundle(decision, self.items)
        return tuple(item for item in self.items if item in wished)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an answer."""
        return {"type": "array", "items": {"enum": list(self.items)}, "uniqueItems": True}

    def in_words(self) -> str:
        """Return the question in a sentence."""
        return f"Name those of these that you would rather have than not: {_listed(self.items)}. Nobody but the referee sees it."


class EnvyCall(DivisionCall, frozen=True, kw_only=True, tag="envy-call"):
    """Which of these bundles would you rather have than your own? Answered by their places, from 0. mine: that of one's own."""

    bundles: tuple[tuple[Item, ...], ...]
    mine: int

    def check(self, decision: Any) -> tuple[int, ...]:
        """Return the places, in order. Raises InvalidOffer."""
        if isinstance(decision, (str, bytes, Mapping)) or not isinstance(decision, Iterable):
            raise InvalidOffer(f"expected places of bundles, got {_short(decision)}")
        places = list(decision)
        for place in places:
            whole = isinstance(place, Integral) and not isinstance(place, bool)
            if not whole or not 0 <= place < len(self.bundles) or place == self.mine:
                others = _listed(one for one in range(len(self.bundles)) if one != self.mine)
                raise InvalidOffer(f"expected places among {others}, got {_short(place)}")
        return tuple(sorted({int(place) for place in places}))

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an answer."""
        others = [place for place in range(len(self.bundles)) if place != self.mine]
        return {"type": "array", "items": {"enum": others}, "uniqueItems": True}

    def in_words(self) -> str:
        """Return the question in a sentence."""
        told = "; ".join(f"{place} is {_listed(one) or 'nothing'}" for place, one in enumerate(self.bundles))
        return f"Bundle {self.mine} would be yours. Name those that you would rather have: {told}."


class PickCall(DivisionCall, frozen=True, kw_only=True, tag="pick-call"):
    """Which of these items do you take? Answered by one of them. taken: who took what before, in order. may_pass: whether to
    take none is one of the choices here (else it is a turn that was missed)."""

    items: tuple[Item, ...]
    taken: tuple[tuple[str, Item], ...] = ()
    may_pass: bool = False

    def check(self, decision: Any) -> Item:
        """Return the item. Raises InvalidOffer."""
        for item in self.items:
            if item is decision or (type(item) is type(decision) and item == decision):
                return item
        raise InvalidOffer(f"{_short(decision)} is none of {_listed(self.items)}" + suggest(str(decision), map(str, self.items)))

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an answer."""
        return {"enum": list(self.items)}

    def in_words(self) -> str:
        """Return the question in a sentence."""
        return f"It is your turn to take one of these: {_listed(self.items)}."


class CutCall(DivisionCall, frozen=True, kw_only=True, tag="cut-call"):
    """How do you cut this in two, of which somebody else will choose one?

    Answered for whole items by two bundles that hold each item once (or by one of them), for a cake by the point of the cut.
    """

    items: tuple[Item, ...] = ()
    low: float | None = None
    high: float | None = None

    def check(self, decision: Any) -> Any:
        """Return two tuples of items, or the point. Raises InvalidOffer."""
        if self.low is not None and self.high is not None:
            return _point(decision, self.low, self.high)
        bundles = [_bundle(one, self.items) for one in _pair(decision, self.items)]
        for item in self.items:
            if sum(item in one for one in bundles) != 1:
                raise InvalidOffer(f"item {item!r} must be in one of the two bundles, and in one only")
        return tuple(tuple(item for item in self.items if item in one) for one in bundles)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an answer."""
        if self.low is not None:
            return {"type": "number", "minimum": self.low, "maximum": self.high}
        bundle = {"type": "array", "items": {"enum": list(self.items)}, "uniqueItems": True}
        return {"type": "array", "items": bundle, "minItems": 2, "maxItems": 2}

    def in_words(self) -> str:
        """Return the question in a sentence."""
        what = _listed(self.items) if self.low is None else f"the cake from {self.low:g} to {self.high:g}"
        return f"Cut this in two: {what}. The other party chooses a part, and you get the other one."


class ChoiceCall(DivisionCall, frozen=True, kw_only=True, tag="choice-call"):
    """Which of two parts do you take? Answered by its place, 0 or 1. A part is a tuple of items, or of a cake (low, high)."""

    parts: tuple[tuple[Any, ...], tuple[Any, ...]]
    cake: bool = False

    def check(self, decision: Any) -> int:
        """Return the place. Raises InvalidOffer."""
        if isinstance(decision, bool) or not isinstance(decision, Integral) or decision not in (0, 1):
            raise InvalidOffer(f"expected 0 for {self.parts[0]!r} or 1 for {self.parts[1]!r}, got {_short(decision)}")
        return int(decision)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an answer."""
        return {"enum": [0, 1]}

    def in_words(self) -> str:
        """Return the question in a sentence."""
        first, second = ("from {:g} to {:g}".format(*one) if self.cake else _listed(one) or "nothing" for one in self.parts)
        return f"Choose one of two parts: 0 is {first}; 1 is {second}."


class MarkCall(DivisionCall, frozen=True, kw_only=True, tag="mark-call"):
    """A knife moves from `start` to `high`: where do you say stop, to get what lies between? Answered by that point.

    An honest claimant stops it where that is worth one part in `parties` of the cake from `origin` to `high`.
    """

    origin: float
    start: float
    high: float
    parties: int

    def check(self, decision: Any) -> float:
        """Return the point. Raises InvalidOffer."""
        return _point(decision, self.start, self.high)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an answer."""
        return {"type": "number", "minimum": self.start, "maximum": self.high}

    def in_words(self) -> str:
        """Return the question in a sentence."""
        return (
            f"A knife moves from {self.start:g} to {self.high:g}. Say where you stop it: whoever stops it first gets the piece "
            f"from {self.start:g} to there, and {self.parties - 1} others share the rest."
        )


AnyCall: TypeAlias = AppraisalCall | ClaimCall | WishCall | EnvyCall | PickCall | CutCall | ChoiceCall | MarkCall


class Award(msgspec.Struct, frozen=True, kw_only=True, tag="award"):
    """What one claimant hears in the end, of itself alone: (item, share) of whatever it gets any of, the piece of a cake, the
    amount of an estate; and what it pays (is paid, below 0)."""

    shares: tuple[tuple[Item, float], ...] = ()
    piece: tuple[float, float] | None = None
    amount: float | None = None
    payment: float = 0.0


CONTENTS: tuple[type, ...] = (
    AppraisalCall, ClaimCall, WishCall, EnvyCall, PickCall, CutCall, ChoiceCall, MarkCall, Award,
)  # fmt: skip


# -- reading decisions ------------------------------------------------------------------------------------------------


def _number(value: Any, what: str) -> float:
    number = finite(value, what)
    return int(value) if isinstance(value, Integral) and abs(number) <= EXACT_FLOATS else number


def _point(value: Any, low: float, high: float) -> float:
    point = finite(value, "a point of the cake")
    if not low <= point <= high:
        raise InvalidOffer(f"a point of the cake must lie from {low:g} to {high:g}, got {point:g}")
    return point


def _by_item(decision: Any, items: tuple[Item, ...]) -> Iterable[tuple[Item, Any]]:
    if isinstance(decision, Mapping):
        missing = [item for item in items if item not in decision]
        unknown = [item for item in decision if item not in items]
        if missing or unknown:
            said = f"no worth of {missing[0]!r}" if missing else f"{unknown[0]!r} is no item here"
            raise InvalidOffer(f"{said}; items are {_listed(items)}")
        return [(item, decision[item]) for item in items]
    if isinstance(decision, (str, bytes)) or not isinstance(decision, Iterable):
        raise InvalidOffer(f"expected worths by item, got {_short(decision)}")
    worths = list(decision)
    if len(worths) != len(items):
        raise InvalidOffer(f"expected {len(items)} worths, one for each of {_listed(items)}, got {len(worths)}")
    return zip(items, worths, strict=True)


def _pair(decision: Any, items: tuple[Item, ...]) -> tuple[Any, Any]:
    if isinstance(decision, (str, bytes, Mapping)) or not isinstance(decision, Iterable):
        raise InvalidOffer(f"expected two bundles of items, got {_short(decision)}")
    parts = list(decision)
    if not any(_is_item(part, items) for part in parts):
        if len(parts) == 2:
            return parts[0], parts[1]
        if parts:
            raise InvalidOffer(f"expected two bundles of items, got {len(parts)}")
    one = _bundle(parts, items)
    return one, [item for item in items if item not in one]


def _is_item(value: Any, items: tuple[Item, ...]) -> bool:
    return isinstance(value, (str, int, float)) and value in items


def _bundle(value: Any, items: tuple[Item, ...]) -> list[Item]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise InvalidOffer(f"expected a bundle of items, got {_short(value)}")
    found = list(value)
    for item in found:
        if item not in items:
            raise InvalidOffer(f"{_short(item)} is none of {_listed(items)}" + suggest(str(item), map(str, items)))
    return found


def _listed(items: Iterable[Any]) -> str:
    return ", ".join(map(str, items))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
