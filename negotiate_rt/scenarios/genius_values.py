"""What stands in a Genius file: items, bounds, evaluators and numbers, each slip noted at its line."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems import ContinuousIssue, IntegerIssue, Issue, LinearEvaluation, TriangularEvaluation
from negotiate_rt.scenarios.domain import NEGLIGIBLE, exact, normalized
from negotiate_rt.scenarios.reading import MOST_FLAWS, hint, listed, shown
from negotiate_rt.scenarios.xml_tree import Element

FUNCTIONS = ("linear", "triangular", "constant")


class Notes:
    """Reads attributes and gathers `flaws` on the way, each with its line."""

    def __init__(self) -> None:
        self.flaws: list[str] = []

    @property
    def full(self) -> bool:
        """Whether there are more flaws than anybody is told of."""
        return len(self.flaws) > MOST_FLAWS

    def note(self, element: Element, text: str) -> None:
        """Note a flaw at an element."""
        self.flaws.append(f"line {element.line}: {text}")

    def text(self, element: Element, key: str) -> str:
        """Return an attribute that must be there; empty, with a note, if it is not."""
        found = element.attributes.get(key, "")
        if not found:
            self.note(element, f"<{element.tag}> has no {key}; expected text")
        return found

    def number(self, element: Element, key: str, least: float | None = None) -> float | None:
        """Return a number that must be there; None, with a note, if it is not, or too small."""
        found = self.precise(element, key)
        if found is not None and least is not None and found < least:
            self.note(element, f"expected {key} to be a number >= {least:g}, got {element.attributes[key]!r}")
            return None
        return None if found is None else float(found)

    def precise(self, element: Element, key: str) -> Fraction | None:
        """Return a number exactly as it is written; None, with a note, if there is none."""
        text = element.attributes.get(key)
        if text is None:
            self.note(element, f"<{element.tag}> has no {key}; expected a finite number")
            return None
        found = exact(text)
        if found is None:
            self.note(element, f"expected {key} to be a finite number, got {shown(text)}")
        return found

    def only(self, root: Element, tag: str) -> float | None:
        """Return the value of an element that may stand once."""
        found = list(root.all(tag))
        if len(found) > 1:
            self.note(found[1], f"<{tag}> stands twice, also at line {found[0].line}")
        return self.number(found[0], "value") if found else None

    def items(self, element: Element) -> dict[str, Element]:
        """Return an issue's items by value."""
        found: dict[str, Element] = {}
        for item in element.all("item"):
            value = item.attributes.get("value")
            if value is None:
                self.note(item, "<item> has no value; expected text")
            elif value in found:
                issue = element.attributes.get("name")
                self.note(item, f"issue {issue!r}: item {value!r} stands twice, also at line {found[value].line}")
            else:
                found[value] = item
        return found

    def bounds(self, element: Element, whole: bool) -> tuple[float, float] | None:
        """Return the lower and upper bound of a numeric issue."""
        holder = element if "lowerbound" in element.attributes else element.first("range") or element
        pair = [self.precise(holder, key) for key in ("lowerbound", "upperbound")]
        for key, one in zip(("lowerbound", "upperbound"), pair, strict=True):
            if one is not None and whole and one.denominator != 1:
                self.note(holder, f"expected {key} to be a whole number, got {holder.attributes[key]!r}")
                return None
        low, high = pair
        if low is None or high is None:
            return None
        if low > high:
            self.note(holder, f"expected lowerbound <= upperbound, got {float(low):g} > {float(high):g}")
            return None
        return (int(low), int(high)) if whole else (float(low), float(high))


class Evaluated(NamedTuple):
    """What the values of an issue are worth; `scale`: what they rise to, where they could not be divided by it."""

    worths: Any  # a table or an evaluation
    scale: float = 1.0


NOTHING = Evaluated({})  # in the place of what was refused


def evaluated(
    element: Element, issue: Issue | IntegerIssue | ContinuousIssue, home: Element, domain: str, notes: Notes
) -> Evaluated:
    """Return what a profile's issue says, checked against the domain's issue `home` in the file `domain`."""
    if isinstance(issue, Issue):
        return _table(element, issue, home, domain, notes)
    _check_bounds(element, issue, home, domain, notes)
    function = element.first("evaluator")
    if function is None and isinstance(issue, IntegerIssue) and element.first("item"):
        return _whole_table(element, issue, notes)
    if function is None:
        notes.note(element, f"issue {issue.name!r} has no <evaluator>; expected one of {listed(FUNCTIONS)}")
        return NOTHING
    kind = function.attributes.get("ftype", "linear").lower()
    read = _READ.get(kind)
    if read is None:
        given = function.attributes["ftype"]
        notes.note(function, f"expected ftype to be one of {listed(FUNCTIONS)}, got {given!r}{hint(kind, FUNCTIONS)}")
        return NOTHING
    try:
        return read(function, issue, notes)
    except (ConfigurationError, OverflowError) as error:
        notes.note(function, str(error))
        return NOTHING


def _check_bounds(element: Element, issue: IntegerIssue | ContinuousIssue, home: Element, domain: str, notes: Notes) -> None:
    """Compare the bounds that a profile gives; it need not give any."""
    if "lowerbound" not in element.attributes and element.first("range") is None:
        return
    bounds = notes.bounds(element, isinstance(issue, IntegerIssue))
    if bounds is not None and bounds != (issue.low, issue.high):
        other = f"the domain {domain} has [{issue.low}, {issue.high}] at line {home.line}"
        notes.note(element, f"issue {issue.name!r} has the bounds [{bounds[0]}, {bounds[1]}], but {other}")


