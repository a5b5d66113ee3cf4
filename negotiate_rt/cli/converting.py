"""`convert` and `validate`: domains between forms, and what a file holds in a few words."""

from __future__ import annotations

import json
import sys

import msgspec

from negotiate_rt import scenarios
from negotiate_rt.cli.consoles import show
from negotiate_rt.scenarios.domain import parties_of
from negotiate_rt.scenarios.domains import form_for


class Conversion(msgspec.Struct, frozen=True):
    """What the user asks of `convert`; None: as the suffix of `target` and the domain itself say."""

    source: tuple[str, ...]
    target: str
    form: str | None
    name: str | None
    lossy: bool
    force: bool
    as_json: bool


def convert_domain(wish: Conversion) -> None:
    """Convert a domain as the command line asks. Raises ConfigurationError for all that cannot be read or written."""
    form = form_for(wish.target, wish.form or "")
    found = scenarios.read_domain(*wish.source)
    name = found.name if wish.name is None else wish.name
    paths = scenarios.write_domain(found.problem, wish.target, form, name=name, lossy=wish.lossy, force=wish.force)
    if not wish.as_json:
        show(f"{in_words(found)}; written as {form}: {', '.join(map(str, paths))}")
        return
    tree = {
        "name": found.name, "from": found.form, "to": form, "files": [str(path) for path in paths],
        "issues": list(found.problem.space.names), "parties": [party.name for party in parties_of(found.problem)],
    }  # fmt: skip
    sys.stdout.write(json.dumps(tree, indent=2, ensure_ascii=False) + "\n")


def in_words(found: scenarios.Scenario | scenarios.Domain) -> str:
    """Return what a scenario or domain is, in a few words."""
    if isinstance(found, scenarios.Scenario):
        return f"{found.name}, {found.protocol}, {len(found.agents)} agents"
    space = found.problem.space
    size = "infinitely many outcomes" if not space.finite else counted(space.size, "outcome") if space.countable else "?"
    parties = counted(len(parties_of(found.problem)), "party", "parties")
    return f"{found.name}, a domain ({found.form}), {counted(len(space.issues), 'issue')}, {size}, {parties}"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many or one + 's'}"
