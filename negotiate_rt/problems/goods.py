"""Items to be divided: who values them how, and what an allocation gives to whom.

Worths are kept as fractions, so that a verdict on fairness never hangs on rounding; a float is read as the decimal it prints.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.exact import Exact, common_denominator, fraction_of, is_exact, told

Item: TypeAlias = Any  # any hashable name
Party: TypeAlias = Any
Bundle: TypeAlias = frozenset[Item]
Shares: TypeAlias = dict[Item, Fraction]
Allocation: TypeAlias = Mapping[Party, Iterable[Item] | Mapping[Item, Exact]]

ROUNDING = Fraction(1, 10**9)
"""Relative to a party's largest worth: where floats came in, worths that are nearer to each other count as equal."""


class DivisionProblem:
    """Parties who each value every item of a list, and are to divide them.

    values: by party, its worth of each item: a mapping by item, or a sequence in the order of `items`; additive, so that a
    bundle is worth the sum. Or a function of a bundle (a frozenset of items), any at all; then `items` are needed, and
    the empty bundle is worth 0. Positive worths make an item a good for that party, negative ones a chore.
    items: their names; by default those that the first party names, or 1, 2, ... for a sequence.

    ConfigurationError for parties or items that are none, named twice or missing, and worths that are no finite numbers.

    >>> problem = DivisionProblem({"ann": {"boat": 3, "car": 1}, "bob": {"boat": 2, "car": 2}})
    >>> problem.kind, problem.worth("ann", ["boat", "car"])
    ('goods', Fraction(4, 1))
    """

    def __init__(
        self,
        values: Mapping[Party, Mapping[Item, Exact] | Sequence[Exact] | Callable[[Bundle], Exact]],
        items: Iterable[Item] | None = None,
    ) -> None:
        if not isinstance(values, Mapping) or not values:
            raise ConfigurationError(f"values: expected worths of the items by party, at least one party, got {values!r}")
        self.parties: tuple[Party, ...] = tuple(values)
        self.items: tuple[Item, ...] = _named_items(values, items)
        self._places = {item: place for place, item in enumerate(self.items)}
        self.exact = True
        self._rows: dict[Party, tuple[Fraction, ...]] = {}
        self._scaled: dict[Party, tuple[list[int], int]] = {}  # the same in whole numbers, and of which unit: quicker to add
        self._functions: dict[Party, Callable[[Bundle], Exact]] = {}
        self._known: dict[tuple[Party, Bundle], Fraction] = {}
        for party, worths in values.items():
            if callable(worths):
                self._functions[party] = worths
            else:
                self._rows[party] = row = self._row(party, worths)
                unit = common_denominator(row)
                self._scaled[party] = [int(worth * unit) for worth in row], unit

    def __repr__(self) -> str:
        return f"<DivisionProblem of {len(self.items)} items among {len(self.parties)} parties>"

    @property
    def additive(self) -> bool:
        """Whether all parties value a bundle at the sum of its items."""
        return not self._functions

    @property
    def kind(self) -> str:
        """What the items are: `goods` (nobody minds any), `chores` (nobody likes any) or `mixed`. Functions: `goods`."""
        worths = [worth for row in self._rows.values() for worth in row]
        if all(worth >= 0 for worth in worths):
            return "goods"
        return "chores" if all(worth <= 0 for worth in worths) and self.additive else "mixed"

    def values_by_function(self, party: Party) -> bool:
        """Whether a party values bundles by a function; ConfigurationError for whoever is no party here."""
        self._check_party(party)
        return party in self._functions

    def row(self, party: Party) -> tuple[Fraction, ...]:
        """Return a party's worth of each item, in their order; ConfigurationError unless it is additive."""
        self._check_party(party)
        if party in self._functions:
            raise ConfigurationError(
                f"values: {party!r} values bundles by a function; this needs additive worths, a number for each item"
            )
        return self._rows[party]

    def rows(self) -> list[tuple[Fraction, ...]]:
        """Return all parties' worths of all items; ConfigurationError unless all are additive."""
        return [self.row(party) for party in self.parties]

    def worth(self, party: Party, bundle: Iterable[Item] | Mapping[Item, Exact]) -> Fraction:
        """Return what a bundle, or a share of each item, is worth to a party."""
        self._check_party(party)
        if isinstance(bundle, Mapping):
            row = self.row(party)
            return sum((fraction_of(share, "a share") * row[self._place(item)] for item, share in bundle.items()), Fraction())
        if party in self._rows:
            scaled, unit = self._scaled[party]
            return Fraction(sum(scaled[self._place(item)] for item in bundle), unit)
        whole = frozenset(bundle)
        if not whole:
            return Fraction()
        key = (party, whole)
        if key not in self._known:
            self._known[key] = self._read(self._functions[party](whole), f"worth of {sorted(map(str, whole))} to {party!r}")
        return self._known[key]

    def total(self, party: Party) -> Fraction:
        """Return what all items together are worth to a party."""
        return self.worth(party, self.items)

    def slack(self, party: Party) -> Fraction:
        """Return by how much two worths of a party may differ and still be equal: 0 where all numbers are exact."""
        if self.exact:
            return Fraction()
        row = self._rows.get(party)
        return ROUNDING * (sum(map(abs, row), Fraction()) if row is not None else abs(self.total(party)))

    def told(self, value: Fraction) -> Exact:
        """Return a result as a fraction, or as a float where any worth was one."""
        return told(value, self.exact)

    def bundles(self, allocation: Allocation) -> dict[Party, Bundle]:
        """Return each party's whole items; parties that are not named have none, and an item may be left over.

        ConfigurationError for unknown parties or items, an item given twice, and shares other than 0 and 1.
        """
        found: dict[Party, Bundle] = {}
        for party, shares in self.shares(allocation).items():
            for item, share in shares.items():
                if share != 1:
                    raise ConfigurationError(
                        f"allocation: {party!r} gets {share} of {item!r}; expected whole items, as this is about indivisible ones"
                    )
            found[party] = frozenset(shares)
        return found

    def shares(self, allocation: Allocation) -> dict[Party, Shares]:
        """Return each party's share of each item it gets any of; ConfigurationError as for `bundles`."""
        if not isinstance(allocation, Mapping):
            raise ConfigurationError(f"allocation: expected items by party, got {type(allocation).__name__}")
        for party in allocation:
            self._check_party(party)
        given: dict[Item, Fraction] = dict.fromkeys(self.items, Fraction())
        found: dict[Party, Shares] = {party: {} for party in self.parties}
        for party, bundle in allocation.items():
            for item, share in self._listed(party, bundle):
                given[item] += share
                if given[item] > 1 + (0 if self.exact else ROUNDING):
                    raise ConfigurationError(f"allocation: more than one whole of item {item!r} is given out")
                if share:
                    found[party][item] = share
        return found

    # -------------------------------------------------------------------------------------------------------------- reading
    def _listed(self, party: Party, bundle: Any) -> list[tuple[Item, Fraction]]:
        if isinstance(bundle, str) and (bundle in self._places or not all(letter in self._places for letter in bundle)):
            bundle = (bundle,)  # one item by itself; otherwise items named by one letter each
        if isinstance(bundle, bytes) or not isinstance(bundle, Iterable):
            raise ConfigurationError(f"allocation: {party!r}: expected items, got {bundle!r}")
        pairs = bundle.items() if isinstance(bundle, Mapping) else ((item, 1) for item in bundle)
        listed = []
        for item, share in pairs:
            self._place(item)
            exact = fraction_of(share, f"the share of {item!r} that {party!r} gets")
            if not 0 <= exact <= 1:
                raise ConfigurationError(f"allocation: the share of {item!r} that {party!r} gets must be from 0 to 1")
            listed.append((item, exact))
        return listed

    def _row(self, party: Party, worths: Any) -> tuple[Fraction, ...]:
        if isinstance(worths, Mapping):
            missing = [item for item in self.items if item not in worths]
            unknown = [item for item in worths if item not in self._places]
            if missing or unknown:
                said = f"no worth for {missing[0]!r}" if missing else f"{unknown[0]!r} is no item here"
                raise ConfigurationError(f"values: {party!r}: {said}; items are {list(self.items)}")
            worths = [worths[item] for item in self.items]
        elif isinstance(worths, (str, bytes)) or not isinstance(worths, Iterable):
            raise ConfigurationError(f"values: {party!r}: expected worths by item or a function of a bundle, got {worths!r}")
        worths = list(worths)
        if len(worths) != len(self.items):
            raise ConfigurationError(f"values: {party!r}: expected {len(self.items)} worths, got {len(worths)}")
        return tuple(
            self._read(worth, f"{party!r}'s worth of {item!r}") for item, worth in zip(self.items, worths, strict=True)
        )

    def _read(self, worth: object, what: str) -> Fraction:
        exact = fraction_of(worth, what)
        self.exact = self.exact and is_exact(worth)
        return exact

    def _place(self, item: Item) -> int:
        if not isinstance(item, Hashable) or item not in self._places:
            raise ConfigurationError(f"allocation: {item!r} is no item here" + suggest(str(item), map(str, self.items)))
        return self._places[item]

    def _check_party(self, party: Party) -> None:
        if party not in self._rows and party not in self._functions:
            raise ConfigurationError(f"{party!r} is no party here" + suggest(str(party), map(str, self.parties)))


def _named_items(values: Mapping[Party, Any], items: Iterable[Item] | None) -> tuple[Item, ...]:
    if items is None:
        first = next(iter(values.values()))
        if callable(first):
            raise ConfigurationError("items: have to be named where worths are functions of a bundle")
        if isinstance(first, (str, bytes)) or not isinstance(first, Iterable):
            raise ConfigurationError(f"values: expected worths by item or a function of a bundle, got {first!r}")
        items = first if isinstance(first, Mapping) else range(1, len(list(first)) + 1)
    named = tuple(items)
    if len(set(named)) < len(named):
        raise ConfigurationError(f"items: {next(one for one in named if named.count(one) > 1)!r} is named twice")
    return named
