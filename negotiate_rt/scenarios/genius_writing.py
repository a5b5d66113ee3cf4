"""Genius XML out. What the format cannot hold is refused, or let go on request; what it holds comes back to the last bit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems import (
    BargainingProblem,
    ContinuousIssue,
    IntegerIssue,
    Issue,
    LinearEvaluation,
    TriangularEvaluation,
)
from negotiate_rt.scenarios.domain import (
    NEGLIGIBLE,
    Losses,
    Party,
    additive_parties_of,
    file_stems,
    short_text,
    write_files,
)
from negotiate_rt.scenarios.genius_values import highest, line_range
from negotiate_rt.scenarios.reading import shown

HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
DOMAIN = "domain"  # the domain file's name
MOST_ITEMS = 100_000  # of an issue's table
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


def write_genius(
    problem: BargainingProblem, folder: str | Path, *, name: str = "root", lossy: bool = False, force: bool = False
) -> list[Path]:
    """Write a problem as Genius XML: domain.xml and one profile per party; return the paths.

    Genius divides weights by their sum and worths by their largest, so a party's best must be worth 1 (if every issue's
    best is worth something). What Genius cannot hold (a utility on another scale, an outside option, values that are no
    text, steps, constraints) raises ConfigurationError; with `lossy` it is let go, and utilities and reservation values
    are rescaled together. Profiles have the parties' names, and sort in their order.
    """
    return write_files(folder, genius_texts(problem, name, lossy), force)


def genius_texts(problem: BargainingProblem, name: str = "root", lossy: bool = False) -> dict[str, str]:
    """Return the files of a problem: file name -> text."""
    losses = Losses("Genius XML", lossy)
    if problem.space.constraints:
        losses.lose("its constraints")
    if problem.information != "private":
        losses.lose("that information is complete")
    for issue in problem.space.issues:
        losses.check_issue(issue)
        if isinstance(issue, IntegerIssue) and issue.step != 1:
            losses.lose(f"issue {issue.name!r} would lose its steps of {issue.step}")
    parties = [party for party in additive_parties_of(problem, "Genius") if _has_profile(party, losses)]
    texts = {f"{DOMAIN}.xml": _domain(problem, name, losses)}
    for party, stem in zip(parties, file_stems([party.name for party in parties], DOMAIN), strict=True):
        texts[f"{stem}.xml"] = _profile(problem, party, stem, losses)
    losses.check()
    return texts


def _has_profile(party: Party, losses: Losses) -> bool:
    if party.outside_option is not None:
        losses.lose(f"the outside option of {party.name!r}")
    if not party.weights:
        losses.lose(f"party {party.name!r}, which has no utility")
    return bool(party.weights)


def _open(tag: str, /, **attributes: object) -> str:
    return f"<{' '.join([tag, *(f'{key}={_quoted(str(value))}' for key, value in attributes.items())])}>"


def _whole(tag: str, /, **attributes: object) -> str:
    return f"{_open(tag, **attributes)[:-1]}/>"


def _quoted(text: str) -> str:
    if FORBIDDEN.search(text):
        raise ConfigurationError(f"XML cannot hold the text {shown(text)}; TOML and JSON can")
    return quoteattr(text)


def _domain(problem: BargainingProblem, name: str, losses: Losses) -> str:
    lines = [HEAD, "<negotiation_template>", _open("utility_space", number_of_issues=len(problem.space.issues))]
    lines.append(_open("objective", index=0, etype="objective", type="objective", description="", name=name))
    for number, issue in enumerate(problem.space.issues, 1):
        lines += _issue(number, issue, _items(issue, losses), [])
    return "\n".join([*lines, "</objective>", "</utility_space>", "</negotiation_template>", ""])


def _items(issue: Any, losses: Losses) -> list[str]:  # any issue
    if not isinstance(issue, Issue):
        return []
    texts = [losses.text(value, f"issue {issue.name!r}") for value in issue.values]
    if len(set(texts)) < len(texts):
        raise ConfigurationError(f"issue {issue.name!r}: two values are the same as text")
    return [_whole("item", index=place, value=text, cost=0, description="") for place, text in enumerate(texts, 1)]


def _issue(number: int, issue: Any, items: Iterable[str], evaluator: Iterable[str]) -> list[str]:  # any issue
    kind = "discrete" if isinstance(issue, Issue) else "integer" if isinstance(issue, IntegerIssue) else "real"
    bounds = {} if kind == "discrete" else {"lowerbound": issue.low, "upperbound": issue.high}
    head = _open(
        "issue", index=number, etype=kind, type=kind, vtype=kind, name=issue.name,
        **(bounds if kind == "integer" else {}),
    )  # fmt: skip
    span = [_whole("range", **bounds)] if bounds else []
    return [head, *span, *items, *evaluator, "</issue>"]


def _profile(problem: BargainingProblem, party: Party, stem: str, losses: Losses) -> str:
    named = {} if party.name == stem else {"party": party.name}
    weights: list[float] = []
    issues: list[str] = []
    for number, issue in enumerate(problem.space.issues, 1):
        top, lines = _worths(issue, party.values[issue.name], f"party {party.name!r}, issue {issue.name!r}", losses)
        weights.append(party.weights[issue.name] * top)
        issues += _issue(number, issue, *((lines, []) if lines[0].startswith("<item") else ([], lines)))
    scale = math.fsum(weights)
    if scale > 0 and abs(scale - 1) > NEGLIGIBLE:
        losses.lose(f"the utility of {party.name!r}, whose weights times best worths sum to {scale:g}, would be rescaled to 1")
    else:
        scale = 1.0
    lines = [HEAD, _open("utility_space", **named)]
    lines.append(_open("objective", index=0, etype="objective", type="objective", description="", name="root"))
    lines += issues
    lines += [_whole("weight", index=number, value=repr(weight)) for number, weight in enumerate(weights, 1)]
    lines.append("</objective>")
    if party.discount is not None:
        if party.discount.per != "time":
            losses.lose(f"that the discount of {party.name!r} is by round")
        lines.append(_whole("discount_factor", value=repr(party.discount.factor)))
    if party.reservation_value is not None:
        lines.append(_whole("reservation", value=repr(party.reservation_value / scale)))
    return "\n".join([*lines, "</utility_space>", ""])


def _worths(issue: Any, worths: Any, where: str, losses: Losses) -> tuple[float, list[str]]:
    """Return what an issue's worths rise to (1 if that is 0), and the items or the evaluator that say them."""
    if not isinstance(issue, Issue):
        if isinstance(worths, LinearEvaluation):
            return _line(issue, worths, where)
        if isinstance(worths, TriangularEvaluation):
            parts = {"parameter0": worths.low, "parameter1": worths.high, "parameter2": worths.peak}
            top = highest(worths, issue)
            return _not_one(top), [_whole("evaluator", ftype="triangular", **parts)]
        if isinstance(issue, ContinuousIssue):
            kind = type(worths).__name__
            raise ConfigurationError(f"{where}: Genius XML has linear and triangular evaluations of real issues, no {kind}")
    if issue.size > MOST_ITEMS:
        raise ConfigurationError(f"{where}: Genius XML would list {issue.size} values; at most {MOST_ITEMS} are written")
    if not isinstance(worths, Mapping):
        losses.lose(f"{where}: the evaluation would become a table")
    numbers = [float(worths[value] if isinstance(worths, Mapping) else worths(value)) for value in issue.values]
    if min(numbers) < 0:
        raise ConfigurationError(f"{where}: Genius XML knows no worth below 0, got {min(numbers):g}")
    texts = [losses.text(value, where) if isinstance(issue, Issue) else str(value) for value in issue.values]
    items = [
        _whole("item", index=place, value=text, cost=0, evaluation=repr(number))
        for place, (text, number) in enumerate(zip(texts, numbers, strict=True), 1)
    ]
    return _not_one(max(numbers)), items


def _line(issue: IntegerIssue | ContinuousIssue, worths: LinearEvaluation, where: str) -> tuple[float, list[str]]:
    slope, intercept = Fraction(worths.slope), Fraction(worths.intercept)
    least, top = line_range(slope, intercept, issue)
    if least < 0:
        raise ConfigurationError(f"{where}: Genius XML knows no worth below 0, got {float(least):g}")
    if top != 1:  # Genius cuts what exceeds 1, so the weight takes it
        slope, intercept = Fraction(float(slope / top)), Fraction(float(intercept / top))
    if isinstance(issue, IntegerIssue):
        rise = slope * issue.low
        offset = short_text(rise + intercept, lambda found: float(found - rise) == float(intercept))
        parts = {"offset": offset, "slope": repr(float(slope))}
    else:
        parts = {"parameter0": repr(float(intercept)), "parameter1": repr(float(slope))}
    return float(top), [_whole("evaluator", ftype="linear", **parts)]


def _not_one(top: float) -> float:
    return 1.0 if top == 0 or abs(top - 1) <= NEGLIGIBLE else top
