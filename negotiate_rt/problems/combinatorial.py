"""Bids on bundles of goods: what is bid, in which bidding language, and which goods there are.

Languages (Nisan, "Bidding and allocation in combinatorial auctions", 2000). XOR: at most one of a bidder's bids wins. OR:
any of them that share no good. OR*: an OR of bids that may also name dummy goods, private to the bidder; two bids that name
one dummy never win together, so that XOR is OR* with one dummy for all, and every valuation can be told. Disposal is free:
goods may stay unsold, and a bidder that wins a bundle needs none of its subsets named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.scalars import finite

Good: TypeAlias = str | int
LANGUAGES = ("xor", "or", "or*")


class BundleBid(msgspec.Struct, frozen=True, tag="bundle-bid"):
    """What a bidder would pay for a bundle: all of `items`, or nothing. `dummies`: private goods of an OR* bid.

    value: in the lot's currency, finite, at least 0, a true number (a bool is none). Raises ConfigurationError, a ValueError.
    """

    bidder: str
    items: frozenset[Good]
    value: float
    dummies: frozenset[Good] = frozenset()

    def __post_init__(self) -> None:
        whose = f"a bid of {self.bidder!r}"
        if not isinstance(self.bidder, str):
            raise ConfigurationError(f"bidder: expected a name, got {self.bidder!r}")
        force_setattr(self, "items", goods_of(self.items, f"{whose}: items"))
        force_setattr(self, "dummies", goods_of(self.dummies, f"{whose}: dummies"))
        if not self.items:
            raise ConfigurationError(f"{whose}: the bundle is empty; name at least one good, or make no bid")
        value = finite(self.value, f"{whose} on {shown(self.items)}: its value", ConfigurationError)
        if value < 0:
            raise ConfigurationError(f"{whose} on {shown(self.items)}: its value must be at least 0, got {self.value!r}")
        force_setattr(self, "value", value)


class BundleBids(msgspec.Struct, frozen=True, tag="bundle-bids"):
    """All that one bidder says in a combinatorial auction: its bids, and the language they are in. Raises ConfigurationError."""

    bids: tuple[BundleBid, ...]
    language: str = "xor"

    def __post_init__(self) -> None:
        if not isinstance(self.bids, Iterable):
            raise ConfigurationError(f"bids: expected several bundle bids, got {self.bids!r}")
        force_setattr(self, "bids", tuple(self.bids))
        force_setattr(self, "language", language_of(self.language))
        check_bids(self.bids, self.language)
        if len({bid.bidder for bid in self.bids}) > 1:
            names = ", ".join(sorted({bid.bidder for bid in self.bids}))
            raise ConfigurationError(f"bids: of one bidder at a time, got bids of {names}")

    def worth(self, items: Iterable[Good]) -> float:
        """Return the most that these bids say a set of goods is worth, 0 for no bid inside it. Cost: O(bids) for XOR,
        exponential in the bids inside `items` for OR and OR*.
        """
        held = frozenset(items)
        inside = [bid for bid in self.bids if bid.items <= held]
        if self.language == "xor":
            return max((bid.value for bid in inside), default=0.0)
        return _packed(sorted(inside, key=lambda bid: -bid.value), frozenset(), frozenset())


def _packed(bids: Sequence[BundleBid], taken: frozenset[Good], used: frozenset[Good]) -> float:
    best = 0.0
    for place, bid in enumerate(bids):
        if not (bid.items & taken or bid.dummies & used):
            rest = _packed(bids[place + 1 :], taken | bid.items, used | bid.dummies)
            best = max(best, bid.value + rest)
    return best


class BundleAuction:
    """Who bids what on which goods: the input of winner determination and of payments.

    bids: BundleBids, BundleBid, or both; single ones are taken in `language`, a bidder's together. goods: all that there
    are (None: those named in bids); a bid on another is refused. A forward auction: goods are sold, and an allocation is
    worth the sum of its bids. `exclusions` holds, bid by bid, the private dummies that it uses, whatever the language.
    Raises ConfigurationError.
    """

    def __init__(
        self, bids: Iterable[BundleBid | BundleBids], goods: Iterable[Good] | None = None, language: str = "xor"
    ) -> None:
        singles: list[BundleBid] = []
        languages: dict[str, str] = {}
        spoken: set[str] = set()
        language = language_of(language)
        for one in several(bids, "bids"):
            if isinstance(one, BundleBid):
                if languages.setdefault(one.bidder, language) != language or one.bidder in spoken:
                    raise ConfigurationError(f"duplicate bidder {one.bidder!r}: its bids come both together and one by one")
                singles.append(one)
            elif isinstance(one, BundleBids):
                self._take(one, singles, languages, spoken)
            else:
                raise ConfigurationError(f"bids: expected BundleBid or BundleBids, got {one!r}")
        check_bids([one for one in singles if one.bidder not in spoken], language)
        self.bids = tuple(singles)
        self.languages: Mapping[str, str] = languages
        named = frozenset().union(*(bid.items for bid in singles))
        self.goods: frozenset[Good] = named if goods is None else goods_of(goods, "goods")
        for bid in singles if named - self.goods else ():
            check_known(bid, self.goods)

    @staticmethod
    def _take(one: BundleBids, singles: list[BundleBid], languages: dict[str, str], spoken: set[str]) -> None:
        bidder = one.bids[0].bidder if one.bids else None
        if bidder is None:
            return
        if bidder in languages:
            raise ConfigurationError(f"duplicate bidder {bidder!r}: each says all its bids at once")
        languages[bidder] = one.language
        spoken.add(bidder)
        singles.extend(one.bids)

    @cached_property
    def bidders(self) -> tuple[str, ...]:
        """Who bids, in the order of first bids."""
        return tuple(self.languages)

    @cached_property
    def exclusions(self) -> tuple[frozenset[tuple[str, Good | None]], ...]:
        """Private dummies of each bid; an XOR bidder's bids share the dummy (bidder, None)."""
        return tuple(
            frozenset({(bid.bidder, None)})
            if self.languages[bid.bidder] == "xor"
            else frozenset((bid.bidder, dummy) for dummy in bid.dummies)
            for bid in self.bids
        )

    def without(self, bidder: str) -> BundleAuction:
        """Return the auction in which one bidder takes no part."""
        return self.among(name for name in self.bidders if name != bidder)

    def among(self, bidders: Iterable[str]) -> BundleAuction:
        """Return the auction in which only these take part."""
        kept = frozenset(bidders)
        return self.revalued({place: bid.value for place, bid in enumerate(self.bids) if bid.bidder in kept})

    def revalued(self, values: Mapping[int, float]) -> BundleAuction:
        """Return the auction with only the bids whose places are keys, at these values. Nothing is checked again."""
        other = object.__new__(BundleAuction)
        other.bids = tuple(
            self.bids[place]
            if value == self.bids[place].value
            else msgspec.structs.replace(self.bids[place], value=value)
            for place, value in values.items()
        )
        kept = {bid.bidder for bid in other.bids}
        other.languages = {name: language for name, language in self.languages.items() if name in kept}
        other.goods = self.goods
        return other

    def __repr__(self) -> str:
        return f"<BundleAuction: {len(self.bids)} bids of {len(self.bidders)} bidders on {len(self.goods)} goods>"


