"""Bargaining problems: one price, a pie to divide, or an outcome space with what each party may know it to be worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar, cast

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.derived import DiscountedUtility, discount_factor
from negotiate_rt.problems.issues import AnyIssue, Outcome, OutcomeSpace
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.types import CommonPrior, PartyType
from negotiate_rt.problems.utility import SpaceUtility, UtilityFunction

T = TypeVar("T")


class PriceProblem(msgspec.Struct, frozen=True, tag="price"):
    """One price, any finite real number in the currency that the parties share."""

    def check(self, value: object) -> float:
        """Return an offer as a float; InvalidOffer unless it is a finite number."""
        return finite(value, "a price")

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one offer."""
        return {"type": "number"}


class Pie(msgspec.Struct, frozen=True, tag="pie"):
    """A pie of `size` > 0 to divide between two. An offer is the share that its proposer demands for itself."""

    size: float = 1.0

    def __post_init__(self) -> None:
        if finite(self.size, "pie.size", ConfigurationError) <= 0:
            raise ConfigurationError(f"pie.size must be > 0, got {self.size}")

    def check(self, value: object) -> float:
        """Return a demand as a float; InvalidOffer unless 0 <= demand <= size."""
        demand = finite(value, "a share of the pie")
        if not 0 <= demand <= self.size:
            raise InvalidOffer(f"a share of the pie must be between 0 and {self.size}, got {demand}")
        return demand

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one offer."""
        return {"type": "number", "minimum": 0, "maximum": self.size}


class Discount(msgspec.Struct, frozen=True, tag="discount"):
    """How fast a party's deals lose worth: factor^(round - 1), or factor^seconds. ConfigurationError unless 0 <= factor <= 1."""

    factor: float
    per: Literal["round", "time"] = "round"

    def __post_init__(self) -> None:
        force_setattr(self, "factor", discount_factor(self.factor, "discount.factor"))
        if self.per not in ("round", "time"):
            raise ConfigurationError(f"discount.per must be 'round' or 'time', got {self.per!r}")


class Revealed(msgspec.Struct, frozen=True):
    """What a problem lets one party know of the others, by agent name or by seat as the problem itself names them.

    Under complete information all that the problem knows of them; under private information nothing but the prior.
    """

    utilities: Mapping[Any, UtilityFunction] = {}  # Any: keys are names or seats; so in the next three
    reservation_values: Mapping[Any, float] = {}
    outside_options: Mapping[Any, float] = {}
    discounts: Mapping[Any, Discount] = {}
    prior: CommonPrior | None = None


