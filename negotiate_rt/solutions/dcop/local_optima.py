"""Whether an assignment can be improved by few: k-optimality (Pearce and Tambe, "Quality guarantees on k-optimal solutions for
distributed constraint optimization problems", IJCAI 2007), for one variable or two that share a cost function.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dcop import Assignment, DcopProblem
from negotiate_rt.solutions.dcop.local_costs import LocalCosts
from negotiate_rt.solutions.dcop.local_moves import improvement, joint_move


class LocalOptimality(msgspec.Struct, frozen=True):
    """Whether an assignment is locally optimal; true in a condition if it `holds`.

    If not, `changes` are new values of one or two variables that improve it, by `gain`: in the problem's own costs where no
    hard constraint is involved, else with each broken one at a penalty above all soft costs.
    """

    holds: bool
    changes: Mapping[str, Hashable] = {}
    gain: float = 0.0

    def __bool__(self) -> bool:
        return self.holds


def is_one_optimal(problem: DcopProblem, assignment: Assignment) -> LocalOptimality:
    """Return whether no single variable can improve the assignment by changing its value alone.

    Breaking fewer hard constraints is an improvement, whatever the soft costs. What rounding can make (1e-12 of the costs that
    are added) is none. Raises ConfigurationError for an assignment that leaves out a variable. Cost: O(all entries).
    """
    places = _places(problem, assignment)
    return _verdict(_singles(problem, places))


def is_two_optimal(problem: DcopProblem, assignment: Assignment) -> LocalOptimality:
    """Return whether no variable, and no two that share a cost function, can improve the assignment by changing together.

    Two that share none gain together what each gains alone. Cost: O(pairs of neighbours * domain**2 * functions).
    """
    places = _places(problem, assignment)
    verdict = _verdict(_singles(problem, places))
    return verdict if not verdict else _verdict(_pairs(problem, places))


def _places(problem: DcopProblem, assignment: Assignment) -> dict[str, int]:
    missing = [one for one in problem.variables if one not in assignment]
    if missing:
        raise ConfigurationError(f"the assignment leaves out {', '.join(missing)}: give every variable a value")
    return {one: problem.place(one, assignment[one]) for one in problem.variables}


def _verdict(found: Iterator[LocalOptimality]) -> LocalOptimality:
    return next(found, LocalOptimality(True))


def _singles(problem: DcopProblem, places: Mapping[str, int]) -> Iterator[LocalOptimality]:
    for name, variable in problem.variables.items():
        local = LocalCosts(problem, name)
        costs = local.costs([places[other] for other in local.neighbours])
        gain, place = improvement(costs, places[name], local.tolerance)
        if gain:
            yield LocalOptimality(False, {name: variable.domain[place]}, gain)


def _pairs(problem: DcopProblem, places: Mapping[str, int]) -> Iterator[LocalOptimality]:
    locals_ = {name: LocalCosts(problem, name) for name in problem.variables}
    order = {name: number for number, name in enumerate(problem.variables)}
    for name, one in locals_.items():
        near = [places[other] for other in one.neighbours]
        now = one.costs(near)[places[name]]
        for slot, other in enumerate(one.neighbours):
            if order[other] > order[name]:
                two = locals_[other]
                theirs = two.costs_without(two.neighbours.index(name), [places[each] for each in two.neighbours])
                replies = [(now - cost, place) for cost, place in one.responses(slot, near)]
                gain, mine, its = joint_move(replies, theirs, places[other], one.tolerance + two.tolerance)
                if gain:
                    changes = {name: problem.variables[name].domain[mine], other: problem.variables[other].domain[its]}
                    yield LocalOptimality(False, changes, gain)