def several(bids: Any, what: str) -> Iterable[Any]:  # whatever the caller gave
    """Return an iterable as it is. Raises ConfigurationError for anything else, and for text and mappings."""
    if isinstance(bids, (str, bytes, Mapping, msgspec.Struct)) or not isinstance(bids, Iterable):
        raise ConfigurationError(f"{what}: expected several, got {bids!r}")
    return bids


def language_of(language: object) -> str:
    """Return a bidding language in lower case. Raises ConfigurationError."""
    name = language.strip().lower() if isinstance(language, str) else ""
    if name not in LANGUAGES:
        raise ConfigurationError(
            f"language: expected one of {', '.join(LANGUAGES)}, got {language!r}" + suggest(name, LANGUAGES)
        )
    return name


def goods_of(goods: Any, what: str) -> frozenset[Good]:  # whatever the caller gave
    """Return names of goods as a frozenset; one name stands for itself. Raises ConfigurationError."""
    if isinstance(goods, (str, int)) and not isinstance(goods, bool):
        goods = (goods,)
    if isinstance(goods, (bytes, Mapping)) or not isinstance(goods, Iterable):
        raise ConfigurationError(f"{what}: expected a set of goods, got {goods!r}")
    named = goods if isinstance(goods, frozenset) else tuple(goods)
    for good in named:
        if isinstance(good, bool) or not isinstance(good, (str, int)):
            raise ConfigurationError(f"{what}: a good is named by text or a whole number, got {good!r}")
    found = frozenset(named)
    if len(found) < len(named):
        twice = next(good for place, good in enumerate(named) if good in tuple(named)[:place])
        raise ConfigurationError(f"{what}: good {twice!r} is named twice")
    return found


