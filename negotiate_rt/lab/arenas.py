"""What a tournament is played on: problems by name, the same in every repeat, or drawn anew by a scenario."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from negotiate_rt import scenarios
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.bargaining import BargainingProblem
from negotiate_rt.problems.utility import AdditiveUtility, utility_table
from negotiate_rt.scenarios.scenario import Scenario


class Arena(msgspec.Struct, frozen=True):
    """A problem to negotiate, under a name of its own.

    problem: with a utility for each of at least two parties, by name or by seat. scenario: instead, a Scenario whose agents
    say what they want; who plays, under which rules, is up to the tournament. Each repeat is then the session of its
    number, with what is drawn for it. ConfigurationError for what cannot be played on.
    """

    name: str
    source: BargainingProblem | Scenario

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or not self.name.isprintable():
            raise ConfigurationError(f"a scenario of a tournament needs a name in one line, got {self.name!r}")
        if isinstance(self.source, BargainingProblem):
            given = self.source
            missing = max(len(given.reservation_values), len(given.discounts)) > len(given.utilities)
            if len(given.utilities) < 2 or missing:
                have = f"has {len(given.utilities)} utilities; a tournament needs one of each party, of two at least"
                raise ConfigurationError(f"scenario {self.name!r}: the problem {have}")
        elif not isinstance(self.source, Scenario):
            raise ConfigurationError(f"scenario {self.name!r}: expected a BargainingProblem or a Scenario, got {self.source!r}")

    def problem(self, repeat: int, seed: int) -> BargainingProblem:
        """Return the problem of one repeat, counted from 1."""
        return self.source if isinstance(self.source, BargainingProblem) else _wanted(self.source, self.name, repeat, seed)

    def description(self, repeats: int, seed: int) -> list[Any]:
        """Return the name and a digest of all that bears on results: issues, utilities, what no deal is worth. O(outcomes)."""
        drawn = range(1, repeats + 1) if isinstance(self.source, Scenario) else (1,)
        return [self.name, [digest(self.problem(repeat, seed)) for repeat in drawn]]


def parties(problem: BargainingProblem) -> tuple[str, ...]:
    """Return the names of a problem's parties; where it knows them by seat only, party1, party2 and so on."""
    if isinstance(problem.utilities, Mapping):
        return tuple(problem.utilities)
    return tuple(f"party{seat}" for seat in range(1, len(problem.utilities) + 1))


def arenas(given: Any) -> tuple[Arena, ...]:
    """Return arenas from paths, names of built-in scenarios, scenarios, domains and arenas, or from a mapping of names to
    these or to problems.

    Raises ConfigurationError for what is none, for no arena at all, and for a name that stands twice.
    """
    if isinstance(given, (BargainingProblem, Scenario, scenarios.Domain, Arena, str, Path)):
        given = (given,)
    if isinstance(given, Mapping):
        found = [_arena(one, name) for name, one in given.items()]
    elif isinstance(given, Iterable):
        found = [_arena(one) for one in given]
    else:
        raise ConfigurationError(f"scenarios: expected a mapping of names to problems, or paths and names, got {given!r}")
    if not found:
        raise ConfigurationError("scenarios: a tournament needs at least one")
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"scenarios: two go by the name {name!r}")
    return tuple(found)


def _arena(given: Any, name: str | None = None) -> Arena:
    if isinstance(given, (str, Path)):
        given = opened(given)
    if isinstance(given, Arena):
        return given if name is None or name == given.name else Arena(name, given.source)
    if isinstance(given, Scenario):
        return Arena(given.name if name is None else name, given)
    if isinstance(given, scenarios.Domain):
        return Arena(given.name if name is None else name, given.problem)
    if isinstance(given, BargainingProblem) and name is None:
        return Arena("problem", given)
    return Arena("" if name is None else name, given)


def opened(path: str | Path) -> Arena:
    """Return the arena of a built-in scenario's name, of a scenario or domain file, or of a folder of a domain's files.

    Raises ScenarioError with what is wrong with the files.
    """
    found = scenarios.load_any(path)
    return Arena(found.name, found.problem if isinstance(found, scenarios.Domain) else found)


def _wanted(scenario: Scenario, name: str, repeat: int, seed: int) -> BargainingProblem:
    """Return what the agents of one session of a scenario want, as a problem."""
    agents, _, problem = scenario.job(repeat, seed)
    if not isinstance(problem, BargainingProblem):
        kind = type(problem).__name__ if problem is not None else "nothing"
        raise ConfigurationError(
            f"scenario {name!r}: a tournament is played over issues (problem type 'issues'), this one is over {kind}"
        )
    utilities = {agent.name: _utility(agent, seat, problem) for seat, agent in enumerate(agents)}
    for who, utility in utilities.items():
        if utility is None:
            raise ConfigurationError(
                f"scenario {name!r}: agent {who!r} says not what outcomes are worth to it; make it a negotiator"
            )
    if len(agents) < 2:
        raise ConfigurationError(f"scenario {name!r}: a tournament needs two parties at least")
    return BargainingProblem(
        problem.space, utilities,
        _known(agents, problem.reservation_of, "reservation_value"),
        _known(agents, problem.outside_option_of, "outside_option"),
        _known(agents, problem.discount_of, ""),
        problem.information, problem.types,
    )  # fmt: skip


def _utility(agent: Any, seat: int, problem: BargainingProblem) -> Any:  # a utility function, or None
    own = getattr(agent, "utility", None)
    return problem.utility_of(agent.name, seat) if own is None else own


def _known(agents: list[Any], of_problem: Callable[[str, int], Any], brought: str) -> dict[str, Any]:
    """Return what is known of each agent by name: what it brings itself, else what the problem says."""
    found = {}
    for seat, agent in enumerate(agents):
        value = getattr(agent, brought, None) or of_problem(agent.name, seat)
        if value is not None:
            found[agent.name] = value
    return found


def digest(problem: BargainingProblem) -> str:
    """Return a digest of a problem: equal for problems that play alike. ConfigurationError for a continuous issue.

    Cost: O(outcomes), or O(all values) for additive utilities over a space without constraints.
    """
    space = problem.space
    if not math.isfinite(space.size):
        names = [issue.name for issue in space.issues if not math.isfinite(issue.size)]
        raise ConfigurationError(f"issue {names[0]!r} is continuous; a tournament needs space.discretize(levels)")
    found = hashlib.sha256(repr((space.size, problem.information)).encode())
    for issue in space.issues:
        found.update(repr((type(issue).__name__, issue.name, tuple(issue.values))).encode())
    for seat, name in enumerate(parties(problem)):
        facts = problem.reservation_of(name, seat), problem.outside_option_of(name, seat), problem.discount_of(name, seat)
        found.update(repr((name, *facts)).encode())
        utility = problem.utility_of(name, seat)
        assert utility is not None
        if isinstance(utility, AdditiveUtility) and not space.rules:
            for part in utility.bind(space).parts:
                found.update(part.array().tobytes())
        else:
            found.update(utility_table(space, utility).tobytes())
    return found.hexdigest()
