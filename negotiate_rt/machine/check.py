"""Static checks of a table: what is wrong with it before anybody has said a word.

Shape: states that nothing leads to, states with no way to an end, states without a deadline, a joint table that does
not fit. Talk: explore.py runs both ends against each other for messages that arrive where no row receives them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from negotiate_rt.machine.explore import unspecified_receptions
from negotiate_rt.machine.joint import JointTable
from negotiate_rt.machine.table import FINAL, Table
from negotiate_rt.messages.performatives import fipa_name


def problems_of(table: Table, joint: JointTable | None = None) -> list[str]:
    """Return what is wrong with a protocol's table or tables, one readable line each; nothing if it is sound.

    `table` governs one dialogue; under a `joint` table its ends may have names of their own. Cost: O(states * rows) for
    the shape; for the talk see `unspecified_receptions` (tens of milliseconds).
    """
    problems = [*_unreachable(table), *_endless(table), *_foreign_ends(table, joint), *_without_deadline(table)]
    if joint is not None:
        problems += _joint_problems(table, joint)
    problems += unspecified_receptions(table, joint.initiator if joint is not None else "")
    return problems


def exits(table: Table) -> dict[str, set[str]]:
    """Return where each state leads: by rows, silence, skipped turns, and when the rounds are used up."""
    ways: dict[str, set[str]] = {name: set() for name in table.names()}
    for state, rows in table.moves.items():
        ways[state].update(rows.values())
    for silent in (table.timeouts, table.skips, table.exhausted):
        for state, to in silent.items():
            ways[state].add(to)
    return ways


def joint_exits(joint: JointTable) -> dict[str, set[str]]:
    """Return where each state of a joint table leads."""
    ways: dict[str, set[str]] = {name: set() for name in (*joint.names(), *joint.timeouts, *joint.timeouts.values())}
    for state, rows in joint.moves.items():
        ways[state].update(rows.values())
    for state, to in joint.timeouts.items():
        ways[state].add(to)
    return ways


def reachable(ways: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """Return all states that can be reached from one, itself included."""
    found = {start}
    queue = [start]
    while queue:
        for to in ways.get(queue.pop(), ()):
            if to not in found:
                found.add(to)
                queue.append(to)
    return found


def _stuck(ways: Mapping[str, Iterable[str]], ends: Iterable[str]) -> list[str]:
    """Return the states from which no end can be reached."""
    back: dict[str, set[str]] = {name: set() for name in ways}
    for state, targets in ways.items():
        for to in targets:
            back[to].add(state)
    saved: set[str] = set()
    for end in ends:
        saved |= reachable(back, end)
    return [name for name in ways if name not in saved]


def _unreachable(table: Table) -> list[str]:
    found = reachable(exits(table), table.start)
    lost = [name for name in table.names() if name not in found]
    return [f"state {name!r} is unreachable: nothing that can happen leads there" for name in lost]


def _endless(table: Table) -> list[str]:
    stuck = _stuck(exits(table), table.ends())
    return [f"state {name!r} is a dead end: no row, timeout or skip leads from it to an end" for name in stuck]


def _foreign_ends(table: Table, joint: JointTable | None) -> list[str]:
    if joint is not None:
        return []
    return [
        f"state {name!r} has no rows: give it some, or end in one of {', '.join(sorted(FINAL))}"
        for name in table.ends() if name not in FINAL
    ]  # fmt: skip


def _without_deadline(table: Table) -> list[str]:
    lacking = [name for name in table.moves if name not in table.timeouts]
    return [f"state {name!r} has no deadline: say in `timeouts` where silence leads" for name in lacking]


def _joint_problems(table: Table, joint: JointTable) -> list[str]:
    ways = joint_exits(joint)
    found = reachable(ways, joint.start)
    lost = [name for name in ways if name not in found]
    stuck = _stuck(ways, FINAL & set(ways))
    strange = [name for name in joint.timeouts if name not in joint.moves]
    problems = [
        *(f"joint state {name!r} is unreachable: nothing that can happen leads there" for name in lost),
        *(f"joint state {name!r} is a dead end: nothing leads from it to an end" for name in stuck),
        *(f"joint timeouts name {name!r}, which has no rows" for name in strange),
        *_odd_guards(table, joint),
    ]
    if joint.initiator not in table.roles:
        roles = ", ".join(table.roles)
        return [*problems, f"joint table: its initiator {joint.initiator!r} is none of the dialogue's roles {roles}"]
    return problems + _acts_that_do_not_fit(table, joint)


def _odd_guards(table: Table, joint: JointTable) -> list[str]:
    events = {on for rows in joint.moves.values() for on in rows if isinstance(on, str)}
    names = set(table.names())
    return [
        *(f"joint guards name {on!r}, which is no step of the joint table" for on in joint.guards if on not in events),
        *(
            f"joint guard of {on!r} names {state!r}, which is no state of a dialogue"
            for on, states in joint.guards.items() for state in states if state not in names
        ),
    ]  # fmt: skip


def _acts_that_do_not_fit(table: Table, joint: JointTable) -> list[str]:
    problems = []
    said = {kind: None for rows in table.moves.values() for role, kind in rows if role == joint.initiator}
    allowed = {on: None for rows in joint.moves.values() for on in rows if not isinstance(on, str)}
    for kind in said:
        if kind not in allowed:
            problems.append(f"{joint.initiator} may say {fipa_name(kind)} in a dialogue, but no joint state allows it")
    for kind in allowed:
        if kind not in said:
            problems.append(f"the joint table allows {fipa_name(kind)}, but no dialogue lets {joint.initiator} say it")
    return problems
