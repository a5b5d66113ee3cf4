"""Genius XML in: a domain file (`negotiation_template`) and one utility profile (`utility_space`) per party.

The format is that of the Genius platform (Lin et al. 2014, "Genius: an integrated environment for supporting the design
of generic automated negotiators"). A profile says what each item is worth and how much each issue weighs; a party's
utility is sum_i w_i / sum(w) * eval_i / max(eval_i), rescaled no further. An evaluator `linear` of an integer issue counts
from the issue's lower bound (offset + slope * (value - lower)), one of a real issue from 0; `triangular` has its feet in
parameter0 and parameter1 and its top in parameter2. A discount factor is kept as a Discount by time: in Genius time runs
from 0 to 1 over a session.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems import AdditiveUtility, BargainingProblem, ContinuousIssue, IntegerIssue, Issue, OutcomeSpace
from negotiate_rt.problems.bargaining import Discount
from negotiate_rt.scenarios.domain import Domain, Source, normalized, read_source, refuse_flaws
from negotiate_rt.scenarios.genius_values import Evaluated, Notes, evaluated
from negotiate_rt.scenarios.reading import ScenarioError, hint, listed
from negotiate_rt.scenarios.xml_tree import Element, read_xml

TEMPLATE, PROFILE = "negotiation_template", "utility_space"
KINDS = ("discrete", "integer", "real")
AnyGeniusIssue = Issue | IntegerIssue | ContinuousIssue


class Placed(NamedTuple):
    """An issue, where it stands, and the objective that holds it."""

    issue: AnyGeniusIssue
    element: Element
    objective: Element


def read_genius(domain_path: str | Path, *profile_paths: str | Path) -> BargainingProblem:
    """Return the problem in a Genius domain file and the profiles of its parties, who are named by their files.

    Raises ScenarioError with every slip of a file: the file, the line, what was expected.
    """
    return genius_domain(read_source(domain_path), [read_source(path) for path in profile_paths]).problem


def read_genius_folder(path: str | Path) -> BargainingProblem:
    """Return the problem in a folder of one Genius domain file and profiles, these in the order of their file names.

    Raises ScenarioError as `read_genius` does, and unless the folder holds exactly one domain file.
    """
    place = Path(path)
    try:
        found = sorted(one for one in place.iterdir() if one.suffix.lower() == ".xml")
    except OSError as error:
        raise ScenarioError([error.strerror or str(error)], str(path)) from None
    return genius_folder([read_source(one) for one in found], str(path), place.name).problem


def genius_folder(sources: list[Source], folder: str, name: str = "") -> Domain:
    """Return the domain in the XML files of a folder, in the order of the parties."""
    roots = {source.path: read_xml(source.content, source.path) for source in sources}
    domains = [source for source in sources if roots[source.path].tag == TEMPLATE]
    if len(domains) != 1:
        found = f"{len(domains)}: {listed(one.path for one in domains)}" if domains else "none"
        raise ScenarioError([f"expected one domain file (<{TEMPLATE}>) in the folder, got {found}"], folder)
    return genius_domain(domains[0], [source for source in sources if source is not domains[0]], name, roots)


def genius_domain(
    domain: Source, profiles: list[Source], name: str = "", roots: Mapping[str, Element] | None = None
) -> Domain:
    """Return a domain of files that have been read, named by its objective, else `name`, else its file."""
    known = roots or {source.path: read_xml(source.content, source.path) for source in (domain, *profiles)}
    root = known[domain.path]
    _check_root(root, TEMPLATE, "a Genius domain", domain.path)
    notes = Notes()
    placed = _issues(root, notes)
    refuse_flaws(notes.flaws, domain.path)
    try:
        space = OutcomeSpace(tuple(one.issue for one in placed.values()))
    except ConfigurationError as error:
        raise ScenarioError([str(error)], domain.path) from None
    parties: dict[str, tuple[Source, Element]] = {}
    for source in profiles:
        profile = known[source.path]
        _check_root(profile, PROFILE, "a Genius utility profile", source.path)
        party = profile.attributes.get("party", source.stem)
        if party in parties:
            raise ScenarioError([f"the party {party!r} is also that of {parties[party][0].path}"], source.path)
        parties[party] = source, profile
    read = {party: _profile(profile, source, placed, domain) for party, (source, profile) in parties.items()}
    problem = BargainingProblem(
        space,
        {party: one.utility.bind(space) for party, one in read.items()},
        {party: one.reservation for party, one in read.items() if one.reservation is not None},
        {},
        {party: Discount(one.discount, "time") for party, one in read.items() if one.discount is not None},
    )
    return Domain(_name(root) or name or domain.stem, problem, "genius")


def _name(root: Element) -> str:
    objective = next(_objectives(root), None)
    found = "" if objective is None else objective.attributes.get("name", "")
    return "" if found == "root" else found  # what most domains call the root of their objectives


def _check_root(root: Element, tag: str, what: str, path: str) -> None:
    if root.tag != tag:
        other = {PROFILE: "; this is a profile: name the domain file first", TEMPLATE: "; this is a domain file"}
        text = f"line {root.line}: expected the root <{tag}> of {what}, got <{root.tag}>{other.get(root.tag, '')}"
        raise ScenarioError([text], path)


# -- issues -----------------------------------------------------------------------------------------------------------


def _objectives(root: Element) -> Iterator[Element]:
    """Iterate over the objectives of a file in order, those within others too."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if element.tag == "objective":
            yield element
        waiting.extend(child for child in reversed(element.children) if child.tag in ("objective", PROFILE))


