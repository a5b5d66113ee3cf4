"""`list` and `explain`: what there is, and how a protocol works, all made from the code's own tables and docstrings."""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from negotiate_rt import scenarios
from negotiate_rt.cli.consoles import show, stdout_console
from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.executor.settings import built_in
from negotiate_rt.machine import Table
from negotiate_rt.machine.diagram import mermaid, rules_text
from negotiate_rt.messages.config import protocol_name
from negotiate_rt.messages.performatives import fipa_name
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.runtime.latency import Latency
from negotiate_rt.scenarios.format import Behaviour, Bidding, Forming
from negotiate_rt.strategies import STRATEGIES

HEADS = {
    "protocols": "protocols (negotiate-rt explain NAME)",
    "strategies": 'strategies (strategy = "NAME", or a table with its parameters)',
    "scenarios": "built-in scenarios (negotiate-rt run NAME)",
    "behaviours": 'behaviours (behaviour = "NAME", or {kind = "NAME", ...})',
    "latencies": 'latencies ([network] latency = {kind = "NAME", ...})',
    "mechanisms": "mechanisms (negotiate-rt audit NAME)",
}


def lists() -> dict[str, dict[str, str]]:
    """Return what there is, by kind: name -> one line."""
    from negotiate_rt.solutions.mechanism_library import MECHANISMS  # late: numpy

    strategies: dict[str, Any] = {**STRATEGIES, **tagged(Bidding), **tagged(Forming)}
    return {
        "protocols": {name: first_line(type(one)) for name, one in built_in().items()},
        "strategies": {name: parameters(kind) + first_line(kind) for name, kind in strategies.items()},
        "scenarios": {name: scenarios.load(name).spec.description for name in scenarios.built_in()},
        "behaviours": {name: parameters(kind) + first_line(kind) for name, kind in tagged(Behaviour).items()},
        "latencies": {name: parameters(kind) + first_line(kind) for name, kind in tagged(Latency).items()},
        "mechanisms": {name: settings(one.options) + one.about for name, one in MECHANISMS.items()},
    }


def tagged(union: Any) -> dict[str, type]:
    """Return the structs of a union by their tags."""
    return {str(one.__struct_config__.tag): one for one in get_args(union) if hasattr(one, "__struct_config__")}


def first_line(kind: type) -> str:
    """Return the first sentence of a class's docstring."""
    return (inspect.getdoc(kind) or "").partition("\n\n")[0].replace("\n", " ")


def parameters(kind: type) -> str:
    """Return a struct's own parameters with their defaults: `(rate=5.0) `."""
    shown = [
        field.name if field.required else f"{field.name}={default(field)}"
        for field in msgspec.structs.fields(kind)
    ]
    return f"({', '.join(shown)}) " if shown else ""


def settings(options: Mapping[str, Any]) -> str:
    """Return options with their defaults: `(reserve=0.0) `."""
    told = (f"{name}={','.join(map(str, one)) if isinstance(one, tuple) else one}" for name, one in options.items())
    return f"({', '.join(told)}) " if options else ""


def default(field: msgspec.structs.FieldInfo) -> str:
    """Return a parameter's default in short: nested structs by their tags."""
    made = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    return json.dumps(made, default=lambda part: str(part.__struct_config__.tag))


def print_lists(kind: str | None, as_json: bool) -> None:
    """Print all lists, or one. Raises ConfigurationError for a kind that is none."""
    found = lists()
    if kind is not None and kind not in found:
        raise ConfigurationError(f"list: expected one of {', '.join(found)}, got {kind!r}{suggest(kind, found)}")
    chosen = {one: found[one] for one in ([kind] if kind else found)}
    if as_json:
        print_json(chosen)
        return
    from rich.table import Table
    from rich.text import Text

    console = stdout_console()
    for one, entries in chosen.items():
        console.print(Text(HEADS[one], style="bold"))
        table = Table.grid(padding=(0, 2))
        for name, words in entries.items():
            table.add_row("", Text(name, style="cyan"), Text(words))
        console.print(table)
        console.print()


