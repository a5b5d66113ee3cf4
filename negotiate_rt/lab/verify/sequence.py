"""A counterexample made visible: who says what, what becomes of it, and where it goes wrong, as text and as a Mermaid diagram."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from negotiate_rt.lab.verify.whole import Happening
from negotiate_rt.lab.verify.worlds import Event

NARROWEST = 22  # columns from one lane to the next


class Line(NamedTuple):
    """One line of a diagram: from which lane to which (the same: a note), what it says, and whether it is sent, arrives, both,
    is lost, or is dropped on arrival: at once or (missed) later."""

    start: int
    to: int
    text: str
    how: str


def lanes_of(roles: Sequence[str], participants: int) -> list[str]:
    """Return the names of the lanes: the first role, then as many of the second."""
    first, second = roles
    return [first, *([second] if participants == 1 else [f"{second}-{place + 1}" for place in range(participants)])]


def lines_of(way: Sequence[Happening]) -> list[Line]:
    """Return a way as lines: a message that is taken in the very next step is one line, any other is two."""
    lines: list[Line] = []
    skip = False
    for index, (place, event) in enumerate(way):
        if skip:
            skip = False
            continue
        follower = way[index + 1] if index + 1 < len(way) else None
        line = _line(place, event)
        if line.how == "sent" and follower is not None and _takes(follower, place, event):
            taken = follower[1]
            line = line._replace(how="dropped" if taken.what == "drops" else "both", text=_with_state(line.text, taken))
            skip = True
        lines.append(line)
    return lines


def _takes(follower: Happening, place: int, event: Event) -> bool:
    there, other = follower
    return there == place and other.what in ("hears", "drops") and other.act == event.act and other.end != event.end


def _line(place: int, event: Event) -> Line:
    mine, theirs = (0, place + 1) if event.end == 0 else (place + 1, 0)
    if event.what in ("says", "skips"):
        if event.fate == "lost":
            return Line(mine, theirs, f"{event.act} (lost)", "lost")
        return Line(mine, theirs, event.act + (" (twice)" if event.fate == "twice" else ""), "sent")
    if event.what == "hears":
        return Line(theirs, mine, _with_state(event.act, event), "both" if event.fate == "seen" else "arrives")
    if event.what == "drops":
        return Line(theirs, mine, _with_state(event.act, event), "missed")
    words = {
        "waits": f"waits in vain: {event.state}", "leaves": "has gone", "leads": f"'{event.act}': {event.state}",
        "calls again": "opens a fresh dialogue",
    }  # fmt: skip
    return Line(mine, mine, words[event.what], "note")


def _with_state(act: str, event: Event) -> str:
    why = {"overtaking": "overtakes", "expired": "expired", "late": "no row, or too late"}.get(event.fate, "")
    if event.what == "drops":
        return f"{act} [{why}; stays {event.state}]"
    return f"{act} [{why + '; ' if why else ''}{event.state}]"


def text_diagram(lanes: Sequence[str], way: Sequence[Happening], wrong: str) -> str:
    """Return a plain-text sequence diagram, one line a step, time downwards; `wrong` at its foot. Cost: O(steps)."""
    lines = lines_of(way)
    widest = max([len(line.text) for line in lines if line.start != line.to], default=0)
    gap = max(NARROWEST, widest + 8, max(map(len, lanes)) + 4)
    places = [place * gap for place in range(len(lanes))]
    rows = ["".join(name.ljust(gap) for name in lanes).rstrip(), _drawn(places, {})]
    rows += [_drawn(places, _cells(places, line)) for line in lines]
    return "\n".join([*rows, f"=> {wrong}"]) + "\n"


def _cells(places: Sequence[int], line: Line) -> dict[int, str]:
    """Return what to write over the lanes: column -> text."""
    start, to = places[line.start], places[line.to]
    if start == to:
        return {start: f"* {line.text}"}
    left, right = min(start, to) + 1, max(start, to)
    room = right - left
    label = f" {line.text} "
    body = label.center(room, "-")
    tip, rear = {
        "both": (">", "-"), "sent": (".", "-"), "arrives": (">", "."), "lost": ("x", "-"), "dropped": ("x", "-"),
        "missed": ("x", "."),
    }[line.how]  # fmt: skip
    if start < to:
        return {left: rear * 2 + body[2:-2] + "." * (tip == ".") + "-" * (tip != ".") + tip}
    tip = "<" if tip == ">" else tip
    return {left: tip + "-" * (tip != ".") + "." * (tip == ".") + body[2:-2] + rear * 2}


def _drawn(places: Sequence[int], cells: dict[int, str]) -> str:
    row = [" "] * (places[-1] + 1)
    for place in places:
        row[place] = "|"
    for column, text in cells.items():
        row += [" "] * (column + len(text) - len(row))
        row[column : column + len(text)] = text
    return "".join(row).rstrip()


def mermaid_diagram(lanes: Sequence[str], way: Sequence[Happening], wrong: str) -> str:
    """Return a Mermaid sequenceDiagram of a way, with what is wrong as its last note. Cost: O(steps)."""
    ids = [re.sub(r"\W", "_", name) for name in lanes]
    rows = ["sequenceDiagram", *(f"    participant {id} as {name}" for id, name in zip(ids, lanes, strict=True))]
    arrows = {"both": "->>", "sent": "-)", "arrives": "->>", "lost": "-x", "dropped": "-x", "missed": "-x"}
    ends = {"sent": " (on its way)", "arrives": " (arrives)", "dropped": " (dropped)", "missed": " (dropped)"}
    for line in lines_of(way):
        text = _escaped(line.text)
        if line.how == "note":
            rows.append(f"    Note over {ids[line.start]}: {text}")
        else:
            rows.append(f"    {ids[line.start]}{arrows[line.how]}{ids[line.to]}: {text}{ends.get(line.how, '')}")
    span = ids[0] if len(ids) == 1 else f"{ids[0]},{ids[-1]}"
    return "\n".join([*rows, f"    Note over {span}: {_escaped(wrong)}"]) + "\n"


def _escaped(text: str) -> str:
    return text.replace(";", ",").replace("#", "#35,")