def _table(element: Element, issue: Issue, home: Element, domain: str, notes: Notes) -> Evaluated:
    worths: dict[Any, float] = {}
    flaws = len(notes.flaws)
    for value, item in notes.items(element).items():
        if notes.full:
            break
        worth = notes.number(item, "evaluation", least=0)
        if issue.find(value) is None:
            known = f"only {issue.legal()}{hint(value, issue.values)}"
            notes.note(item, f"issue {issue.name!r} of the domain {domain} has no value {value!r}, {known}")
        elif worth is not None:
            worths[value] = worth
    if len(notes.flaws) == flaws:
        for wanted in issue.values:
            if wanted not in worths and not notes.full:
                where = f"which the domain {domain} has at line {home.line}"
                notes.note(element, f"issue {issue.name!r} has no item {wanted!r}, {where}")
    return _divided({value: worths[value] for value in issue.values if value in worths})


def _whole_table(element: Element, issue: IntegerIssue, notes: Notes) -> Evaluated:
    worths: dict[Any, float] = {}
    for value, item in notes.items(element).items():
        number = exact(value)
        place = None if number is None or number.denominator != 1 else issue.find(int(number))
        worth = notes.number(item, "evaluation", least=0)
        if place is None:
            notes.note(item, f"issue {issue.name!r} has no value {shown(value)}, only {issue.legal()}")
        elif issue.at(place) in worths:
            notes.note(item, f"issue {issue.name!r}: the value {issue.at(place)} stands twice")
        elif worth is not None:
            worths[issue.at(place)] = worth
    if len(worths) < issue.size and not notes.flaws:
        missing = next(value for value in issue.values if value not in worths)
        notes.note(element, f"issue {issue.name!r} has no item {missing}; expected {issue.legal()}, or an <evaluator>")
    return _divided(dict(sorted(worths.items())))


def _divided(worths: Mapping[Any, float]) -> Evaluated:
    top = max(worths.values(), default=0.0)
    return Evaluated(dict(zip(worths, normalized(list(worths.values()), top), strict=True)))


# -- evaluators -------------------------------------------------------------------------------------------------------


def _linear(function: Element, issue: IntegerIssue | ContinuousIssue, notes: Notes) -> Evaluated:
    named = "slope" in function.attributes or "offset" in function.attributes
    offset = notes.precise(function, "offset" if named else "parameter0")
    slope = notes.precise(function, "slope" if named else "parameter1")
    if offset is None or slope is None:
        return NOTHING
    origin = issue.low if isinstance(issue, IntegerIssue) else 0
    slope = Fraction(float(slope))  # what the evaluation will hold; a long offset makes up for the rounding
    return _line(function, slope, offset - slope * origin, issue, notes)


def _constant(function: Element, issue: IntegerIssue | ContinuousIssue, notes: Notes) -> Evaluated:
    height = notes.precise(function, "parameter0")
    return NOTHING if height is None else _line(function, Fraction(0), height, issue, notes)


def _line(
    function: Element, slope: Fraction, intercept: Fraction, issue: IntegerIssue | ContinuousIssue, notes: Notes
) -> Evaluated:
    least, top = line_range(slope, intercept, issue)
    if least < 0:
        notes.note(function, f"issue {issue.name!r}: expected worths >= 0, got {float(least):g} at one end")
    return Evaluated(LinearEvaluation(float(slope / top), float(intercept / top)))


def line_range(
    slope: Fraction, intercept: Fraction, issue: IntegerIssue | ContinuousIssue
) -> tuple[Fraction, Fraction]:
    """Return the least and the largest worth on a line: 0 and 1 where it is that but for rounding, and 1 for 0 everywhere."""
    ends = [slope * Fraction(end) + intercept for end in (issue.low, issue.high)]
    size = abs(intercept) + abs(slope) * max(abs(Fraction(issue.low)), abs(Fraction(issue.high)))  # of what was added up
    slack = Fraction(NEGLIGIBLE) * (1 + size)
    least, top = min(ends), max(ends)
    return max(least, Fraction(0)) if least >= -slack else least, top if top > 0 and abs(top - 1) > slack else Fraction(1)


def _triangular(function: Element, issue: IntegerIssue | ContinuousIssue, notes: Notes) -> Evaluated:
    low, high, peak = (notes.number(function, f"parameter{place}") for place in range(3))
    if low is None or high is None or peak is None:
        return NOTHING
    worths = TriangularEvaluation(low, peak, high)
    top = highest(worths, issue)
    return Evaluated(worths, 1.0 if top == 0 or abs(top - 1) <= NEGLIGIBLE else top)


def highest(worths: Callable[[float], float], issue: IntegerIssue | ContinuousIssue) -> float:
    """Return the largest worth on an issue: of a line at an end, of a triangle at the values nearest to its peak."""
    peak = getattr(worths, "peak", issue.low)
    near = (math.floor(peak), math.ceil(peak)) if isinstance(issue, IntegerIssue) else (peak,)
    return max(worths(value) for value in (issue.low, issue.high, *near) if issue.low <= value <= issue.high)


_READ: dict[str, Callable[[Element, IntegerIssue | ContinuousIssue, Notes], Evaluated]] = {
    "linear": _linear, "triangular": _triangular, "constant": _constant,
}  # fmt: skip
