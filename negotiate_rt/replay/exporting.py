"""A journal's records in other forms: JSON lines, CSV, a Mermaid sequence diagram, FIPA ACL messages in JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.journal.plain import plain
from negotiate_rt.journal.record import Record
from negotiate_rt.messages.performatives import PERFORMATIVES, fipa_name

COLUMNS = ("at", "negotiation", "kind", "sender", "receiver", "act", "number", "in_reply_to", "reply_by", "content")
SHORT = 60  # characters of a message's content on an arrow
OURS = frozenset({"walk", "withdraw"})  # acts that FIPA does not know
FIPA_ACTS = frozenset(fipa_name(kind) for kind in PERFORMATIVES) - OURS
FIPA_PROTOCOLS = frozenset({
    "contract-net", "iterated-contract-net", "english-auction", "dutch-auction", "request", "query", "propose",
    "subscribe", "brokering", "recruiting",
})  # fmt: skip
ENTITIES = str.maketrans({"#": "#35;", ";": "#59;", "<": "#lt;", ">": "#gt;", "\n": " ", "\r": " "})  # Mermaid's own
Lines = Iterator[str]
_json = msgspec.json.Encoder(enc_hook=plain).encode


def as_jsonl(records: Iterable[Record]) -> Lines:
    """Yield one JSON object a line for each record; fields that say nothing are left out."""
    for record in records:
        yield _json(record).decode() + "\n"


def as_csv(records: Iterable[Record]) -> Lines:
    """Yield a line of titles and one a record, the content as JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for record in records:
        yield text.getvalue()
        text.seek(0)
        text.truncate()
        values = [getattr(record, name) for name in COLUMNS[:-1]]
        content = "" if record.content is None else _json(record.content).decode()
        writer.writerow([*("" if value is None else value for value in values), content])
    yield text.getvalue()


# -- Mermaid --------------------------------------------------------------------------------------------------------------


def as_mermaid(records: Iterable[Record]) -> Lines:
    """Yield one negotiation as a sequence diagram: solid arrows for what was said, crossed ones for what was lost, notes for
    faults, skipped turns and the ending. Raises ConfigurationError where there are several negotiations, or none."""
    told = [record for record in records if record.negotiation]
    talks = list(dict.fromkeys(record.negotiation for record in told))
    if len(talks) != 1:
        some = ", ".join(talks[:5]) + (", ..." if len(talks) > 5 else "")
        raise ConfigurationError(
            f"a diagram shows one negotiation, and {len(talks)} fit: name one with --negotiation"
            + (f" ({some})" if some else "")
        )
    names = dict.fromkeys(
        name for record in told if record.kind in ("said", "heard", "lost", "skipped")
        for name in (record.sender, record.receiver) if name
    )  # fmt: skip
    marks = {name: f"p{place}" for place, name in enumerate(names)}
    lost = {(one.sender, one.receiver, one.number): one.content["reason"] for one in told if one.kind == "lost"}
    yield "sequenceDiagram\n"
    for name, mark in marks.items():
        yield f"    participant {mark} as {quoted(name)}\n"
    for record in told:
        line = arrow(record, marks, lost)
        if line:
            yield f"    {line}\n"


def arrow(record: Record, marks: Mapping[str, str], lost: Mapping[tuple[str, str, int], str]) -> str:
    """Return one line of a sequence diagram, "" for a record that shows elsewhere."""
    if record.kind == "said":
        reason = lost.get((record.sender, record.receiver, record.number))
        head = "->>" if reason is None else "-x"
        tail = "" if reason is None else f" ({reason})"
        text = quoted(f"{record.act} {in_words(record.content)}".strip() + tail)
        return f"{marks[record.sender]}{head}{marks[record.receiver]}: {text}"
    everyone = ",".join(list(dict.fromkeys([*marks.values()][:1] + [*marks.values()][-1:]))) or "nobody"
    if record.kind == "fault":
        where = marks.get(record.sender, everyone)
        return f"Note over {where}: {quoted(record.content['what'] + ': ' + record.content['cause'])}"
    if record.kind == "skipped":
        return f"Note over {marks[record.sender]}: {quoted('turn passes: ' + str(record.content.get('reason', '')))}"
    if record.kind == "ended":
        return f"Note over {everyone}: {quoted(ending(record.content))}"
    return ""


def ending(outcome: Mapping[str, Any]) -> str:
    """Return how a negotiation ended, in a few words."""
    accepted = outcome.get("accepted")
    if accepted:
        return f"{outcome['state']}: {in_words({'value': accepted['value']})} offered by {accepted['agent']}"
    return ": ".join(str(one) for one in (outcome["state"], outcome.get("reason")) if one)


def in_words(content: Any) -> str:
    """Return what a message carries, short: its value, reason or content, without ids."""
    fields = content if isinstance(content, Mapping) else {"content": content}
    for name in ("value", "content", "result", "reason"):
        value = fields.get(name)
        if value not in (None, ""):
            text = (
                value
                if isinstance(value, str)
                else f"{value:.6g}"
                if isinstance(value, float)
                else _json(value).decode()
            )
            return text if len(text) <= SHORT else text[: SHORT - 3] + "..."
    return ""


def quoted(text: str) -> str:
    """Return text that Mermaid shows as it is: on one line, its marks as entities."""
    return text.translate(ENTITIES)


# -- FIPA -----------------------------------------------------------------------------------------------------------------


def as_fipa(records: Iterable[Record]) -> Lines:
    """Yield what was said as FIPA ACL messages (SC00061G), a JSON array of objects with its parameters' own names.

    `reply-by` is in seconds on the society's clock, and the acts that FIPA does not know (walk, withdraw) keep their names.
    """
    protocols: dict[str, str] = {}
    opening = "["
    for record in records:
        if record.kind == "started":
            protocols[record.negotiation] = str(record.content.get("protocol", ""))
        elif record.kind == "said":
            yield f"{opening}\n{_json(acl(record, protocols.get(record.negotiation, ''))).decode()}"
            opening = ","
    yield "[]\n" if opening == "[" else "\n]\n"


def acl(record: Record, protocol: str) -> dict[str, Any]:
    """Return one message with FIPA's parameters."""
    message: dict[str, Any] = {
        "performative": record.act,
        "sender": {"name": record.sender},
        "receiver": [{"name": record.receiver}],
        "content": record.content,
        "language": "json",
        "ontology": "negotiate-rt",
        "protocol": f"fipa-{protocol}" if protocol in FIPA_PROTOCOLS else protocol,
        "conversation-id": record.negotiation,
        "reply-with": f"{record.sender}/{record.number}",
    }
    if record.in_reply_to:
        message["in-reply-to"] = f"{record.receiver}/{record.in_reply_to}"
    if record.reply_by is not None:
        message["reply-by"] = record.reply_by
    return message


FORMS: dict[str, Callable[[Iterable[Record]], Lines]] = {
    "jsonl": as_jsonl, "csv": as_csv, "mermaid": as_mermaid, "fipa": as_fipa,
}  # fmt: skip
