"""How findings of an audit are made, and their counterexamples told, whichever search found them."""

from __future__ import annotations

from typing import Any

from negotiate_rt.solutions.audit_report import Counterexample, Finding, in_short, shown
from negotiate_rt.solutions.mechanisms import DirectMechanism

INFEASIBLE = "nothing says which allocations are feasible: give `allocations` or `best`"
NO_WAY_OUT = "nobody can stay out"


def finding(  # the facts of a finding
    name: str, exhaustive: bool, searched: str, cases: int, failures: int, example: Counterexample | None
) -> Finding:
    """Return a finding: a failure with its counterexample, or what the search is good for."""
    passed: Any = "holds" if exhaustive else "unrefuted"
    return Finding(
        property=name, verdict=passed if example is None else "fails", searched=searched, cases=cases,
        failures=failures, counterexample=example,
    )  # fmt: skip


def unjudged(name: str, why: str) -> Finding:
    """Return that a property was not judged, and why."""
    return Finding(property=name, verdict="not judged", note=why)


def rationality(mechanism: DirectMechanism, agent: int, types: Any, before: float, after: float) -> Counterexample:
    """Return that a truthful agent does worse than by staying out."""
    name = mechanism.names[agent]
    rest = told_others(mechanism, agent, types)
    told = f"{name} of type {shown(types[agent])} tells the truth{rest}: {in_short(after)}, {in_short(before)} outside"
    return Counterexample(agent=name, types=types, before=before, after=after, gain=before - after, told=told)


def imbalance(types: Any, total: float, when: str = "") -> Counterexample:
    """Return that payments do not sum to what they should."""
    given = "" if when else f" for types {', '.join(map(shown, types))}"
    told = f"payments sum to {in_short(total)}{when}{given}"
    return Counterexample(agent="", types=types, before=0.0, after=total, gain=abs(total), told=told)


def inefficiency(types: Any, best: float, total: float) -> Counterexample:
    """Return that an allocation is worth less than could be."""
    told = f"for types {', '.join(map(shown, types))} the allocation is worth {in_short(total)} of {in_short(best)}"
    return Counterexample(agent="", types=types, before=best, after=total, gain=best - total, told=told)


def dominated(types: Any, other: Any, before: float, after: float) -> Counterexample:
    """Return that another allocation is better for some and worse for none."""
    told = f"for types {', '.join(map(shown, types))} {shown(other)} would be better for some and worse for none"
    return Counterexample(agent="", types=types, before=after, after=before, gain=after - before, told=told)


def nonmonotone(mechanism: DirectMechanism, agent: int, types: Any, other: Any, gap: float) -> Counterexample:
    """Return that what two reports get is the wrong way round."""
    name = mechanism.names[agent]
    told = (
        f"{name}: reports {shown(types[agent])} and {shown(other)} each get what the other values more"
        f"{told_others(mechanism, agent, types)} (by {in_short(gap)})"
    )
    return Counterexample(agent=name, types=types, misreport=other, before=0.0, after=-gap, gain=gap, told=told)


def told_others(mechanism: DirectMechanism, agent: int, types: Any) -> str:
    """Return what the others report, as a clause; nothing of those whose types are None."""
    rest = [
        f"{name} says {shown(one)}"
        for place, (name, one) in enumerate(zip(mechanism.names, types, strict=True))
        if place != agent and one is not None
    ]
    return f" while {', '.join(rest)}" if rest else ", on average" if len(types) > 1 else ""


def alone(sizes: Any, agent: int, own: Any) -> tuple[Any, ...]:
    """Return types of which only one agent's is known."""
    return tuple(own if place == agent else None for place in range(len(sizes)))


def misreported(  # who, where, what, and what it is good for
    mechanism: DirectMechanism, agent: int, types: Any, instead: Any, before: float, after: float
) -> Counterexample:
    """Return that a misreport pays."""
    name = mechanism.names[agent]
    told = (
        f"{name} of type {shown(types[agent])} reports {shown(instead)}{told_others(mechanism, agent, types)}: "
        f"utility {in_short(after)} instead of {in_short(before)}"
    )
    return Counterexample(
        agent=name, types=types, misreport=instead, before=before, after=after, gain=after - before, told=told
    )
