"""CATS files in and out: instances of winner determination as the Combinatorial Auction Test Suite writes them.

Leyton-Brown, Pearson and Shoham, "Towards a universal test suite for combinatorial auction algorithms", 2000. A file has
comments (lines that begin with %), `goods N`, `bids M`, `dummy D`, and then a line a bid: its number, its price, its goods,
and `#`, separated by tabs or spaces. Goods are numbers from 0; those from N to N + D - 1 are dummies, which nobody sells:
bids that share one come from one bidder, who can win only one of them. Distributions to draw from are in cats_drawing.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.combinatorial import BundleAuction, BundleBid, BundleBids, Good
from negotiate_rt.scenarios.reading import MOST_FLAWS, ScenarioError, decoded

COUNTS = ("goods", "bids", "dummy")
NAMED = "% good"  # before a number and a name, in the comments of a file that we write


def load_cats(path: str | Path) -> BundleAuction:
    """Return the auction of a CATS file. Raises ScenarioError, which names the file and each faulty line."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ScenarioError([f"cannot be read: {error.strerror or error}"], str(path)) from None
    return read_cats(content, str(path))


def read_cats(text: str | bytes, source: str = "") -> BundleAuction:
    """Return the auction that a CATS text holds: goods are whole numbers, bidders `bidder 0`, `bidder 1` and so on in the
    order of their first bids, each with OR* bids. Raises ScenarioError for a malformed text, with every faulty line.
    """
    try:
        reading = _Reading(decoded(text))
    except ScenarioError as error:
        raise ScenarioError(error.flaws, source) from None
    if reading.flaws:
        raise ScenarioError(reading.flaws[:MOST_FLAWS], source)
    owners = _owners([dummies for _, dummies, _ in reading.bids])
    bids: dict[int, list[BundleBid]] = {}
    for owner, (items, dummies, price) in zip(owners, reading.bids, strict=True):
        bids.setdefault(owner, []).append(BundleBid(f"bidder {owner}", items, price, dummies))
    try:
        return BundleAuction([BundleBids(tuple(own), "or*") for own in bids.values()], range(reading.counts["goods"]))
    except ConfigurationError as error:
        raise ScenarioError([str(error)], source) from None


class _Reading:
    """Reads line by line; every flaw is kept with its line."""

    def __init__(self, text: str) -> None:
        self.counts: dict[str, int] = {}
        self.bids: list[tuple[frozenset[Good], frozenset[Good], float]] = []
        self.numbers: set[int] = set()
        self.flaws: list[str] = []
        for place, line in enumerate(text.splitlines(), 1):
            words = line.split("%", 1)[0].split()
            if words:
                try:
                    self.line(words)
                except ValueError as error:
                    self.flaws.append(f"line {place}: {error}")
        missing = [name for name in COUNTS[:2] if name not in self.counts]
        self.flaws += [f"there is no line `{name} N`" for name in missing]
        if not missing and not self.flaws and len(self.bids) != self.counts["bids"]:
            self.flaws.append(f"`bids {self.counts['bids']}` are promised, but there are {len(self.bids)} lines of bids")

    def line(self, words: list[str]) -> None:
        first = words[0].lower()
        if first[0].isalpha():
            if first not in COUNTS:
                raise ValueError(f"expected goods, bids, dummy or a bid, got {words[0]!r}{suggest(first, COUNTS)}")
            if first in self.counts:
                raise ValueError(f"{first} is given twice")
            if len(words) != 2:
                raise ValueError(f"expected `{first} N`, got {len(words) - 1} words after {first}")
            self.counts[first] = _whole(words[1], first)
            return
        if "goods" not in self.counts:
            raise ValueError("a bid stands before the line `goods N`")
        self.bid(words)

    def bid(self, words: list[str]) -> None:
        if words[-1] != "#":
            raise ValueError("a bid must end with #")
        if "#" in words[:-1] or len(words) < 4:
            raise ValueError("expected a number, a price, at least one good, and one # at the end")
        number = _whole(words[0], "the bid's number")
        if number in self.numbers:
            raise ValueError(f"there are two bids with number {number}")
        self.numbers.add(number)
        goods, dummies = self.counts["goods"], self.counts.get("dummy", 0)
        named = [_whole(word, "a good") for word in words[2:-1]]
        for good in named:
            if good >= goods + dummies:
                raise ValueError(f"good {good}: there are {goods} goods and {dummies} dummies, 0 to {goods + dummies - 1}")
            if named.count(good) > 1:
                raise ValueError(f"good {good} is named twice")
        items = frozenset(good for good in named if good < goods)
        if not items:
            raise ValueError("the bid names dummies only, and no good")
        try:
            price = float(words[1])
        except ValueError:
            raise ValueError(f"expected a price, got {words[1]!r}") from None
        if not 0 <= price < float("inf"):
            raise ValueError(f"a price must be finite and at least 0, got {words[1]}")
        self.bids.append((items, frozenset(named) - items, price))


def _whole(word: str, what: str) -> int:
    if not (word.isascii() and word.isdigit()) or len(word) > 9:
        raise ValueError(f"{what} must be a whole number from 0 to 999999999, got {word!r}")
    return int(word)


def _owners(dummies: list[frozenset[Good]]) -> list[int]:
    """Return each bid's bidder: bids that share a dummy, through others or not, have one."""
    lead: dict[Good, Good] = {}

    def root(dummy: Good) -> Good:
        while lead.setdefault(dummy, dummy) != dummy:
            lead[dummy] = dummy = lead[lead[dummy]]
        return dummy

    for own in dummies:
        for other in own:
            lead[root(other)] = root(min(own, key=int))
    numbers: dict[object, int] = {}
    keys: list[object] = [root(min(own, key=int)) if own else ("alone", place) for place, own in enumerate(dummies)]
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def write_cats(auction: BundleAuction, path: str | Path | None = None, comment: str = "") -> str:
    """Return an auction as a CATS text, and write it to `path` if one is given. Prices are written so that they read back
    as the same floats. Goods that are not the numbers from 0 on are numbered in order, their names kept in comments; what
    bidders are called is not kept, and dummies are numbered anew.
    """
    text = "\n".join(_lines(auction, comment)) + "\n"
    if path is not None:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    return text


def _lines(auction: BundleAuction, comment: str) -> Iterator[str]:
    plain = auction.goods == frozenset(range(len(auction.goods)))
    named = sorted(auction.goods, key=lambda good: (isinstance(good, str), good))
    numbers = {good: place for place, good in enumerate(named)}
    shared = Counter(dummy for own in auction.exclusions for dummy in own)
    dummies = {one: len(named) + n for n, one in enumerate(one for one, users in shared.items() if users > 1)}
    yield from (f"% {line}" for line in comment.splitlines())
    if not plain:
        yield from (f"{NAMED} {number}: {' '.join(str(good).split())}" for good, number in numbers.items())
    yield f"goods {len(named)}"
    yield f"bids {len(auction.bids)}"
    yield f"dummy {len(dummies)}"
    yield ""
    for place, (bid, own) in enumerate(zip(auction.bids, auction.exclusions, strict=True)):
        parts = sorted(numbers[good] for good in bid.items) + sorted(dummies[one] for one in own if one in dummies)
        yield "\t".join([str(place), repr(bid.value), *map(str, parts), "#"])
