"""A table made visible: as a Mermaid state diagram, and as plain text for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from negotiate_rt.machine.joint import JointTable
from negotiate_rt.machine.table import Kind, Table
from negotiate_rt.messages.performatives import fipa_name

Arrow = tuple[str, str, str]  # from, to, label
TIMEOUT, SKIP, EITHER, EXHAUSTED = "timeout", "skip", "timeout or skip", "rounds used up"
KEYWORDS = frozenset(("as", "class", "classdef", "default", "direction", "end", "fork", "join", "note", "state"))


def mermaid(table: Table, joint: JointTable | None = None) -> str:
    """Return a Mermaid stateDiagram-v2: an arrow per row, timeout and skipped turn, and ends to [*].

    With a joint table both are drawn, side by side, as composite states. Cost: O(rows).
    """
    if joint is None:
        return "\n".join(["stateDiagram-v2", *_drawn(table.start, _arrows(table), table.ends(), "")]) + "\n"
    ends = [name for name in joint.names() if name not in joint.moves]
    whole = _drawn(joint.start, _joint_arrows(joint), ends, "joint_")
    dialogue = _drawn(table.start, _arrows(table), table.ends(), "")
    lines = [
        "stateDiagram-v2",
        f'    state "{joint.initiator}, the whole" as joint_table {{',
        *(f"    {line}" for line in whole),
        "    }",
        f'    state "{" and ".join(table.roles)}, each dialogue" as dialogue_table {{',
        *(f"    {line}" for line in dialogue),
        "    }",
    ]
    return "\n".join(lines) + "\n"


def rules_text(table: Table, joint: JointTable | None = None) -> str:
    """Return the rules as a plain-text table: state, who, says, leads to; no line ends in blanks. Cost: O(rows)."""
    rows: list[tuple[str, ...]] = []
    for state in table.moves:
        here = [(who, fipa_name(kind), _target(table, state, to)) for (who, kind), to in table.moves[state].items()]
        here += [("-", label, _target(table, state, to)) for label, to in _silent(table, state)]
        rows += [(state if place == 0 else "", *row) for place, row in enumerate(here)]
    text = _columns(("state", "who", "says", "leads to"), rows)
    text += f"\nends: {', '.join(table.ends())}\n"
    if joint is None:
        return text
    rows = []
    for state in joint.moves:
        steps = [(_guarded(joint, on), _target(joint, state, to)) for on, to in joint.moves[state].items()]
        if state in joint.timeouts:
            steps.append((TIMEOUT, _target(joint, state, joint.timeouts[state])))
        rows += [(state if place == 0 else "", *row) for place, row in enumerate(steps)]
    head = f"\nthe whole, as {joint.initiator} leads it ('quoted': a step of its own)\n"
    return text + head + _columns(("state", "says or does", "leads to"), rows)


def _silent(table: Table, state: str) -> list[tuple[str, str]]:
    """Where silence leads: (label, target). A skipped turn without a row of its own follows the timeout."""
    found = []
    if state in table.timeouts:
        found.append((TIMEOUT if state in table.skips else EITHER, table.timeouts[state]))
    if state in table.skips:
        found.append((SKIP, table.skips[state]))
    if state in table.exhausted:
        found.append((EXHAUSTED, table.exhausted[state]))
    return found


def _arrows(table: Table) -> list[Arrow]:
    arrows = [
        (state, to, f"{who} {fipa_name(kind)}")
        for state, rows in table.moves.items()
        for (who, kind), to in rows.items()
    ]
    return arrows + [(state, to, label) for state in table.moves for label, to in _silent(table, state)]


def _joint_arrows(joint: JointTable) -> list[Arrow]:
    arrows = [(state, to, _guarded(joint, on)) for state, rows in joint.moves.items() for on, to in rows.items()]
    return arrows + [(state, to, TIMEOUT) for state, to in joint.timeouts.items()]


def _act(on: Kind | str) -> str:
    return f"'{on}'" if isinstance(on, str) else fipa_name(on)


def _guarded(joint: JointTable, on: Kind | str) -> str:
    """An act or step, with where nobody may be when it is taken."""
    states = joint.guards.get(on, ()) if isinstance(on, str) else ()
    return f"{_act(on)} (nobody in {', '.join(states)})" if states else _act(on)


def _target(table: Table | JointTable, state: str, to: str) -> str:
    return "(stays)" if to == state else to if to in table.moves else f"{to} (end)"


def _drawn(start: str, arrows: Sequence[Arrow], ends: Iterable[str], prefix: str) -> list[str]:
    ends = list(ends)
    names = dict.fromkeys([start, *(name for one, to, _ in arrows for name in (one, to)), *ends])
    ids = _identifiers(names, prefix)
    lines = [f'    state "{name}" as {ids[name]}' for name in names if ids[name] != name]
    lines.append(f"    [*] --> {ids[start]}")
    lines += [f"    {ids[one]} --> {ids[to]}: {label}" for one, to, label in arrows]
    lines += [f"    {ids[name]} --> [*]" for name in ends]
    return lines


def _identifiers(names: Iterable[str], prefix: str) -> Mapping[str, str]:
    """Return an id per state that Mermaid can read: word characters, no keyword, no two alike."""
    ids: dict[str, str] = {}
    for name in names:
        word = prefix + re.sub(r"\W", "_", name, flags=re.ASCII)
        if word.lower() in KEYWORDS:
            word += "_"
        while word in ids.values():
            word += "_"
        ids[name] = word
    return ids


def _columns(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in lines
    )
