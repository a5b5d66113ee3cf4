"""Direct revelation mechanisms: each agent reports a type, and a rule that all know turns the reports into an outcome.

An outcome is an allocation and what each agent pays for it; utilities are quasi-linear, v(type, allocation) - payment. A rule
may draw lots: it then returns a lottery, and utilities are expectations over it, so that nothing here needs chance of its own.
By the revelation principle (Myerson 1979) whatever an equilibrium of any mechanism does, a direct one does, in which telling
the truth is the equilibrium: `revelation` builds it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.derived import distribution
from negotiate_rt.problems.types import CommonPrior, PartyType

Types: TypeAlias = tuple[Any, ...]  # one type, or one report, for each agent


class Decision(NamedTuple):
    """What a mechanism decides: an allocation (any hashable value), and what each agent pays (negative: receives).

    No payments: none are made.
    """

    allocation: Any
    payments: tuple[float, ...] = ()


class Chance(NamedTuple):
    """One branch of a lottery."""

    probability: float
    decision: Decision


Lottery: TypeAlias = tuple[Chance, ...]


class TypeSpace(msgspec.Struct, frozen=True):
    """The types that one agent may have: a finite list with probabilities (evenly spread unless given), or a function that
    draws one from a seeded `random.Random`.

    near: other reports worth trying for a type, where types are drawn (None: for numbers, shares of it from 0 to 1.5 times).
    Raises ConfigurationError unless exactly one of types and draw is given, and for probabilities that are no distribution.
    """

    types: tuple[Any, ...] = ()
    probabilities: tuple[float, ...] = ()
    draw: Callable[[random.Random], Any] | None = None
    near: Callable[[Any], Iterable[Any]] | None = None

    if TYPE_CHECKING:  # what a caller may give, where the field says what is kept

        def __init__(
            self, types: Sequence[Any] = (), probabilities: Sequence[float] = (),
            draw: Callable[[random.Random], Any] | None = None, near: Callable[[Any], Iterable[Any]] | None = None,
        ) -> None: ...  # fmt: skip

    def __post_init__(self) -> None:
        if not isinstance(self.types, (list, tuple, range)) or (len(self.types) > 0) == (self.draw is not None):
            raise ConfigurationError("a type space is a list of one or more types, or `draw`, a function that draws one")
        force_setattr(self, "types", tuple(self.types))
        for place, one in enumerate(self.types):
            if isinstance(one, float) and not math.isfinite(one):
                raise ConfigurationError(f"types[{place}]: expected a finite number, got {one}")
        if len(set(map(repr, self.types))) < len(self.types):
            raise ConfigurationError(f"types must differ, got {', '.join(map(repr, self.types))}")
        if self.draw is not None and not callable(self.draw):
            raise ConfigurationError(f"draw must be a function of a random.Random, got {self.draw!r}")
        if len(self.probabilities):
            if len(self.probabilities) != len(self.types):
                raise ConfigurationError(f"{len(self.types)} types need as many probabilities, got {len(self.probabilities)}")
            force_setattr(self, "probabilities", distribution(self.probabilities, "probabilities"))
        else:
            force_setattr(self, "probabilities", (1 / len(self.types),) * len(self.types) if self.types else ())

    @property
    def finite(self) -> bool:
        """Whether the types are a list."""
        return self.draw is None

    def sample(self, rng: random.Random) -> Any:
        """Return one type, drawn from a seeded stream."""
        return rng.choices(self.types, self.probabilities)[0] if self.draw is None else self.draw(rng)

    def misreports(self, own: Any, rng: random.Random, limit: int) -> list[Any]:
        """Return up to `limit` other reports to try for a type: of a list all, or a sample of them; else near ones and draws."""
        if self.draw is None:
            others = [one for one in self.types if one != own]
            return others if len(others) <= limit else rng.sample(others, limit)
        found = list(near_number(own) if self.near is None else self.near(own))[:limit]
        return found + [self.draw(rng) for _ in range(limit - len(found))]


def near_number(own: Any) -> list[Any]:
    """Return numbers around a number, shares of it from 0 to 1.5 times; of anything else none."""
    if isinstance(own, bool) or not isinstance(own, (int, float)):
        return []
    return [own * share for share in (0.0, 0.5, 0.75, 0.9, 0.99, 1.01, 1.1, 1.5)]


Spaces: TypeAlias = TypeSpace | Sequence[TypeSpace]  # one for all agents, or one for each


class DirectMechanism(msgspec.Struct, frozen=True, kw_only=True):
    """A direct revelation mechanism and what it is played for.

    outcome: reports, one for each agent -> a Decision, or a lottery of Chance(probability, Decision). types: the space of each
    agent, or one for all with `agents`. valuation: (agent's place, its type, allocation) -> what that is worth to it (None:
    types are PartyType, and their utility says). best: types -> the largest total value of any feasible allocation, for
    efficiency (None: `allocations` lists the feasible ones, or it is not judged). reservation: (place, type) -> what staying
    out is worth (None: 0, or as the PartyType says). money: whether payments are made. residual: who keeps what is left of
    them ("the seller"; empty: nobody, so that they should balance). assumes: what its promises rest on, in words. names: the
    agents' (default: agent 1, agent 2, ...). prior: where types are correlated. Raises ConfigurationError.
    """

    name: str
    outcome: Callable[[Types], Decision | Lottery]
    types: tuple[TypeSpace, ...]
    valuation: Callable[[int, Any, Any], float] | None = None
    agents: int | None = None
    best: Callable[[Types], float] | None = None
    allocations: tuple[Any, ...] = ()
    reservation: Callable[[int, Any], float] | None = None
    money: bool = True
    residual: str = ""
    names: tuple[str, ...] = ()
    assumes: str = ""
    prior: CommonPrior | None = None

    if TYPE_CHECKING:  # as above

        def __init__(  # noqa: PLR0913  # the facts of a mechanism
            self, *, name: str, outcome: Callable[[Types], Decision | Lottery], types: Spaces,
            valuation: Callable[[int, Any, Any], float] | None = None, agents: int | None = None,
            best: Callable[[Types], float] | None = None, allocations: Sequence[Any] = (),
            reservation: Callable[[int, Any], float] | None = None, money: bool = True, residual: str = "",
            names: Sequence[str] = (), assumes: str = "", prior: CommonPrior | None = None,
        ) -> None: ...  # fmt: skip

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ConfigurationError(f"a mechanism needs a name, got {self.name!r}")
        for field in ("outcome", "valuation", "best", "reservation"):
            function = getattr(self, field)
            if not callable(function) and (function is not None or field == "outcome"):
                raise ConfigurationError(f"mechanism {self.name!r}: {field} must be a function, got {function!r}")
        force_setattr(self, "types", self._spaces())
        if self.agents is None:
            force_setattr(self, "agents", len(self.types))
        force_setattr(self, "allocations", tuple(self.allocations))
        names = tuple(self.names) or tuple(f"agent {place}" for place in range(1, len(self.types) + 1))
        if len(names) != len(self.types) or len(set(names)) < len(names):
            raise ConfigurationError(
                f"mechanism {self.name!r}: {len(self.types)} agents need as many different names, got {names!r}"
            )
        force_setattr(self, "names", names)
        if self.prior is not None and [one.types for one in self.types] != [d.types for _, d in self.prior.parties]:
            raise ConfigurationError(f"mechanism {self.name!r}: prior must be over the agents' types, in their order")

    def _spaces(self) -> tuple[TypeSpace, ...]:
        given: Any = self.types
        if isinstance(given, TypeSpace):
            count = 1 if self.agents is None else self.agents
            if isinstance(count, bool) or not isinstance(count, int) or count < 1:
                raise ConfigurationError(f"mechanism {self.name!r}: agents must be a whole number >= 1, got {count!r}")
            return (given,) * count
        if not isinstance(given, (list, tuple)) or not given or not all(isinstance(one, TypeSpace) for one in given):
            raise ConfigurationError(f"mechanism {self.name!r}: types must be a TypeSpace for each agent, got {given!r}")
        if self.agents is not None and self.agents != len(given):
            raise ConfigurationError(f"mechanism {self.name!r}: {self.agents} agents, but {len(given)} type spaces")
        return tuple(given)

    @property
    def finite(self) -> bool:
        """Whether every agent's types are a list."""
        return all(space.finite for space in self.types)

    def lottery(self, reports: Sequence[Any]) -> Lottery:
        """Return what is decided on these reports, as a lottery with payments for all. Raises ConfigurationError if the rule
        returns something else, or probabilities or payments that are none.
        """
        given: Any = self.outcome(tuple(reports))
        if isinstance(given, Decision):
            return (Chance(1.0, self._checked(given, reports)),)
        if not isinstance(given, (tuple, list)) or not given or not all(
            isinstance(one, (tuple, list)) and len(one) == 2 and isinstance(one[1], Decision) for one in given
        ):  # fmt: skip
            raise ConfigurationError(
                f"{self._at(reports)}: outcome must return a Decision(allocation, payments), or a list of "
                f"Chance(probability, Decision), got {given!r}"
            )
        weights = distribution([p for p, _ in given], f"{self._at(reports)}: probabilities")
        return tuple(Chance(p, self._checked(one, reports)) for p, (_, one) in zip(weights, given, strict=True))

    def _checked(self, decision: Decision, reports: Sequence[Any]) -> Decision:
        if not decision.payments:
            return Decision(decision.allocation, (0.0,) * len(self.types))
        if len(decision.payments) != len(self.types):
            raise ConfigurationError(
                f"{self._at(reports)}: expected one payment for each of {len(self.types)} agents, got {decision.payments!r}"
            )
        try:
            if all(map(math.isfinite, decision.payments)):
                return decision
        except TypeError:
            pass
        raise ConfigurationError(f"{self._at(reports)}: payments must be finite numbers, got {decision.payments!r}")

    def _at(self, reports: Sequence[Any]) -> str:
        return f"mechanism {self.name!r}, reports {tuple(reports)!r}"

    def value(self, agent: int, own: Any, allocation: Any) -> float:
        """Return what an allocation is worth to an agent of that type. Raises ConfigurationError unless a finite number."""
        if self.valuation is not None:
            found: Any = self.valuation(agent, own, allocation)
        elif isinstance(own, PartyType) and own.utility is not None:
            found = own.utility(allocation)
        else:
            raise ConfigurationError(
                f"mechanism {self.name!r}: nothing says what an allocation is worth to type {own!r}: give `valuation`"
            )
        try:
            if math.isfinite(found):
                return found  # type: ignore[no-any-return]  # a number: isfinite takes no other
        except TypeError:
            pass
        raise ConfigurationError(
            f"mechanism {self.name!r}: valuation({agent}, {own!r}, {allocation!r}) must be a finite number, got {found!r}"
        )

    def utility(self, agent: int, own: Any, reports: Sequence[Any]) -> float:
        """Return what an agent of that type expects if these are the reports."""
        return math.fsum(
            p * (self.value(agent, own, one.allocation) - one.payments[agent]) for p, one in self.lottery(reports)
        )

    def outside(self, agent: int, own: Any) -> float:
        """Return what staying out is worth to an agent of that type."""
        if self.reservation is not None:
            return self.reservation(agent, own)
        return own.reservation_value or 0.0 if isinstance(own, PartyType) else 0.0

    def best_welfare(self, types: Sequence[Any]) -> float | None:
        """Return the largest total value of any feasible allocation, or None if nothing says which are feasible."""
        if self.best is not None:
            return self.best(tuple(types))
        if not self.allocations:
            return None
        return max(
            math.fsum(self.value(agent, own, one) for agent, own in enumerate(types)) for one in self.allocations
        )


