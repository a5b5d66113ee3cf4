"""What theory says of one session: what its parties want, its frontier and solutions, and what each offer is worth to whom."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.problems.derived import DiscountedUtility
from negotiate_rt.problems.preferences import PiePreferences, Preferences, PricePreferences
from negotiate_rt.protocols.waning import WaningPreferences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from negotiate_rt.solutions.points import BargainingSolutions, Solution
    from negotiate_rt.solutions.terms import AlternatingOffers

Kind = Literal["issues", "price", "pie"]
KEPT = 256  # solved problems kept at hand: sessions whose agents draw from few preferences meet the same ones again
PATIENCE = 5_000_000  # outcomes looked at on behalf of one report, in all; what comes later is not set beside theory
KEPT_VECTORS = 500_000  # of their frontiers in all: some 20 MB
LEAST_COST = 1_000  # outcomes that the smallest problem counts for
MOST_COST = 1_000_000


class Theory:
    """One bargaining problem solved. Utilities are those of deals struck at once: delay and discounts are left out.

    kind: over issues, a price or a pie. parties: their names in seating order. solutions: the points. problem: with the
    utilities of all parties (issues only). wants: what each party wants, by name. ends: of the frontier where it is a line.
    game: the rules of delay where the protocol has some.
    """

    def __init__(
        self, kind: Kind, wants: Mapping[str, Preferences], solutions: BargainingSolutions,
        problem: BargainingProblem | None = None, ends: Sequence[tuple[float, float]] = (),
    ) -> None:  # fmt: skip
        self.kind = kind
        self.wants = dict(wants)
        self.parties = tuple(wants)
        self.solutions = replace(solutions, parties=self.parties)
        self.problem = problem
        self.ends = tuple(ends)
        self.game: AlternatingOffers | None = None

    @property
    def possible(self) -> bool:
        """Whether some deal gives every party at least its reservation value."""
        return self.solutions.possible

    def frontier_points(self) -> NDArray[np.float64]:
        """Return the undominated utility vectors, shape (vectors, parties); of a line its two ends."""
        import numpy as np  # late: heavy, and most of this room needs none of it

        found = self.solutions.frontier
        return np.array(self.ends, dtype=float) if self.kind != "issues" or found is None else found.utilities

    def worth(self, value: Any, maker: str) -> tuple[float, ...]:
        """Return what a deal at a (checked) offer value is worth to each party; `maker`: who offered it."""
        return tuple(float(mine.utility(value, maker == name)) for name, mine in self.wants.items())

    def deal(self, solution: Solution) -> Any:  # an outcome, a price, or the shares by party
        """Return the deal that gives the utilities of a solution."""
        return solution.outcome if self.kind == "issues" else self.deal_at(solution.utilities)

    def deal_at(self, utilities: Sequence[float]) -> Any:  # a price, or the shares by party
        """Return the deal that gives utilities that lie on the line."""
        return dict(zip(self.parties, utilities, strict=True)) if self.kind == "pie" else self.price(utilities)

    def price(self, utilities: Sequence[float]) -> float:
        """Return the price that gives the seller its utility; only where a price is negotiated."""
        for own, mine in zip(utilities, self.wants.values(), strict=True):
            if isinstance(mine, PricePreferences) and mine.selling:
                return mine.limit + own
        raise ValueError("nobody sells")

    def __repr__(self) -> str:
        return f"<Theory {self.kind}: {', '.join(self.parties)}, {'possible' if self.possible else 'no bargain'}>"


class Theories:
    """Solves the problems of many sessions, each different one once, with so much patience and no more.

    Solved problems are kept while there is room: so many of them, with so many vectors on their frontiers in all.
    """

    def __init__(self, patience: int = PATIENCE) -> None:
        self.patience = patience
        self._solved: OrderedDict[tuple[Any, ...], Theory | None] = OrderedDict()
        self._room = KEPT_VECTORS

    def of(self, seats: Sequence[Any], problem: Any) -> Theory | None:  # runtime.seat.Seat: settled ones
        """Return what theory says of a session with these seats; None if a party's wishes are unknown, the matter is none of
        bargaining, the space is too large, or patience is used up."""
        matter = matter_of(seats, problem)
        if matter is None:
            return None
        own = ((name, type(one), one.limit, getattr(one, "selling", None)) for name, one in matter.wants.items())
        key = (*map(_Same, (getattr(problem, "space", None), *matter.utilities)), getattr(problem, "size", None), *own)
        if key not in self._solved:
            cost = _cost(problem)
            if cost > self.patience:
                return None
            self.patience -= cost
            self._keep(key, matter)
        self._solved.move_to_end(key)
        return self._solved[key]

    def _keep(self, key: tuple[Any, ...], matter: Matter) -> None:
        try:
            found = matter.solved()
        except (ConfigurationError, ArithmeticError):  # too large, a utility that fails, numbers beyond all floats
            found = None
        self._solved[key] = found
        self._room -= _vectors(found)
        while len(self._solved) > KEPT or (self._room < 0 and len(self._solved) > 1):
            _, dropped = self._solved.popitem(last=False)
            self._room += _vectors(dropped)


class Matter(NamedTuple):
    """What a session is about: what each party wants, by name, and over issues the utilities that this is made of."""

    wants: Mapping[str, Preferences]
    utilities: Sequence[Any]  # utility functions
    problem: Any

    def solved(self) -> Theory | None:
        """Return what theory says; None if there are no two sides to it. Errors and cost: `bargaining_solutions`."""
        return _solved(self.wants, self.utilities, self.problem)


def matter_of(seats: Sequence[Any], problem: Any) -> Matter | None:
    """Return what a session with these settled seats is about; None if what a party wants is unknown."""
    parties = [seat for seat in seats if seat.preferences is not None]
    wants = {seat.name: undelayed(seat.preferences) for seat in parties}
    if len(wants) < 2 or not all(one.known for one in wants.values()):
        return None
    issues = isinstance(problem, BargainingProblem)
    return Matter(wants, [utility_of(seat, place, problem) for place, seat in enumerate(parties)] if issues else [], problem)


class _Same:
    """Holds an object and equals only what holds the very same one, whether or not it can be hashed."""

    __slots__ = ("held",)

    def __init__(self, held: object) -> None:
        self.held = held

    def __hash__(self) -> int:
        return id(self.held)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.held is self.held


def theory_of(seats: Sequence[Any], problem: Any) -> Theory | None:
    """Return what theory says of a session with these settled seats, whatever it costs; None if a party's wishes are unknown,
    or the matter is none of bargaining. Errors: `bargaining_solutions`."""
    matter = matter_of(seats, problem)
    found = None if matter is None else matter.solved()
    if found is not None:
        found.game = next((one for seat in seats if (one := getattr(seat.preferences, "game", None)) is not None), None)
    return found


def undelayed(preferences: Preferences) -> Preferences:
    """Return preferences over deals struck at once."""
    while isinstance(preferences, WaningPreferences):
        preferences = preferences.base
    return preferences


def utility_of(seat: Any, place: int, problem: BargainingProblem) -> Any:  # a utility function
    """Return the utility function that a seat's preferences are made of, without discounts."""
    own = getattr(seat.agent, "utility", None)
    utility = problem.utility_of(seat.name, place) if own is None else own
    while isinstance(utility, DiscountedUtility):
        utility = utility.base
    return utility


