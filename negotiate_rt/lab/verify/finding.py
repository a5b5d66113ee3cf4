"""Which protocols to verify: built-in ones by name, those of the user's by where they are; tables that are alike only once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.lab.verify.report import Bounds, Verification
from negotiate_rt.lab.verify.rules import Rulebook
from negotiate_rt.lab.verify.verifying import subject_of, verify_protocol
from negotiate_rt.lab.verify.whole import Progress
from negotiate_rt.machine.table import Table
from negotiate_rt.messages.config import protocol_name
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.protocols.catalogue import Catalogue


def find_protocol(source: str) -> NegotiationProtocol | Table:
    """Return a protocol: a built-in one by its name, or a class, instance or table of the user's.

    source: a name; `file.py` that holds one protocol class; `file.py:object` or `module:object`. Raises ConfigurationError.
    """
    if ":" not in source and not source.endswith(".py"):
        known = Catalogue()
        name = protocol_name(source)
        if name not in known:
            raise ConfigurationError(
                f"verify: no protocol {source!r}, only {', '.join(known)}{suggest(name, known)}; one of your own: module:Class"
            )
        return known[name]
    from negotiate_rt.lab.audit import loaded_file, loaded_module, named  # late: numpy

    place, _, wanted = source.rpartition(":") if not source.endswith(".py") else (source, "", "")
    module = loaded_file(Path(place)) if place.endswith(".py") else loaded_module(place)
    found = named(module, wanted, source) if wanted else _only(module, source)
    if isinstance(found, type) and issubclass(found, NegotiationProtocol):
        try:
            return found()
        except Exception as error:  # code of the user's
            raise ConfigurationError(f"{source}() raised {type(error).__name__}: {error}") from error
    if isinstance(found, (NegotiationProtocol, Table)):
        return found
    raise ConfigurationError(f"{source} is no NegotiationProtocol (a class or an instance) and no Table: {found!r}")


def _only(module: Any, source: str) -> Any:  # a module; the one protocol class that it defines
    found = [
        one for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, NegotiationProtocol) and one.__module__ == module.__name__
    ]  # fmt: skip
    if len(found) != 1:
        there = f"there are {', '.join(one.__name__ for one in found)}: say {source}:NAME" if found else "there is none"
        raise ConfigurationError(f"{source} must define one NegotiationProtocol; {there}")
    return found[0]


def verify_all(
    protocols: Iterable[NegotiationProtocol], bounds: Bounds | None = None, progress: Progress | None = None
) -> Iterator[Verification]:
    """Verify protocols one after the other, those with the same tables and rules only once."""
    bounds = bounds or Bounds()
    seen: dict[str, Verification] = {}
    for protocol in protocols:
        signature = signature_of(protocol, bounds)
        found = seen.get(signature)
        if found is None:
            found = seen[signature] = verify_protocol(protocol, bounds, progress=progress)
            yield found
        else:
            rules = Rulebook(protocol.table, protocol.joint_table).abstracted
            yield replace(found, protocol=protocol.name, abstracted_rules=tuple(rules), seconds=0.0, same_as=found.protocol)


def signature_of(protocol: NegotiationProtocol, bounds: Bounds) -> str:
    """Return a text that two protocols share if nothing that is verified tells them apart."""
    subject = subject_of(protocol, bounds.participants)
    facts = _facts(protocol.table, protocol), *map(_facts, protocol.channels())
    return repr((subject.participants, subject.winners, subject.declared, facts))


def _facts(table: Table, protocol: NegotiationProtocol | None = None) -> object:
    joint = None if protocol is None else protocol.joint_table
    book = Rulebook(table, joint)
    kept = [row.rules for places in book.places for place in places for row in place.says if row.rules]
    whole = None if joint is None else (joint.initiator, joint.start, joint.moves, joint.guards)
    return table.start, table.moves, table.timeouts, table.skips, table.exhausted, kept, whole