def explain_protocol(name: str, diagram_only: bool, as_json: bool) -> None:
    """Print a protocol's essay, seats, rules, options and diagram. Raises ConfigurationError for an unknown one."""
    known = built_in()
    protocol = known.get(protocol_name(name))
    if protocol is None:
        raise ConfigurationError(
            f"explain: no protocol {name!r}, only {', '.join(known)}{suggest(protocol_name(name), known)}"
        )
    diagram = mermaid(protocol.table, protocol.joint_table)
    if diagram_only:
        show(diagram.rstrip("\n"))
    elif as_json:
        print_json(described(protocol, diagram))
    else:
        print_protocol(protocol, diagram)


def print_protocol(protocol: NegotiationProtocol, diagram: str) -> None:
    """Print everything about a protocol, for people."""
    from rich.text import Text

    console = stdout_console()

    def part(title: str, body: str) -> None:
        console.print(Text(title, style="bold"))
        console.print(Text(body.rstrip("\n")), soft_wrap=True)
        console.print()

    part(protocol.name, essay(protocol))
    part("Seats", "\n".join(f"  {role}: {words}" for role, words in seats(protocol).items()))
    part("Rules", rules_text(protocol.table, protocol.joint_table))
    for channel in protocol.channels():
        part(f"Rules between {' and '.join(channel.roles)}", rules_text(channel))
    options = option_lines(protocol)
    if options:
        part("Options", "\n".join(options))
    part("Diagram (Mermaid)", diagram)
    for channel in protocol.channels():
        part(f"Diagram of {' and '.join(channel.roles)} (Mermaid)", mermaid(channel))


def essay(protocol: NegotiationProtocol) -> str:
    """Return the docstrings above a protocol's table: the module's essay, then the class's own."""
    kind = type(protocol)
    module = inspect.getdoc(sys.modules[kind.__module__]) or ""
    return f"{module}\n\n{inspect.getdoc(kind) or ''}".strip()


def seats(protocol: NegotiationProtocol) -> dict[str, str]:
    """Return in words how many sit in each role."""
    found = {}
    for role, count in protocol.seats.items():
        least, most = (count, count) if isinstance(count, int) else count
        words = str(least) if least == most else f"at least {least}" if most is None else f"{least} to {most}"
        found[role] = words + (" (seated by the runtime if nobody plays it)" if role == protocol.convener else "")
    return found


def option_lines(protocol: NegotiationProtocol) -> list[str]:
    """Return a line per option, with its default, and what the struct says of them."""
    if protocol.options is None:
        return []
    doc = (inspect.getdoc(protocol.options) or "").splitlines()
    fields = [
        f"  {one.name} = {json.dumps(one.default, default=str)}" for one in msgspec.structs.fields(protocol.options)
    ]
    return [*fields, *doc]


def described(protocol: NegotiationProtocol, diagram: str) -> dict[str, Any]:
    """Return a protocol as plain data: every row of its tables."""
    table, joint = protocol.table, protocol.joint_table
    whole = None
    if joint is not None:
        steps = [
            {"state": state, "on": on if isinstance(on, str) else fipa_name(on), "leads_to": to}
            for state, moves in joint.moves.items()
            for on, to in moves.items()
        ]
        whole = {"initiator": joint.initiator, "start": joint.start, "moves": steps, "timeouts": dict(joint.timeouts)}
    return {
        "name": protocol.name, "essay": essay(protocol), "seats": seats(protocol), "convener": protocol.convener or None,
        **rows_of(table), "joint": whole, "channels": [rows_of(channel) for channel in protocol.channels()],
        "options": options_of(protocol), "mermaid": diagram,
    }  # fmt: skip


def rows_of(table: Table) -> dict[str, Any]:
    """Return every row of a table as plain data."""
    rows = [
        {"state": state, "role": role, "says": fipa_name(kind), "leads_to": to}
        for state, moves in table.moves.items()
        for (role, kind), to in moves.items()
    ]
    return {
        "start": table.start, "ends": list(table.ends()), "moves": rows, "timeouts": dict(table.timeouts),
        "skips": dict(table.skips), "exhausted": dict(table.exhausted),
    }  # fmt: skip


def options_of(protocol: NegotiationProtocol) -> Mapping[str, Any] | None:
    """Return the options' defaults by name, None for a protocol that takes none."""
    if protocol.options is None:
        return None
    return {one.name: None if one.required else one.default for one in msgspec.structs.fields(protocol.options)}


def print_json(tree: Any) -> None:
    """Print a tree as JSON."""
    sys.stdout.write(json.dumps(tree, indent=2, default=str) + "\n")
