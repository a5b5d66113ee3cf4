"""GeniusWeb JSON in: a domain, and one LinearAdditiveUtilitySpace per party.

The format is that of the GeniusWeb platform's wiki. An issue's values are texts (`values`) or numbers from low to high in
steps (`range`). A party's utility is the sum of weight times worth; weights sum to 1 and worths lie within [0, 1]. A
`numberutils` is the straight line through two points. `reservationBid` is the least bid that a party would still accept:
its utility is the party's reservation value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems import (
    AdditiveUtility,
    BargainingProblem,
    IntegerIssue,
    Issue,
    LinearEvaluation,
    OrdinalIssue,
    OutcomeSpace,
)
from negotiate_rt.scenarios.domain import Domain, Source, exact, line_through, read_source, refuse_flaws
from negotiate_rt.scenarios.reading import MOST_FLAWS, ScenarioError, decoded, hint, listed, parse, shown, step

SPACE, VALUES = "LinearAdditiveUtilitySpace", "issuesValues"
DISCRETE, NUMBER = "discreteutils", "numberutils"
POINTS = ("lowValue", "lowUtility", "highValue", "highUtility")
SLACK = 1e-9  # that weights may miss 1 by, and worths the ends of [0, 1]
MOST_STEPS = 100_000  # of a range whose numbers are not whole: they are kept as a list
AnyWebIssue = Issue | IntegerIssue


def read_geniusweb(*paths: str | Path) -> BargainingProblem:
    """Return the problem in GeniusWeb files: profiles, and the domain's own if there is one; parties in the order given.

    Raises ScenarioError with every slip of a file: the file, the path in it, what was expected.
    """
    return geniusweb_domain([read_source(path) for path in paths]).problem


def read_geniusweb_folder(path: str | Path) -> BargainingProblem:
    """Return the problem in a folder of GeniusWeb files, the parties in the order of their file names."""
    try:
        found = sorted(one for one in Path(path).iterdir() if one.suffix.lower() == ".json")
    except OSError as error:
        raise ScenarioError([error.strerror or str(error)], str(path)) from None
    if not found:
        raise ScenarioError(["expected GeniusWeb files (.json) in the folder, got none"], str(path))
    return read_geniusweb(*found)


def geniusweb_domain(sources: list[Source]) -> Domain:
    """Return the domain in files that have been read, the domain's own file among them or not."""
    trees = [(source, tree_of(source)) for source in sources]
    homes = [(source, tree) for source, tree in trees if VALUES in tree]
    if len(homes) > 1:
        raise ScenarioError([f"{homes[0][0].path} is a domain, too; expected one"], homes[1][0].path)
    profiles = [(source, _profile_tree(tree, source)) for source, tree in trees if VALUES not in tree]
    given = [(source, tree.get("domain"), f"{SPACE}.domain") for source, tree in profiles]
    given[:0] = [(source, tree, "") for source, tree in homes]
    if not given:
        raise ScenarioError(["expected a GeniusWeb domain or profile, got no file"])
    name, issues = _domain(given[0][1], given[0][2], given[0][0])
    for source, tree, path in given[1:]:
        _check_same(issues, _domain(tree, path, source)[1], source.path, given[0][0].path)
    space = OutcomeSpace(tuple(issues.values()))
    parties: dict[str, Profile] = {}
    for source, tree in profiles:
        found = _profile(tree, source, space)
        if found.party in parties:
            raise ScenarioError([f"{SPACE}.name: another file has the party {found.party!r}, too"], source.path)
        parties[found.party] = found
    problem = BargainingProblem(
        space,
        {party: one.utility for party, one in parties.items()},
        {party: one.reservation for party, one in parties.items() if one.reservation is not None},
        {},
        {},
    )
    return Domain(name, problem, "geniusweb")


def tree_of(source: Source) -> dict[str, Any]:
    """Return a JSON file's tree, in which numbers with a point are Fractions."""
    try:
        return parse(decoded(source.content), "json", _fraction)  # type: ignore[no-any-return]  # an object, or it raises
    except ScenarioError as error:
        raise ScenarioError(error.flaws, source.path) from None


def _fraction(text: str) -> Fraction:
    found = exact(text)
    if found is None:
        raise ValueError(f"{shown(text)} is no number that can be held")
    return found


# -- trees, each slip noted at its path -------------------------------------------------------------------------------


