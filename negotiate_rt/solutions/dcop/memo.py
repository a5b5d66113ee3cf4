"""What is reckoned once for a problem and used by each of its agents; forgotten with the problem."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from negotiate_rt.problems.dcop import DcopProblem

T = TypeVar("T")
_KNOWN: WeakKeyDictionary[DcopProblem, dict[str, Any]] = WeakKeyDictionary()


def remembered(problem: DcopProblem, what: str, reckon: Callable[[DcopProblem], T]) -> T:
    """Return what `reckon` makes of a problem, made on first use; `what` names it."""
    known = _KNOWN.setdefault(problem, {})
    if what not in known:
        known[what] = reckon(problem)
    found: T = known[what]
    return found