def solved_issues(problem: BargainingProblem, wants: Mapping[str, Preferences] | None = None) -> Theory:
    """Return what theory says of a problem with the utilities of all its parties. Cost and errors: `bargaining_solutions`."""
    from negotiate_rt.solutions.points import bargaining_solutions  # late: numpy

    solutions = bargaining_solutions(problem)
    return Theory("issues", wants or _as_they_say(problem, solutions.parties), solutions, problem)


def solved_line(
    kind: Literal["price", "pie"], wants: Mapping[str, Preferences],
    ends: tuple[tuple[float, float], tuple[float, float]], without: tuple[float, float],
) -> Theory:  # fmt: skip
    """Return what theory says of two parties who divide what lies on the line between two utility vectors."""
    from negotiate_rt.solutions.curves import LinearCurve  # late: numpy
    from negotiate_rt.solutions.points import bargaining_solutions

    if ends[0] == ends[1]:  # limits that meet: one deal, or none
        return Theory(kind, wants, replace(bargaining_solutions([ends[0]], without), frontier=None), ends=ends)
    return Theory(kind, wants, bargaining_solutions(LinearCurve(*ends, without)), ends=ends)


def _solved(wants: Mapping[str, Preferences], utilities: Sequence[Any], problem: Any) -> Theory | None:
    if isinstance(problem, BargainingProblem):
        limits = {name: one.limit for name, one in wants.items()}
        return solved_issues(BargainingProblem(problem.space, dict(zip(wants, utilities, strict=True)), limits), wants)
    if len(wants) != 2:
        return None
    first, second = wants.values()
    if isinstance(first, PiePreferences) and isinstance(second, PiePreferences):
        return solved_line("pie", wants, ((first.size, 0.0), (0.0, first.size)), (first.limit, second.limit))
    if isinstance(first, PricePreferences) and isinstance(second, PricePreferences) and first.selling != second.selling:
        surplus = second.limit - first.limit if first.selling else first.limit - second.limit
        return solved_line("price", wants, ((surplus, 0.0), (0.0, surplus)), (0.0, 0.0))
    return None


class Stated:
    """What a party of a problem wants, by its utility function alone: enough to say what an offer is worth."""

    known = True

    def __init__(self, problem: BargainingProblem, utility: Any, limit: float) -> None:
        self.problem = problem
        self.worth = utility
        self.limit = self.reservation_value = self.disagreement = limit

    def utility(self, value: Any, mine: bool) -> float:
        """Return what an outcome is worth."""
        return float(self.worth(value))


def _as_they_say(problem: BargainingProblem, names: Sequence[str]) -> dict[str, Any]:  # Stated
    given = problem.utilities
    utilities = given.values() if isinstance(given, Mapping) else given
    limits = (problem.reservation_of(name, place) for place, name in enumerate(names))
    return {
        name: Stated(problem, utility, 0.0 if limit is None else limit)
        for name, utility, limit in zip(names, utilities, limits, strict=True)
    }


def _cost(problem: Any) -> int:
    if not isinstance(problem, BargainingProblem):
        return LEAST_COST
    return min(MOST_COST, LEAST_COST + problem.space.size) if problem.space.countable else MOST_COST


def _vectors(theory: Theory | None) -> int:
    found = None if theory is None else theory.solutions.frontier
    return 0 if found is None else len(found)
