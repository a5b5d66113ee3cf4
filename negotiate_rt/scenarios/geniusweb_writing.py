"""GeniusWeb JSON out. What the format cannot hold is refused, or let go on request."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems import AdditiveUtility, BargainingProblem, ContinuousIssue, IntegerIssue, LinearEvaluation
from negotiate_rt.problems.inverse import inverse
from negotiate_rt.scenarios.domain import (
    NEGLIGIBLE,
    Losses,
    Party,
    additive_parties_of,
    exact,
    file_stems,
    line_through,
    short_text,
    write_files,
)
from negotiate_rt.scenarios.geniusweb import DISCRETE, NUMBER, POINTS, SPACE, VALUES
from negotiate_rt.scenarios.reading import shown

DOMAIN = "domain"  # the domain file's name
MOST_TRIED = 1_000  # bids of nearly the utility wanted, in search of the very one


class Digits(NamedTuple):
    """A number as it is to stand in the file."""

    text: str


def write_geniusweb(
    problem: BargainingProblem, folder: str | Path, *, name: str = "domain", lossy: bool = False, force: bool = False
) -> list[Path]:
    """Write a problem as GeniusWeb JSON: domain.json and one profile per party; return the paths.

    Weights must sum to 1 and worths lie within [0, 1], or be made so without another scale; a reservation value must be
    what some bid is worth. What GeniusWeb cannot hold (another scale, a discount, an outside option, constraints, values
    that are no text) raises ConfigurationError; with `lossy` it is let go. Continuous issues are refused: discretize.
    """
    return write_files(folder, geniusweb_texts(problem, name, lossy), force)


def geniusweb_texts(problem: BargainingProblem, name: str = "domain", lossy: bool = False) -> dict[str, str]:
    """Return the files of a problem: file name -> text."""
    losses = Losses("GeniusWeb JSON", lossy)
    if problem.space.constraints:
        losses.lose("its constraints")
    if problem.information != "private":
        losses.lose("that information is complete")
    issues = {issue.name: _issue(issue, losses) for issue in problem.space.issues}
    domain = {"name": name, VALUES: issues}
    parties = [party for party in additive_parties_of(problem, "GeniusWeb") if _has_profile(party, losses)]
    texts = {f"{DOMAIN}.json": text_of(domain)}
    for party, stem in zip(parties, file_stems([party.name for party in parties], DOMAIN), strict=True):
        texts[f"{stem}.json"] = text_of({SPACE: _profile(problem, party, domain, losses)})
    losses.check()
    return texts


def text_of(tree: Any, indent: str = "") -> str:
    """Return a tree as JSON, its Digits as they stand."""
    inner = indent + "  "
    if isinstance(tree, Digits):
        return tree.text
    if isinstance(tree, Mapping) and tree:
        lines = [f"{inner}{json.dumps(key, ensure_ascii=False)}: {text_of(one, inner)}" for key, one in tree.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}" + ("" if indent else "\n")
    if isinstance(tree, list):
        return f"[{', '.join(text_of(one, inner) for one in tree)}]"
    return json.dumps(tree, ensure_ascii=False)


def _has_profile(party: Party, losses: Losses) -> bool:
    if party.outside_option is not None:
        losses.lose(f"the outside option of {party.name!r}")
    if party.discount is not None:
        losses.lose(f"the discount of {party.name!r}")
    if not party.weights:
        losses.lose(f"party {party.name!r}, which has no utility")
    return bool(party.weights)


# -- issues -----------------------------------------------------------------------------------------------------------


def _issue(issue: Any, losses: Losses) -> dict[str, Any]:  # any issue
    if isinstance(issue, ContinuousIssue):
        raise ConfigurationError(
            f"issue {issue.name!r}: GeniusWeb JSON has no continuous issues; OutcomeSpace.discretize(levels) gives a grid"
        )
    if is_range(issue):
        if isinstance(issue, IntegerIssue):
            return {"range": [issue.low, issue.high, issue.step]}
        low, width = _grid(issue)
        high = low + (issue.size - 1) * width
        if low.denominator == width.denominator == 1:
            losses.lose(f"issue {issue.name!r}: its values would become whole numbers")
        return {"range": [_digits(one) for one in (low, high, width)]}
    losses.check_issue(issue)
    texts = [losses.text(value, f"issue {issue.name!r}") for value in issue.values]
    if len(set(texts)) < len(texts):
        raise ConfigurationError(f"issue {issue.name!r}: two values are the same as text")
    return {"values": texts}


def is_range(issue: Any) -> bool:
    """Whether an issue is a range of numbers in GeniusWeb: whole ones, or an evenly spread ordered list."""
    if isinstance(issue, IntegerIssue):
        return True
    if not issue.ordered or not all(type(value) in (int, float) for value in getattr(issue, "values", ("",))):
        return False
    low, width = _grid(issue)
    return width > 0 and all(float(low + place * width) == value for place, value in enumerate(issue.values))


def _grid(issue: Any) -> tuple[Fraction, Fraction]:
    numbers = [Fraction(Decimal(repr(value))) for value in issue.values[:2]]
    return numbers[0], numbers[1] - numbers[0] if len(numbers) > 1 else Fraction(1)


def _digits(number: Fraction) -> Digits:
    return Digits(short_text(number, lambda found: found == number))


# -- profiles ---------------------------------------------------------------------------------------------------------


def _profile(problem: BargainingProblem, party: Party, domain: Mapping[str, Any], losses: Losses) -> dict[str, Any]:
    issues = {issue.name: issue for issue in problem.space.issues}
    spans = {name: _span(issue, party.values[name], f"party {party.name!r}, issue {name!r}") for name, issue in issues.items()}
    weights = {name: float(party.weights[name]) for name in issues}
    tops = dict.fromkeys(issues, 1.0)
    if abs(math.fsum(weights.values()) - 1) > NEGLIGIBLE or any(top > 1 for _, top in spans.values()):
        tops = {name: top or 1.0 for name, (_, top) in spans.items()}
        weights = {name: weight * tops[name] for name, weight in weights.items()}
        total = math.fsum(weights.values())
        if total == 0:  # a party to whom all is the same: worths of 0 say that, weights of 0 may not stand
            weights, tops = dict.fromkeys(issues, 1 / len(issues)), dict.fromkeys(issues, math.inf)
        elif abs(total - 1) > NEGLIGIBLE:
            losses.lose(f"the utility of {party.name!r}, whose best is worth {total:g}, would be rescaled to 1")
            weights = {name: weight / total for name, weight in weights.items()}
    profile = {
        "name": party.name,
        "domain": domain,
        "issueUtilities": {name: _worths(issue, party.values[name], tops[name], losses) for name, issue in issues.items()},
        "issueWeights": weights,
    }
    bid = _bid(problem, party, losses)
    if bid is not None:
        profile["reservationBid"] = {"issuevalues": {name: _value(value, issues[name]) for name, value in bid.items()}}
    return profile


def _value(value: Any, issue: Any) -> Any:
    if is_range(issue):
        return value if isinstance(value, int) else _digits(Fraction(Decimal(repr(value))))
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _span(issue: Any, worths: Any, where: str) -> tuple[float, float]:
    """Return the least and the largest worth of an issue."""
    if isinstance(worths, LinearEvaluation):
        numbers = [worths(issue.at(0)), worths(issue.at(issue.size - 1))]
    elif is_range(issue):
        raise ConfigurationError(f"{where}: GeniusWeb JSON values numbers by straight lines only (LinearEvaluation)")
    else:
        numbers = [float(worths[value] if isinstance(worths, Mapping) else worths(value)) for value in issue.values]
    if min(numbers) < -NEGLIGIBLE:
        raise ConfigurationError(f"{where}: GeniusWeb JSON knows no worth below 0, got {min(numbers):g}")
    return min(numbers), 1.0 if abs(max(numbers) - 1) <= NEGLIGIBLE else max(numbers)


def _worths(issue: Any, worths: Any, top: float, losses: Losses) -> dict[str, Any]:
    if is_range(issue):
        return {NUMBER: _points(issue, worths, top)}
    if not isinstance(worths, Mapping):
        losses.lose(f"issue {issue.name!r}: the evaluation would become a table")
    values = {
        losses.text(value, f"issue {issue.name!r}"): float(worths[value] if isinstance(worths, Mapping) else worths(value))
        for value in issue.values
    }
    return {DISCRETE: {"valueUtilities": {value: worth / top for value, worth in values.items()}}}


def _points(issue: Any, worths: LinearEvaluation, top: float) -> dict[str, Any]:
    """Return two points of a line, with the fewest digits from which the very same line is read again."""
    line = LinearEvaluation(worths.slope / top, worths.intercept / top)
    low = Fraction(Decimal(repr(issue.at(0))))
    high = Fraction(Decimal(repr(issue.at(issue.size - 1)))) if issue.size > 1 else low + 1
    first, last = (Fraction(line.slope) * end + Fraction(line.intercept) for end in (low, high))
    for digits in (15, 17):
        texts = [f"{float(number):.{digits}g}" for number in (first, last)]
        read = [exact(text) for text in texts]
        if None not in read and line_through(low, read[0] or Fraction(0), high, read[1] or Fraction(0)) == line:
            break
    else:
        texts = [_digits(first).text, _digits(last).text]
    points = (_digits(low), Digits(texts[0]), _digits(high), Digits(texts[1]))
    return dict(zip(POINTS, points, strict=True))


def _bid(problem: BargainingProblem, party: Party, losses: Losses) -> dict[str, Any] | None:
    """Return a bid that is worth the reservation value."""
    wanted = party.reservation_value
    if wanted is None:
        return None
    utility = AdditiveUtility(party.weights, party.values, problem.space)
    answers = inverse(problem.space, utility)
    slack = NEGLIGIBLE * max(1.0, abs(wanted))
    near = list(islice(answers.band(wanted - slack, wanted + slack), MOST_TRIED))
    if near:
        bid = min(near, key=lambda one: abs(utility(one) - wanted))
    else:
        what = shown(wanted)
        if wanted != 0:  # 0 is what no deal is worth where no bid says otherwise
            losses.lose(f"the reservation value of {party.name!r}, which no bid is worth ({what})")
        if wanted <= answers.lowest:
            return None
        found = answers.at_or_above(wanted)
        if found is None:
            raise ConfigurationError(f"party {party.name!r}: no bid reaches its reservation value {what}")
        bid = found
    return dict(zip(problem.space.names, bid, strict=True))