def _issues(root: Element, notes: Notes) -> dict[str, Placed]:
    placed: dict[str, Placed] = {}
    for objective in _objectives(root):
        for element in objective.all("issue"):
            name = notes.text(element, "name")
            if name in placed:
                notes.note(element, f"issue {name!r} stands twice, also at line {placed[name].element.line}")
            elif name and (issue := _issue(element, name, notes)) is not None:
                placed[name] = Placed(issue, element, objective)
    if not placed and not notes.flaws:
        notes.note(root, "expected an <objective> with one or more <issue>, got none")
    return placed


def kind_of(element: Element, notes: Notes) -> str:
    """Return whether an issue is discrete, integer or real; empty, with a note, if it is none of them."""
    given = next((element.attributes[key] for key in ("vtype", "type", "etype") if key in element.attributes), None)
    if given is None:
        return "discrete" if element.first("item") else "real"
    kind = given.lower()
    if kind not in KINDS:
        notes.note(element, f"expected type to be one of {listed(KINDS)}, got {given!r}{hint(kind, KINDS)}")
        return ""
    return kind


def _issue(element: Element, name: str, notes: Notes) -> AnyGeniusIssue | None:
    kind = kind_of(element, notes)
    try:
        if kind == "discrete":
            items = notes.items(element)
            if not items and not element.first("item"):
                notes.note(element, f"issue {name!r}: expected one or more <item>, got none")
            return Issue(name, tuple(items)) if items else None
        if kind:
            bounds = notes.bounds(element, whole=kind == "integer")
            if bounds is not None:
                low, high = bounds
                return IntegerIssue(name, int(low), int(high)) if kind == "integer" else ContinuousIssue(name, low, high)
    except ConfigurationError as error:
        notes.note(element, str(error))
    return None


# -- profiles ---------------------------------------------------------------------------------------------------------


class Profile(NamedTuple):
    """What a profile says of its party."""

    utility: AdditiveUtility
    reservation: float | None
    discount: float | None


def _profile(root: Element, source: Source, domain: Mapping[str, Placed], home: Source) -> Profile:
    """Return a party's profile, each issue checked against the domain's. Raises ScenarioError, naming both files."""
    notes = Notes()
    found: dict[str, Evaluated] = {}
    weights: dict[str, float] = {}
    strangers = 0  # perhaps the ones that seem to be missing
    for objective in _objectives(root):
        by_index = _weights(objective, notes)
        for place, element in enumerate(objective.all("issue"), 1):
            name = notes.text(element, "name")
            if name in found:
                notes.note(element, f"issue {name!r} stands twice")
            elif name and name not in domain and not notes.full:
                known = f"only {listed(domain)}{hint(name, domain)}"
                notes.note(element, f"the domain {home.path} has no issue {name!r}, {known}")
                strangers += 1
            elif name in domain:
                weights[name] = _weight(by_index, element, place, notes)
                found[name] = evaluated(element, domain[name].issue, domain[name].element, home.path, notes)
    for name, one in domain.items():
        if name not in found and not strangers and not notes.full:
            notes.note(root, f"issue {name!r} is missing, which the domain {home.path} has at line {one.element.line}")
    reservation = notes.only(root, "reservation")
    discount = notes.only(root, "discount_factor")
    if discount is not None and not 0 <= discount <= 1:
        notes.note(root.first("discount_factor") or root, f"expected a discount factor within [0, 1], got {discount}")
    refuse_flaws(notes.flaws, source.path)
    try:
        utility = _utility(weights, {name: found[name] for name in domain})
        return Profile(utility.bind(OutcomeSpace(tuple(one.issue for one in domain.values()))), reservation, discount)
    except ConfigurationError as error:
        raise ScenarioError([str(error)], source.path) from None


def _utility(weights: Mapping[str, float], values: Mapping[str, Evaluated]) -> AdditiveUtility:
    shares = normalized([weights[name] for name in values], math.fsum(weights.values()))
    scaled = {name: share / values[name].scale for name, share in zip(values, shares, strict=True)}
    return AdditiveUtility(scaled, {name: one.worths for name, one in values.items()})


def _weights(objective: Element, notes: Notes) -> dict[str, tuple[float, Element]]:
    weights: dict[str, tuple[float, Element]] = {}
    known = {
        child.attributes.get("index", str(place))
        for tag in ("issue", "objective")
        for place, child in enumerate(objective.all(tag), 1)
    }
    for element in objective.all("weight"):
        index = notes.text(element, "index")
        value = notes.number(element, "value", least=0)
        if index in weights:
            notes.note(element, f"the weight of issue {index} stands twice, also at line {weights[index][1].line}")
        elif index and index not in known:
            notes.note(element, f"there is no issue with index {index!r}, only {listed(sorted(known)) or 'none'}")
        elif index and value is not None:
            weights[index] = value, element
    return weights


def _weight(weights: Mapping[str, tuple[float, Element]], element: Element, place: int, notes: Notes) -> float:
    index = element.attributes.get("index", str(place))
    if index in weights:
        return weights[index][0]
    name = element.attributes.get("name")
    if not notes.flaws:  # a weight that was refused is not missing, too
        notes.note(element, f'issue {name!r} has no weight; expected <weight index="{index}" value="..."/> in its objective')
    return 0.0