class BargainingProblem:
    """An outcome space and, where known, what the parties want.

    issues: an OutcomeSpace, or the issues of one. utilities, reservation_values, outside_options and discounts: by agent
    name, or a sequence in seat order; they may cover some of the parties only, and what an agent itself brings comes
    first. A utility that knows spaces (AdditiveUtility and so on) is bound to this one, and so checked.

    reservation_values: the least utility worth having, which is what no deal is worth. outside_options: the utility of
    walking away for something else, where a protocol lets a party do so mid-way; not a disagreement point. discounts: a
    factor per round within [0, 1], or a Discount. information: "private", or "complete" when everybody knows what the
    problem knows of everybody. types: a CommonPrior over what the parties may privately be.
    ConfigurationError for everything that does not fit.
    """

    __slots__ = ("discounts", "information", "outside_options", "reservation_values", "space", "types", "utilities")

    def __init__(  # noqa: PLR0913  # the facts of a problem: each stands for itself
        self,
        issues: OutcomeSpace | Iterable[AnyIssue],
        utilities: Mapping[str, UtilityFunction] | Sequence[UtilityFunction] = (),
        reservation_values: Mapping[str, float] | Sequence[float] = (),
        outside_options: Mapping[str, float] | Sequence[float] = (),
        discounts: Mapping[str, float | Discount] | Sequence[float | Discount] = (),
        information: Literal["private", "complete"] = "private",
        types: CommonPrior | None = None,
    ) -> None:
        self.space = issues if isinstance(issues, OutcomeSpace) else OutcomeSpace(tuple(issues))
        self.utilities = _each("utilities", utilities, self._utility)
        self.reservation_values = _each("reservation_values", reservation_values, _number)
        self.outside_options = _each("outside_options", outside_options, _number)
        self.discounts = _each("discounts", discounts, _discount)
        if information not in ("private", "complete"):
            raise ConfigurationError(f"information must be 'private' or 'complete', got {information!r}")
        self.information = information
        if types is not None and not isinstance(types, CommonPrior):
            raise ConfigurationError(f"types must be a CommonPrior, got {type(types).__name__}")
        self.types = None if types is None else types.bind(self.space)

    def utility_of(self, name: str, seat: int) -> UtilityFunction | None:
        """Return the utility of the agent with that name in that seat (from 0), or None if the problem has none."""
        return _of(self.utilities, name, seat)

    def reservation_of(self, name: str, seat: int) -> float | None:
        """Return the reservation value (a utility) of that agent in that seat, or None if the problem has none."""
        return _of(self.reservation_values, name, seat)

    def outside_option_of(self, name: str, seat: int) -> float | None:
        """Return what walking away is worth (a utility) to that agent in that seat, or None if the problem has none."""
        return _of(self.outside_options, name, seat)

    def discount_of(self, name: str, seat: int) -> Discount | None:
        """Return how that agent's deals lose worth, from `discounts` or its DiscountedUtility; None for neither."""
        given = _of(self.discounts, name, seat)
        utility = self.utility_of(name, seat)
        if given is None and isinstance(utility, DiscountedUtility):
            return Discount(utility.discount, utility.per)
        return given

    def revealed_to(self, name: str, seat: int) -> Revealed:
        """Return what the agent with that name in that seat may know of the others (see `information`)."""
        if self.information == "private":
            return Revealed(prior=self.types)
        return Revealed(
            _others(self.utilities, name, seat), _others(self.reservation_values, name, seat),
            _others(self.outside_options, name, seat), _others(self.discounts, name, seat), self.types,
        )  # fmt: skip

    def known_to(self, name: str, seat: int) -> BargainingProblem:
        """Return the problem as the agent with that name in that seat may see it: this one under complete information, else
        with its own utility, reservation value, outside option and discount alone. Cost: O(1), nothing is checked again."""
        private = self.utilities or self.reservation_values or self.outside_options or self.discounts
        if self.information == "complete" or not private:
            return self
        seen = object.__new__(BargainingProblem)
        seen.space, seen.information, seen.types = self.space, self.information, self.types
        seen.utilities = _own(self.utilities, name, seat)
        seen.reservation_values = _own(self.reservation_values, name, seat)
        seen.outside_options = _own(self.outside_options, name, seat)
        seen.discounts = _own(self.discounts, name, seat)
        return seen

    def with_types(self, profile: Mapping[str, PartyType]) -> BargainingProblem:
        """Return the problem in which the parties have these types, such as `types.sample(rng)` draws.

        What a type says of its party (by name) replaces what the problem said. ConfigurationError if the problem names its
        parties by seat.
        """
        given = self.utilities, self.reservation_values
        if any(one and not isinstance(one, Mapping) for one in given):
            raise ConfigurationError("types go by agent name, so utilities and reservation_values must go by name as well")
        utilities: dict[str, UtilityFunction] = dict(given[0] or {})  # type: ignore[arg-type]  # mappings, or empty
        least: dict[str, float] = dict(given[1] or {})  # type: ignore[arg-type]
        for name, one in profile.items():
            if one.utility is not None:
                utilities[name] = one.utility
            if one.reservation_value is not None:
                least[name] = one.reservation_value
        return BargainingProblem(
            self.space, utilities, least, self.outside_options, self.discounts, self.information, self.types
        )

    def check(self, value: object) -> Outcome:
        """Return an offer as the space's own tuple; InvalidOffer if it is partial, unknown or ill-typed."""
        return self.space.outcome(value)

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one offer."""
        return self.space.json_schema()

    def __repr__(self) -> str:
        shape = " x ".join(f"{issue.name}({issue.size})" for issue in self.space.issues)
        return f"BargainingProblem({shape}, {len(self.utilities)} utilities)"

    def _utility(self, utility: Any, path: str) -> UtilityFunction:
        if isinstance(utility, SpaceUtility):
            try:
                return utility.bind(self.space)
            except ConfigurationError as cause:
                raise ConfigurationError(f"{path}: {cause}") from cause
        if not callable(utility):
            raise ConfigurationError(f"{path} must be a utility function, got {type(utility).__name__}")
        return cast(UtilityFunction, utility)


def _number(value: Any, path: str) -> float:
    return finite(value, path, ConfigurationError)


def _discount(value: Any, path: str) -> Discount:
    return value if isinstance(value, Discount) else Discount(discount_factor(value, path))


def _others(given: Mapping[str, T] | tuple[T, ...], name: str, seat: int) -> dict[Any, T]:
    """Return all entries but one party's own, by name or by seat; Any: as in Revealed."""
    if isinstance(given, Mapping):
        return {key: one for key, one in given.items() if key != name}
    return {key: one for key, one in enumerate(given) if key != seat}


def _each(
    what: str, given: Mapping[str, Any] | Sequence[Any], check: Callable[[Any, str], T]
) -> Mapping[str, T] | tuple[T, ...]:  # Any: what a caller may give, checked one by one
    if isinstance(given, Mapping):
        return {name: check(one, f"{what}[{name!r}]") for name, one in given.items()}
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ConfigurationError(f"{what} must be a mapping by agent name or a list by seat, got {given!r}")
    return tuple(check(one, f"{what}[{seat}]") for seat, one in enumerate(given))


def _own(given: Mapping[str, T] | tuple[T, ...], name: str, seat: int) -> dict[str, T]:
    own = _of(given, name, seat)
    return {} if own is None else {name: own}


def _of(given: Mapping[str, T] | tuple[T, ...], name: str, seat: int) -> T | None:
    if isinstance(given, Mapping):
        return given.get(name)
    return given[seat] if 0 <= seat < len(given) else None
