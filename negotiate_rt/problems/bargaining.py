"""Bargaining problems: one price, a pie to divide, or an outcome space with what each party may know it to be worth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from negotiate_rt.errors import ConfigurationError, InvalidOffer
from negotiate_rt.problems.issues import Issue, Outcome, OutcomeSpace
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.utility import AdditiveUtility, UtilityFunction

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


class BargainingProblem:
    """An outcome space and, where known, the parties' utilities and reservation values.

    issues: an OutcomeSpace, or the issues of one. utilities and reservation_values: by agent name, or a sequence in
    seat order; they may cover some of the parties only, and what an agent itself brings comes first. An
    AdditiveUtility is bound to the space, and so checked. ConfigurationError for everything that does not fit.
    """

    __slots__ = ("reservation_values", "space", "utilities")

    def __init__(
        self,
        issues: OutcomeSpace | Iterable[Issue],
        utilities: Mapping[str, UtilityFunction] | Sequence[UtilityFunction] = (),
        reservation_values: Mapping[str, float] | Sequence[float] = (),
    ) -> None:
        self.space = issues if isinstance(issues, OutcomeSpace) else OutcomeSpace(tuple(issues))
        self.utilities = _each("utilities", utilities, self._utility)
        self.reservation_values = _each("reservation_values", reservation_values, _reservation)

    def utility_of(self, name: str, seat: int) -> UtilityFunction | None:
        """Return the utility of the agent with that name in that seat (from 0), or None if the problem has none."""
        return _of(self.utilities, name, seat)

    def reservation_of(self, name: str, seat: int) -> float | None:
        """Return the reservation value (a utility) of that agent in that seat, or None if the problem has none."""
        return _of(self.reservation_values, name, seat)

    def check(self, value: object) -> Outcome:
        """Return an offer as the space's own tuple; InvalidOffer if it is partial, unknown or ill-typed."""
        return self.space.outcome(value)

    def json_schema(self) -> dict[str, object]:
        """Return the JSON schema of one offer."""
        return self.space.json_schema()

    def __repr__(self) -> str:
        shape = " x ".join(f"{issue.name}({issue.size})" for issue in self.space.issues)
        return f"BargainingProblem({shape}, {len(self.utilities)} utilities)"

    def _utility(self, utility: UtilityFunction, path: str) -> UtilityFunction:
        if isinstance(utility, AdditiveUtility):
            try:
                return utility.bind(self.space)
            except ConfigurationError as cause:
                raise ConfigurationError(f"{path}: {cause}") from cause
        if not callable(utility):
            raise ConfigurationError(f"{path} must be a utility function, got {type(utility).__name__}")
        return utility


def _reservation(value: float, path: str) -> float:
    return finite(value, path, ConfigurationError)


def _each(
    what: str, given: Mapping[str, T] | Sequence[T], check: Callable[[T, str], T]
) -> Mapping[str, T] | tuple[T, ...]:
    if isinstance(given, Mapping):
        return {name: check(one, f"{what}[{name!r}]") for name, one in given.items()}
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise ConfigurationError(f"{what} must be a mapping by agent name or a list by seat, got {given!r}")
    return tuple(check(one, f"{what}[{seat}]") for seat, one in enumerate(given))


def _of(given: Mapping[str, T] | tuple[T, ...], name: str, seat: int) -> T | None:
    if isinstance(given, Mapping):
        return given.get(name)
    return given[seat] if 0 <= seat < len(given) else None
