"""Numbers and offers in words, for a terminal and for a page alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from negotiate_rt.report.plain import deal


def number(value: float | None, digits: int = 4) -> str:
    """Return a number for a table: whole ones whole, others to some significant digits, none as a dash."""
    if value is None:
        return "-"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}"


def share(value: float | None) -> str:
    """Return a share of 1 as a percentage, none as a dash."""
    return "-" if value is None else f"{value:.1%}"


def words(value: object, issues: Sequence[str] = ()) -> str:
    """Return an offer's value in a line."""
    told = deal(value, issues)
    if not isinstance(told, dict):
        return in_line(told)
    return ", ".join(f"{name} {in_line(one) if isinstance(one, (dict, list)) else one}" for name, one in told.items())


def in_line(told: Any) -> str:  # a plain tree
    """Return a plain tree in a line."""
    if isinstance(told, dict):
        return "(" + ", ".join(f"{key} {in_line(one)}" for key, one in told.items()) + ")"
    if isinstance(told, list):
        return ", ".join(map(in_line, told))
    return number(told, 6) if isinstance(told, (int, float)) and not isinstance(told, bool) else str(told)
