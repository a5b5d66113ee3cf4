"""Private information as Harsanyi models it: each party has a type, drawn from a prior that everybody knows.

A type is what only its party knows: its utility, its reservation value. The prior is data, either independent from party
to party or joint. What a party believes about the others is the prior given its own type, by Bayes' rule:
P(others | own) = P(own, others) / P(own) (Harsanyi 1967-68).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import force_setattr, replace

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.derived import bound, distribution
from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.problems.scalars import finite

if TYPE_CHECKING:
    from random import Random


class PartyType(msgspec.Struct, frozen=True, tag="type"):
    """What one party may privately be: a name, and the utility and reservation value that go with it.

    None leaves to the problem (or to the agent) what the type does not say. `utility` is Any: any function of an outcome.
    """

    name: str
    utility: Any = None
    reservation_value: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ConfigurationError(f"type.name must be a non-empty string, got {self.name!r}")
        if self.utility is not None and not callable(self.utility):
            raise ConfigurationError(f"type {self.name!r}: utility must be a function, got {type(self.utility).__name__}")
        if self.reservation_value is not None:
            least = finite(self.reservation_value, f"type {self.name!r}: reservation_value", ConfigurationError)
            force_setattr(self, "reservation_value", least)


class TypeDistribution(msgspec.Struct, frozen=True, tag="types"):
    """The types that one party may have, with their probabilities (evenly spread unless given).

    ConfigurationError unless there are one or more types of different names, and as many probabilities, all >= 0, that
    sum to 1 (within 1e-9).
    """

    types: tuple[PartyType, ...]
    probabilities: tuple[float, ...] = ()

    if TYPE_CHECKING:  # what a caller may give, where the field says what is kept

        def __init__(self, types: Sequence[PartyType], probabilities: Sequence[float] = ()) -> None: ...

    def __post_init__(self) -> None:
        types: object = self.types
        if not isinstance(types, (tuple, list)) or not types or not all(isinstance(one, PartyType) for one in types):
            raise ConfigurationError(f"types must be a list of one or more PartyType, got {types!r}")
        force_setattr(self, "types", tuple(self.types))
        if len(set(self.names)) < len(self.types):
            raise ConfigurationError(f"types must have different names, got {', '.join(self.names)}")
        if len(self.probabilities):
            force_setattr(self, "probabilities", distribution(self.probabilities, "probabilities"))
            if len(self.probabilities) != len(self.types):
                raise ConfigurationError(f"{len(self.types)} types need as many probabilities, got {len(self.probabilities)}")
        else:
            force_setattr(self, "probabilities", (1 / len(self.types),) * len(self.types))

    @property
    def names(self) -> tuple[str, ...]:
        """The types' names, in order."""
        return tuple(one.name for one in self.types)

    def type(self, name: str) -> PartyType:
        """Return the type of that name; ConfigurationError if there is none."""
        return self.types[self._place(name)]

    def probability(self, name: str) -> float:
        """Return the probability of the type of that name; ConfigurationError if there is none."""
        return self.probabilities[self._place(name)]

    def sample(self, rng: Random) -> PartyType:
        """Return one of the types, drawn from a seeded stream."""
        return rng.choices(self.types, self.probabilities)[0]

    def _place(self, name: str) -> int:
        if name not in self.names:
            raise ConfigurationError(f"there is no type {name!r}, only {', '.join(self.names)}{suggest(str(name), self.names)}")
        return self.names.index(name)