class Notes:
    """Reads a tree and gathers `flaws` on the way, each with its path."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.flaws: list[str] = []

    def note(self, path: str, text: str) -> None:
        """Note a flaw."""
        self.flaws.append(f"{path}: {text}" if path else text)

    def check(self) -> None:
        """Raise ScenarioError if anything is wrong."""
        refuse_flaws(self.flaws, self.source.path)

    def object(self, tree: Any, path: str) -> dict[str, Any]:
        """Return an object; an empty one, with a note, if it is none."""
        if isinstance(tree, dict):
            return tree
        self.note(path, "missing; expected an object" if tree is None else f"expected an object, got {_shown(tree)}")
        return {}

    def number(self, tree: Any, path: str, least: float | None = None, most: float | None = None) -> Fraction | None:
        """Return a number, given as one or as text, within bounds (but for rounding)."""
        found = exact(tree) if isinstance(tree, str) else None
        if type(tree) in (int, Fraction) and abs(tree) <= 10**300:
            found = Fraction(tree)
        low, high = (-math.inf if least is None else least - SLACK), (math.inf if most is None else most + SLACK)
        if found is None or not low <= float(found) <= high:
            within = "" if least is None else f" within [{least:g}, {most:g}]"
            self.note(path, f"expected a finite number{within}, got {_shown(tree)}")
            return None
        return found

    def names(self, tree: Mapping[str, Any], known: Mapping[str, Any], path: str) -> None:
        """Note issues that do not exist, and such as are missing."""
        for name in tree:
            if name not in known and len(self.flaws) <= MOST_FLAWS:
                self.note(step(path, name), f"the domain has no such issue, only {listed(known)}{hint(name, known)}")
        for name in known:
            if name not in tree and len(self.flaws) <= MOST_FLAWS:
                self.note(step(path, name), "missing")


def _shown(tree: Any) -> str:
    return "nothing" if tree is None else repr(float(tree)) if isinstance(tree, Fraction) else shown(tree)


# -- domains ----------------------------------------------------------------------------------------------------------


def _domain(tree: Any, path: str, source: Source) -> tuple[str, dict[str, AnyWebIssue]]:
    notes = Notes(source)
    tree = notes.object(tree, path)
    values = notes.object(tree.get(VALUES), step(path, VALUES)) if tree else {}
    issues = {
        name: issue for name, one in values.items() if (issue := _issue(name, one, step(step(path, VALUES), name), notes))
    }
    if not values and not notes.flaws:
        notes.note(step(path, VALUES), "expected one or more issues, got none")
    notes.check()
    name = tree.get("name")
    return (name if isinstance(name, str) and name else source.stem), issues


def _issue(name: str, tree: Any, path: str, notes: Notes) -> AnyWebIssue | None:
    tree = notes.object(tree, path)
    kinds = [kind for kind in ("values", "range") if kind in tree]
    if len(kinds) != 1:
        notes.note(path, f"expected either values or range, got {listed(kinds or tree) or 'neither'}")
        return None
    kind = kinds[0]
    path, given = step(path, kind), tree[kind]
    if not isinstance(given, list):
        notes.note(path, f"expected a list, got {_shown(given)}")
        return None
    try:
        return _texts(name, given, path, notes) if kind == "values" else _range(name, given, path, notes)
    except ConfigurationError as error:
        notes.note(path, str(error))
        return None


def _texts(name: str, given: list[Any], path: str, notes: Notes) -> Issue | None:
    seen: dict[str, int] = {}
    for place, value in enumerate(given):
        if not isinstance(value, str):
            notes.note(f"{path}[{place}]", f"expected text, got {_shown(value)}")
        elif value in seen:
            notes.note(f"{path}[{place}]", f"{value!r} stands twice, also at [{seen[value]}]")
        else:
            seen[value] = place
    if not given:
        notes.note(path, "expected one or more values, got none")
    return Issue(name, tuple(seen)) if seen else None


def _range(name: str, given: list[Any], path: str, notes: Notes) -> AnyWebIssue | None:
    if len(given) != 3:
        notes.note(path, f"expected [low, high, step], got {len(given)} of them")
        return None
    low, high, width = (notes.number(one, f"{path}[{place}]") for place, one in enumerate(given))
    if low is None or high is None or width is None:
        return None
    if low > high or width <= 0:
        notes.note(path, f"expected low <= high and step > 0, got [{float(low):g}, {float(high):g}, {float(width):g}]")
        return None
    if low.denominator == high.denominator == width.denominator == 1:
        return IntegerIssue(name, int(low), int(high), int(width))
    size = (high - low) // width + 1
    if size > MOST_STEPS:
        notes.note(path, f"expected at most {MOST_STEPS} numbers that are not whole, got {size}")
        return None
    return OrdinalIssue(name, tuple(float(low + place * width) for place in range(size)))


def _check_same(issues: Mapping[str, AnyWebIssue], others: Mapping[str, AnyWebIssue], path: str, home: str) -> None:
    for name in [*issues, *(one for one in others if one not in issues)]:
        here, there = others.get(name), issues.get(name)
        equal = here == there or (
            type(here) is Issue and type(there) is Issue and set(here.values) == set(there.values)
        )
        if not equal:
            words = [one.legal() if one is not None else "no such issue" for one in (here, there)]
            where = step(f"{SPACE}.domain.{VALUES}", name)
            raise ScenarioError([f"{where}: got {words[0]}, but {home} has {words[1]}"], path)


# -- profiles ---------------------------------------------------------------------------------------------------------


class Profile(NamedTuple):
    """What a profile says of its party."""

    party: str
    utility: AdditiveUtility
    reservation: float | None


def _profile_tree(tree: Mapping[str, Any], source: Source) -> dict[str, Any]:
    found = tree.get(SPACE)
    if not isinstance(found, dict):
        known = (SPACE, VALUES)
        got = f"{listed(list(tree)[:8]) or 'an empty object'}{next((h for key in tree if (h := hint(key, known))), '')}"
        raise ScenarioError([f"expected {SPACE} (a profile) or {VALUES} (a domain), got {got}"], source.path)
    return found


def _profile(tree: Mapping[str, Any], source: Source, space: OutcomeSpace) -> Profile:
    notes = Notes(source)
    known = {issue.name: issue for issue in space.issues}
    weights = notes.object(tree.get("issueWeights"), f"{SPACE}.issueWeights")
    worths = notes.object(tree.get("issueUtilities"), f"{SPACE}.issueUtilities")
    for what, given in (("issueWeights", weights), ("issueUtilities", worths)):
        if given or not notes.flaws:
            notes.names(given, known, f"{SPACE}.{what}")
    shares = {
        name: notes.number(one, step(f"{SPACE}.issueWeights", name), 0, 1) for name, one in weights.items() if name in known
    }
    total = math.fsum(float(one or 0) for one in shares.values())
    if not notes.flaws and abs(total - 1) > SLACK:
        notes.note(f"{SPACE}.issueWeights", f"expected weights that sum to 1, got {total:g}")
    values = {
        name: _worths(one, known[name], step(f"{SPACE}.issueUtilities", name), notes)
        for name, one in worths.items()
        if name in known
    }
    notes.check()
    name = tree.get("name")
    own = {issue: float(shares[issue] or 0) for issue in known}
    try:
        utility = AdditiveUtility(own, {issue: values[issue] for issue in known}, space)
    except ConfigurationError as error:
        raise ScenarioError([str(error)], source.path) from None
    bid = _bid(tree.get("reservationBid"), space, f"{SPACE}.reservationBid", notes)
    notes.check()
    return Profile(name if isinstance(name, str) else source.stem, utility, None if bid is None else utility(bid))


def _worths(tree: Any, issue: Any, path: str, notes: Notes) -> Any:  # an issue -> a table or a line
    tree = notes.object(tree, path)
    wanted = NUMBER if isinstance(issue, IntegerIssue) or issue.ordered else DISCRETE
    if list(tree) != [wanted]:
        notes.note(path, f"expected {wanted} for {issue.legal()}, got {listed(tree) or 'nothing'}")
        return {}
    path = step(path, wanted)
    if wanted == NUMBER:
        return _line(notes.object(tree[wanted], path), issue, path, notes)
    given = notes.object(tree[wanted], path)
    path = step(path, "valueUtilities")
    given = notes.object(given.get("valueUtilities"), path) if given else {}
    worths = {}
    for value, one in given.items():
        if len(notes.flaws) > MOST_FLAWS:
            break
        if issue.find(value) is None:
            notes.note(step(path, value), f"the issue has no such value, only {issue.legal()}{hint(value, issue.values)}")
        worths[value] = float(notes.number(one, step(path, value), 0, 1) or 0)
    for value in issue.values if given else ():
        if value not in worths and len(notes.flaws) <= MOST_FLAWS:
            notes.note(step(path, value), "missing")
    return {value: worths.get(value, 0.0) for value in issue.values}


def _line(tree: Mapping[str, Any], issue: Any, path: str, notes: Notes) -> LinearEvaluation:
    nothing = LinearEvaluation(0.0)
    bounds = ((None, None), (0.0, 1.0)) * 2
    points = [notes.number(tree.get(key), step(path, key), *ends) for key, ends in zip(POINTS, bounds, strict=True)]
    if any(one is None for one in points):
        return nothing
    low, low_worth, high, high_worth = (Fraction(one or 0) for one in points)
    if low >= high:
        notes.note(path, f"expected lowValue < highValue, got {float(low):g} and {float(high):g}")
        return nothing
    slope = (high_worth - low_worth) / (high - low)
    for end in (issue.at(0), issue.at(issue.size - 1)):
        worth = low_worth + slope * (Fraction(end) - low)
        if not -SLACK <= worth <= 1 + SLACK:
            notes.note(path, f"expected worths within [0, 1], got {float(worth):g} at {end}")
    try:
        return line_through(low, low_worth, high, high_worth)
    except (ConfigurationError, OverflowError) as error:
        notes.note(path, str(error))
        return nothing


def _bid(tree: Any, space: OutcomeSpace, path: str, notes: Notes) -> tuple[Any, ...] | None:
    if tree is None:
        return None
    path = step(path, "issuevalues")
    given = notes.object(tree.get("issuevalues") if isinstance(tree, dict) else tree, path)
    known = {issue.name: issue for issue in space.issues}
    notes.names(given, known, path)
    values = []
    for name, one in given.items():
        value = float(one) if isinstance(one, Fraction) else one
        if name in known and known[name].find(value) is None:
            notes.note(step(path, name), f"expected one of {known[name].legal()}, got {_shown(one)}")
        values.append((name, value))
    return None if notes.flaws else tuple(dict(values)[issue.name] for issue in space.issues)
