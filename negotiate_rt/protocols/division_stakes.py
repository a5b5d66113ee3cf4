"""What a division is about and what each claimant wants of it, resolved before anything starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dividing import Cake, Estate, Rent
from negotiate_rt.problems.division_calls import DivisionCall
from negotiate_rt.problems.goods import DivisionProblem, Item
from negotiate_rt.problems.scalars import finite
from negotiate_rt.runtime.seat import Seat
from negotiate_rt.solutions.division.cake import CakeValue
from negotiate_rt.strategies.claiming import Valuation


def settle_items(protocol: str, seats: Sequence[Seat], problem: Any) -> tuple[Item, ...]:
    """Return the items, and tell each claimant's seat what they are worth to it, where that is known.

    problem: items' names, or a DivisionProblem, which also knows the values of those who bring none, by name; None: the items
    that the first claimant with a mapping values. Raises ConfigurationError.
    """
    known = problem if isinstance(problem, DivisionProblem) else None
    items = known.items if known is not None else _named(protocol, seats, problem)
    for seat in seats:
        own = _own(seat)
        if own is not None:
            if isinstance(own, Mapping):
                own = {item: own[item] for item in own if item in items}
            elif not isinstance(own, Sequence) and not callable(own):
                raise ConfigurationError(f"agent {seat.name!r}: {protocol} needs worths of items, got {own!r}")
            try:
                own = DivisionProblem({seat.name: own}, items)
            except ConfigurationError as error:
                raise ConfigurationError(f"agent {seat.name!r}: {error}") from None
        elif known is not None and seat.name in known.parties:
            own = known
        seat.preferences = None if own is None else Valuation(seat.name, items=own)
    _check_all_can_answer(protocol, seats)
    return items


def settle_rent(protocol: str, seats: Sequence[Seat], problem: Any, rent: Any) -> Rent:
    """Return the flat; its rooms are items. problem: a Rent, its amount alone, or items with `rent`. Raises
    ConfigurationError."""
    if not isinstance(problem, Rent):
        if _is_number(problem):
            problem = Rent(problem)
        elif rent is not None:
            return Rent(rent, settle_items(protocol, seats, problem))
        else:
            raise ConfigurationError(f"{protocol}: needs a Rent, or its amount, as the problem, got {problem!r}")
    return Rent(problem.rent, settle_items(protocol, seats, problem.rooms or None))


def settle_estate(protocol: str, seats: Sequence[Seat], problem: Any) -> Estate:
    """Return the estate, and tell each claimant's seat its claim. problem: an Estate, or its amount. Raises
    ConfigurationError."""
    if not isinstance(problem, Estate) and not _is_number(problem):
        raise ConfigurationError(f"{protocol}: needs an Estate, or its amount, as the problem, got {problem!r}")
    estate = problem if isinstance(problem, Estate) else Estate(problem)
    for seat in seats:
        own = _own(seat)
        if own is not None and not _is_number(own):
            raise ConfigurationError(f"agent {seat.name!r}: {protocol} needs a claim, a number, got {own!r}")
        seat.preferences = None if own is None else Valuation(seat.name, claim=own)
    _check_all_can_answer(protocol, seats)
    return estate


def settle_cake(protocol: str, seats: Sequence[Seat], problem: Any) -> Cake:
    """Return the cake, and tell each claimant's seat how it values it. problem: a Cake, its two ends, or None: that over which
    the claimants' CakeValues reach. Raises ConfigurationError."""
    values = {seat.name: own for seat in seats if (own := _own(seat)) is not None}
    for name, own in values.items():
        if not isinstance(own, CakeValue):
            raise ConfigurationError(f"agent {name!r}: {protocol} needs a CakeValue, got {own!r}")
    cake = _cake(protocol, problem, list(values.values()))
    for seat in seats:
        own = values.get(seat.name)
        if own is not None and (float(own.edges[0]), float(own.edges[-1])) != (cake.low, cake.high):
            raise ConfigurationError(
                f"agent {seat.name!r}: its values reach from {own.edges[0]} to {own.edges[-1]}, the cake from {cake.low:g} "
                f"to {cake.high:g}"
            )
        seat.preferences = None if own is None else Valuation(seat.name, cake=own)
    _check_all_can_answer(protocol, seats)
    return cake


def has_cake(seats: Sequence[Seat], problem: Any) -> bool:
    """Whether what is divided is a cake rather than items."""
    return isinstance(problem, Cake) or any(isinstance(_own(seat), CakeValue) for seat in seats)


def check_answers(seats: Sequence[Seat], call: DivisionCall, answer: Any) -> None:
    """Raise ConfigurationError for a claimant whose honest answer, `answer` of its Valuation, this call would not take."""
    for seat in seats:
        if seat.preferences is not None and _honest(seat):
            try:
                call.check(answer(seat.preferences))
            except ValueError as error:
                raise ConfigurationError(f"agent {seat.name!r}: {error}") from None


def _named(protocol: str, seats: Sequence[Seat], problem: Any) -> tuple[Item, ...]:
    if problem is None:
        problem = next((own for seat in seats if isinstance(own := _own(seat), Mapping)), None)
        if problem is None:
            raise ConfigurationError(f"{protocol}: needs the items' names, or a DivisionProblem, as the problem")
    if isinstance(problem, (str, bytes)) or not isinstance(problem, Iterable):
        raise ConfigurationError(f"{protocol}: expected the items' names, or a DivisionProblem, got {problem!r}")
    items = sorted(problem, key=repr) if isinstance(problem, (set, frozenset)) else list(problem)
    if not items:
        raise ConfigurationError(f"{protocol}: there are no items to divide")
    if len(set(items)) < len(items):
        raise ConfigurationError(f"{protocol}: {next(one for one in items if items.count(one) > 1)!r} is named twice")
    return tuple(items)


def _cake(protocol: str, problem: Any, values: list[CakeValue]) -> Cake:
    if isinstance(problem, Cake):
        return problem
    if problem is None:
        if not values:
            raise ConfigurationError(f"{protocol}: needs a Cake as the problem, where no claimant brings a CakeValue")
        return Cake(float(values[0].edges[0]), float(values[0].edges[-1]))
    if isinstance(problem, (tuple, list)) and len(problem) == 2:
        return Cake(*problem)
    raise ConfigurationError(f"{protocol}: expected a Cake, its two ends, or None, got {problem!r}")


def _check_all_can_answer(protocol: str, seats: Sequence[Seat]) -> None:
    for seat in seats:
        if seat.preferences is None and _honest(seat):
            raise ConfigurationError(
                f"agent {seat.name!r}: has no values for {protocol}: give it some, a strategy, a `claim` method of its own, or a "
                "problem that knows them by name"
            )


def _honest(seat: Seat) -> bool:
    """Whether it answers by its values alone."""
    return bool(getattr(seat.agent, "honest", not callable(getattr(seat.agent, "claim", None))))


def _own(seat: Seat) -> Any:  # values as Claimant takes them, or None
    return getattr(seat.agent, "values", None)


def _is_number(value: Any) -> bool:
    try:
        finite(value, "it")
    except ValueError:
        return False
    return True