def from_prior(
    name: str, outcome: Callable[[Types], Decision | Lottery], prior: CommonPrior, **facts: Any
) -> DirectMechanism:
    """Return a mechanism between the parties of a common prior; reports are PartyType. facts: as in DirectMechanism."""
    spaces = tuple(TypeSpace(types.types, types.probabilities) for _, types in prior.parties)
    return DirectMechanism(name=name, outcome=outcome, types=spaces, names=prior.names, prior=prior, **facts)


def revelation(
    name: str, play: Callable[[Types], Decision | Lottery], strategies: Sequence[Callable[[Any], Any]], **facts: Any
) -> DirectMechanism:
    """Return the direct mechanism that plays an indirect one for its agents: outcome(reports) = play(strategies(reports)).

    play: what each agent does, one entry each -> the outcome, with payments. strategies: each agent's, type -> what it does.
    facts: types, valuation and the rest of DirectMechanism. If the strategies are a Bayes-Nash equilibrium, telling the truth
    is one here; if they are dominant, so is the truth (Myerson, "Incentive compatibility and the bargaining problem", 1979;
    Gibbard 1973). Raises ConfigurationError.
    """
    rules = tuple(strategies)
    for place, one in enumerate(rules):
        if not callable(one):
            raise ConfigurationError(f"strategies[{place}]: expected a function of a type, got {one!r}")

    def outcome(reports: Types) -> Decision | Lottery:
        return play(tuple(rule(report) for rule, report in zip(rules, reports, strict=True)))

    made = DirectMechanism(name=name, outcome=outcome, **facts)
    if len(made.types) != len(rules):
        raise ConfigurationError(f"mechanism {name!r}: {len(made.types)} agents need as many strategies, got {len(rules)}")
    return made