class CommonPrior(msgspec.Struct, frozen=True, tag="prior"):
    """What everybody knows about everybody's type, before anyone knows its own.

    parties: by name, a TypeDistribution or a list of types. joint: the probability of each profile, {("strong", "weak"):
    0.4, ...}, the types' names in the order of the parties; profiles that are not named have probability 0, and the
    distributions of the parties are its marginals. Without it the parties' types are independent, and their product is
    never multiplied out. ConfigurationError for unknown or doubled profiles, and for numbers that are no distribution.
    """

    parties: tuple[tuple[str, TypeDistribution], ...]
    joint: tuple[tuple[tuple[str, ...], float], ...] = ()

    if TYPE_CHECKING:  # what a caller may give, where the field says what is kept

        def __init__(
            self,
            parties: Mapping[str, TypeDistribution | Sequence[PartyType]] | Sequence[tuple[str, TypeDistribution]],
            joint: Mapping[tuple[str, ...], float] | Sequence[tuple[tuple[str, ...], float]] = (),
        ) -> None: ...

    def __post_init__(self) -> None:
        given: Any = self.parties
        parties = tuple(
            (name, one if isinstance(one, TypeDistribution) else TypeDistribution(one))
            for name, one in (given.items() if isinstance(given, Mapping) else given)
        )
        if len(dict(parties)) < len(parties):
            raise ConfigurationError(f"parties must have different names, got {', '.join(name for name, _ in parties)}")
        force_setattr(self, "parties", parties)
        rows: Any = self.joint
        joint = tuple((tuple(profile), p) for profile, p in (rows.items() if isinstance(rows, Mapping) else rows))
        if joint:
            weights = distribution([p for _, p in joint], "joint")
            force_setattr(self, "joint", tuple((row[0], p) for row, p in zip(joint, weights, strict=True)))
            self._check_profiles()
            force_setattr(self, "parties", tuple((n, replace(d, probabilities=self._marginal(n))) for n, d in parties))

    @property
    def names(self) -> tuple[str, ...]:
        """The parties' names, in order."""
        return tuple(name for name, _ in self.parties)

    def types_of(self, party: str) -> TypeDistribution:
        """Return the types of one party with their (marginal) probabilities; ConfigurationError if it is unknown."""
        return self.parties[self._seat(party)][1]

    def probability(self, profile: Mapping[str, str]) -> float:
        """Return the probability that the named parties have these types, whatever the others have."""
        for party, name in profile.items():
            self.types_of(party).type(name)
        if not self.joint:
            return math.prod(self.types_of(party).probability(name) for party, name in profile.items())
        wanted = [(self._seat(party), name) for party, name in profile.items()]
        return math.fsum(p for row, p in self.joint if all(row[seat] == name for seat, name in wanted))

    def profiles(self) -> Iterator[tuple[dict[str, str], float]]:
        """Iterate over all profiles of positive probability, lazily: ({party: type name}, probability)."""
        if self.joint:
            yield from ((dict(zip(self.names, row, strict=True)), p) for row, p in self.joint if p > 0)
            return
        every = (zip(one.names, one.probabilities, strict=True) for _, one in self.parties)
        for row in itertools.product(*every):
            p = math.prod(each for _, each in row)
            if p > 0:
                yield dict(zip(self.names, (name for name, _ in row), strict=True)), p

    def sample(self, rng: Random) -> dict[str, PartyType]:
        """Return one type for each party, drawn from a seeded stream."""
        if not self.joint:
            return {name: one.sample(rng) for name, one in self.parties}
        row = rng.choices([row for row, _ in self.joint], [p for _, p in self.joint])[0]
        return {name: one.type(drawn) for (name, one), drawn in zip(self.parties, row, strict=True)}

    def belief(self, party: str, own_type: str) -> CommonPrior:
        """Return what a party of that type believes of the others: the prior over them, given its own type.

        ConfigurationError for an unknown party or type, and for a type of probability 0, given which nothing follows.
        """
        seat = self._seat(party)
        own = self.types_of(party).probability(own_type)
        if own <= 0:
            raise ConfigurationError(f"type {own_type!r} of {party!r} has probability 0: nothing follows from having it")
        others = self.parties[:seat] + self.parties[seat + 1 :]
        if not self.joint:
            return CommonPrior(others)
        rows = [(row[:seat] + row[seat + 1 :], p / own) for row, p in self.joint if row[seat] == own_type]
        return CommonPrior(others, rows)

    def bind(self, space: OutcomeSpace) -> CommonPrior:
        """Return the prior with the types' utilities bound to a space, and so checked; the path names the type."""
        return CommonPrior([(party, TypeDistribution([_bound(party, one, space) for one in types.types], types.probabilities))
                            for party, types in self.parties], self.joint)  # fmt: skip

    def _marginal(self, party: str) -> tuple[float, ...]:
        seat = self._seat(party)
        sums = [math.fsum(p for row, p in self.joint if row[seat] == name) for name in self.parties[seat][1].names]
        whole = math.fsum(sums)
        return tuple(one / whole for one in sums)

    def _seat(self, party: str) -> int:
        if party not in self.names:
            raise ConfigurationError(f"there is no party {party!r}, only {', '.join(self.names)}{suggest(party, self.names)}")
        return self.names.index(party)

    def _check_profiles(self) -> None:
        seen = set()
        for row, _ in self.joint:
            if len(row) != len(self.parties):
                raise ConfigurationError(f"joint[{row!r}] must name one type for each of {', '.join(self.names)}")
            for (party, types), name in zip(self.parties, row, strict=True):
                if name not in types.names:
                    known = f"only {', '.join(types.names)}{suggest(str(name), types.names)}"
                    raise ConfigurationError(f"joint[{row!r}]: {party!r} has no type {name!r}, {known}")
            if row in seen:
                raise ConfigurationError(f"joint[{row!r}] stands twice")
            seen.add(row)


def _bound(party: str, one: PartyType, space: OutcomeSpace) -> PartyType:
    if one.utility is None:
        return one
    try:
        return PartyType(one.name, bound(one.utility, space), one.reservation_value)
    except ConfigurationError as cause:
        raise ConfigurationError(f"types[{party!r}], type {one.name!r}: {cause}") from cause