def check_bids(bids: Sequence[BundleBid], language: str) -> None:
    """Raise ConfigurationError for two bids of a bidder on one bundle, or dummies in a language that has none."""
    seen: set[tuple[str, frozenset[Good], frozenset[Good]]] = set()
    for bid in bids:
        if not isinstance(bid, BundleBid):
            raise ConfigurationError(f"bids: expected BundleBid, got {bid!r}")
        if bid.dummies and language != "or*":
            raise ConfigurationError(
                f"a bid of {bid.bidder!r} on {shown(bid.items)} names dummy goods, which language {language!r} has not; "
                "say language='or*'"
            )
        key = (bid.bidder, bid.items, bid.dummies)
        if key in seen:
            raise ConfigurationError(f"{bid.bidder!r} bids twice on {shown(bid.items)}: say one value for a bundle")
        seen.add(key)


def check_known(bid: BundleBid, goods: frozenset[Good]) -> None:
    """Raise ConfigurationError for a bid on a good that there is not."""
    for good in sorted(bid.items - goods, key=str)[:1]:
        known = sorted(map(str, goods))
        listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
        raise ConfigurationError(
            f"a bid of {bid.bidder!r} names good {good!r}, which is not sold; sold are {listed or 'none'}"
            + suggest(str(good), known)
        )


def shown(items: Iterable[Good]) -> str:
    """Return a bundle for an error text: `{a, b, c}`, cut short."""
    names = sorted(map(str, items))
    return "{" + ", ".join(names[:6]) + (f", ... {len(names)} goods" if len(names) > 6 else "") + "}"


def bids_from(said: Any, bidder: str, language: str = "xor") -> BundleBids:  # whatever a bidder says
    """Return what a bidder says as BundleBids: those, a sequence of BundleBid, or a mapping of bundles to values, whose
    keys are sets or tuples of goods, or the name of one good. Raises ConfigurationError.
    """
    if isinstance(said, BundleBids):
        found = said
    elif isinstance(said, BundleBid):
        found = BundleBids((said,), language)
    elif isinstance(said, Mapping):
        priced = ((goods_of(items, f"a bid of {bidder!r}: items"), value) for items, value in said.items())
        found = BundleBids(tuple(BundleBid(bidder, items, value) for items, value in priced), language)
    elif isinstance(said, Iterable) and not isinstance(said, (str, bytes)):
        found = BundleBids(tuple(said), language)
    else:
        raise ConfigurationError(
            f"bundle bids are a mapping of bundles to values, a sequence of BundleBid, or BundleBids, got {said!r}"
        )
    if found.bids and found.bids[0].bidder != bidder:
        raise ConfigurationError(f"{bidder!r} bids in its own name only, not in that of {found.bids[0].bidder!r}")
    return found
