"""`convert` and `validate`: domains between forms, and what a file holds in a few words."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from negotiate_rt import scenarios
from negotiate_rt.cli.consoles import show
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.scenarios.dcop_format import holds_dcop
from negotiate_rt.scenarios.domain import parties_of
from negotiate_rt.scenarios.domains import form_for

if TYPE_CHECKING:
    from negotiate_rt.problems.dcop import DcopProblem


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
    if len(wish.source) == 1 and holds_dcop(wish.source[0]):
        convert_dcop(wish)
        return
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


def convert_dcop(wish: Conversion) -> None:
    """Convert a DCOP between our TOML and pyDCOP's YAML, by the suffix of the target. Raises ConfigurationError."""
    from negotiate_rt.scenarios.dcop_files import load_dcop, write_dcop

    if wish.form is not None or wish.name is not None or wish.lossy:
        raise ConfigurationError(
            f"{wish.source[0]} is a DCOP: its form goes by the suffix of OUT; --to, --name and --lossy are for domains"
        )
    problem = load_dcop(wish.source[0])
    if Path(wish.target).exists() and not wish.force:
        raise ConfigurationError(f"{wish.target}: it is there already; replace it with --force")
    write_dcop(problem, wish.target)
    if wish.as_json:
        names = {"variables": list(problem.variables), "agents": list(problem.agents)}
        tree = {"name": problem.name, "files": [wish.target], **names}
        sys.stdout.write(json.dumps(tree, indent=2, ensure_ascii=False) + "\n")
    else:
        show(f"{in_words(problem)}; written: {wish.target}")


def read_any(name: str) -> scenarios.Scenario | scenarios.Domain | DcopProblem:
    """Return the scenario, domain or DCOP in a file. Raises ScenarioError."""
    from negotiate_rt.scenarios.dcop_files import load_dcop

    return load_dcop(name) if holds_dcop(name) else scenarios.load_any(name)


def in_words(found: scenarios.Scenario | scenarios.Domain | DcopProblem) -> str:
    """Return what a scenario, domain or DCOP is, in a few words."""
    if not isinstance(found, (scenarios.Scenario, scenarios.Domain)):
        counts = f"{counted(len(found.variables), 'variable')}, {counted(len(found.functions), 'cost function')}"
        return f"{found.name or 'unnamed'}, a DCOP ({found.objective}), {counts}, {counted(len(found.agents), 'agent')}"
    if isinstance(found, scenarios.Scenario):
        return f"{found.name}, {found.protocol}, {len(found.agents)} agents"
    space = found.problem.space
    size = "infinitely many outcomes" if not space.finite else counted(space.size, "outcome") if space.countable else "?"
    parties = counted(len(parties_of(found.problem)), "party", "parties")
    return f"{found.name}, a domain ({found.form}), {counted(len(space.issues), 'issue')}, {size}, {parties}"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else many or one + 's'}"
