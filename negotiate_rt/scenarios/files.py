"""Where scenarios come from: files, texts, and the ones that come with the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import msgspec

from negotiate_rt.executor.settings import built_in as protocols
from negotiate_rt.scenarios.dcop_format import DcopSpec
from negotiate_rt.scenarios.domain import Domain, parties_of, read_source
from negotiate_rt.scenarios.domain_files import EDITORS, is_domain
from negotiate_rt.scenarios.domain_format import DomainSpec
from negotiate_rt.scenarios.domains import read_domain, sniffed
from negotiate_rt.scenarios.format import NegotiatorSpec, ScenarioSpec
from negotiate_rt.scenarios.options import file_form
from negotiate_rt.scenarios.reading import ScenarioError, build, decoded, hint, listed, parse
from negotiate_rt.scenarios.scenario import Scenario

OURS = ("toml", "json")


def loads(content: str | bytes, form: str = "toml", source: str = "", folder: str | Path = "") -> Scenario:
    """Return the scenario in a text, `form` being "toml" or "json". Raises ScenarioError, which names `source`.

    folder: where the files of its domain are looked for, the working directory unless said.
    """
    try:
        text = decoded(content)
        tree = parse(text, form)
        tree.pop(EDITORS, None)
        if is_domain(tree):
            raise ScenarioError(["expected a scenario, got a domain, which a scenario can name: domain = 'PATH'"])
        return Scenario(build(tree, ScenarioSpec), text, form, Path(folder))
    except ScenarioError as error:
        raise ScenarioError(error.flaws, source or error.source) from None


def load(path: str | Path) -> Scenario:
    """Return the scenario in a .toml or .json file, the built-in one of that name, or one of the parties of a domain.

    A domain (see `load_domain`) becomes a scenario in which every party bargains with the default strategy: bilaterally,
    or by stacked alternating offers if there are more than two. Raises ScenarioError.
    """
    found = load_any(path)
    return found if isinstance(found, Scenario) else of_domain(found, path)


def load_any(path: str | Path) -> Scenario | Domain:
    """Return the scenario or the domain in a file or folder, or the built-in scenario of that name."""
    place = Path(path)
    if str(path) in built_in() and place.suffix.lower() not in (".toml", ".json"):
        return loads(built_in_text(str(path)), "toml", str(path))
    if place.is_dir():
        return read_domain(place)
    try:
        source = read_source(place)
    except ScenarioError as error:
        known = f"built-in scenarios: {listed(built_in())}{hint(str(path), built_in())}"
        raise ScenarioError([f"{error.flaws[0]}; {known}"], str(path)) from None
    form = sniffed(source, place)
    if form not in OURS or _holds_domain(source.content, form):
        return read_domain(place)
    return loads(source.content, form, str(path), place.parent)


def _holds_domain(content: bytes, form: str) -> bool:
    try:
        return is_domain(parse(decoded(content), form))
    except ScenarioError:
        return False  # told again, and better, by who reads it for good


def of_domain(domain: Domain, path: str | Path) -> Scenario:
    """Return the scenario in which the parties of the domain at `path` bargain. Raises ScenarioError, which names it."""
    parties = [party.name for party in parties_of(domain.problem) if party.utility is not None]
    if len(parties) < 2:
        got = f"{len(parties)} ({listed(parties)})" if parties else "none"
        text = f"expected a domain of two or more parties with utilities, got {got}; a scenario can name the domain"
        raise ScenarioError([text], str(path))
    spec = ScenarioSpec(
        name=domain.name,
        protocol="bilateral" if len(parties) == 2 else "stacked-alternating-offers",
        agents=tuple(NegotiatorSpec(name=name) for name in parties),
        domain=str(Path(path).resolve()),
    )
    try:
        return Scenario(spec)
    except ScenarioError as error:
        raise ScenarioError(error.flaws, str(path)) from None


@cache
def built_in() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the package."""
    folder = files("negotiate_rt.scenarios") / "library"
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


def built_in_text(name: str) -> str:
    """Return a built-in scenario as it is written: a start for one's own. Raises ScenarioError for an unknown name."""
    if name not in built_in():
        raise ScenarioError([f"no built-in scenario {name!r}, only {listed(built_in())}{hint(name, built_in())}"])
    return (files("negotiate_rt.scenarios") / "library" / f"{name}.toml").read_text(encoding="utf-8")


def schema(kind: Literal["scenario", "domain", "dcop"] = "scenario") -> dict[str, Any]:
    """Return the JSON schema of a scenario file, with the options of every built-in protocol, or of a domain or DCOP file."""
    kinds = dict.fromkeys(one.options for one in protocols().values() if one.options is not None)
    forms = [ScenarioSpec, DomainSpec, DcopSpec, *map(file_form, kinds)]
    (scenario, domain, dcop, *options), parts = msgspec.json.schema_components(forms, ref_template="#/$defs/{name}")
    nothing = {"type": "object", "maxProperties": 0}
    parts["ScenarioSpec"]["properties"]["options"] = {"anyOf": [*options, nothing], "default": {}}
    for one in ("ScenarioSpec", "DomainSpec", "DcopSpec"):
        parts[one]["properties"][EDITORS] = {"type": "string"}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"negotiate_rt {kind}"}
    if kind == "dcop":
        parts["DcopSpec"]["required"].remove("type")  # which only a scenario needs, to tell problems apart
    return {**head, **{"scenario": scenario, "domain": domain, "dcop": dcop}[kind], "$defs": parts}
