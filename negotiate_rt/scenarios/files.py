"""Where scenarios come from: files, texts, and the ones that come with the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from negotiate_rt.executor.settings import built_in as protocols
from negotiate_rt.scenarios.format import ScenarioSpec
from negotiate_rt.scenarios.options import file_form
from negotiate_rt.scenarios.reading import MAX_BYTES, ScenarioError, build, decoded, hint, listed, parse
from negotiate_rt.scenarios.scenario import Scenario

EDITORS = "$schema"  # where a file tells an editor which schema to complete and check by
FORMS = {".toml": "toml", ".json": "json"}


def loads(content: str | bytes, form: str = "toml", source: str = "") -> Scenario:
    """Return the scenario in a text, `form` being "toml" or "json". Raises ScenarioError, which names `source`."""
    try:
        text = decoded(content)
        tree = parse(text, form)
        tree.pop(EDITORS, None)
        return Scenario(build(tree, ScenarioSpec), text, form)
    except ScenarioError as error:
        raise ScenarioError(error.flaws, source or error.source) from None


def load(path: str | Path) -> Scenario:
    """Return the scenario in a .toml or .json file, or the built-in one of that name. Raises ScenarioError."""
    place = Path(path)
    form = FORMS.get(place.suffix.lower())
    if form is None and str(path) in built_in():
        return loads(built_in_text(str(path)), "toml", str(path))
    try:
        with place.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        known = f"built-in scenarios: {listed(built_in())}{hint(str(path), built_in())}"
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else (error.strerror or str(error))
        raise ScenarioError([f"{reason}; {known}"], str(path)) from None
    if form is None:
        form = "json" if content.lstrip()[:1] == b"{" else "toml"
    return loads(content, form, str(path))


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


def schema() -> dict[str, Any]:
    """Return the JSON schema of a scenario file, with the options of every built-in protocol."""
    kinds = dict.fromkeys(one.options for one in protocols().values() if one.options is not None)
    forms = [ScenarioSpec, *map(file_form, kinds)]
    (whole, *options), parts = msgspec.json.schema_components(forms, ref_template="#/$defs/{name}")
    nothing = {"type": "object", "maxProperties": 0}
    parts["ScenarioSpec"]["properties"]["options"] = {"anyOf": [*options, nothing], "default": {}}
    parts["ScenarioSpec"]["properties"][EDITORS] = {"type": "string"}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "negotiate_rt scenario"}
    return {**head, **whole, "$defs": parts}
