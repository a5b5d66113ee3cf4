"""An agreement as a document: who agreed with whom on what and when, and where the journal proves it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.journal.reading import segments
from negotiate_rt.journal.recovery import Sorter
from negotiate_rt.journal.rows import ENDED, OPENED, SAID, SEATED, STARTED
from negotiate_rt.messages.codec import ACT
from negotiate_rt.messages.outcome import AGREED

NO_TERMS = frozenset({  # fields of results that tell how it came about, and how well: the journal holds them
    "ballots", "bids", "bound", "bytes", "changes", "checks", "conditioned", "curve", "cycles", "demands", "disclosed", "drawn",
    "engine", "final_cost", "history", "largest_table", "messages", "method", "promised", "proposals", "proven", "roots",
    "success", "theory", "util_messages", "value_messages", "verdicts", "width", "winning_bid", "worths",
})  # fmt: skip


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What one negotiation agreed on.

    `reference` names the negotiation and the accepted offer; `terms` by name; `parties` as (role, name); `at` seconds on
    the society's clock, `date` the same in the world's (None: it was virtual); `hash`: that of the segment which holds the
    ending, the proof in the journal's chain.
    """

    reference: str
    society: str
    protocol: str
    parties: tuple[tuple[str, str], ...]
    terms: dict[str, Any]
    offered_by: str | None
    offered_at: float | None
    accepted_by: str | None
    at: float
    date: str | None
    round: int
    utilities: dict[str, float]
    journal: str
    segment: int
    hash: str

    def markdown(self) -> str:
        """Return the document."""
        when = f"{self.at:g} s on the clock of {self.society}" + (f" ({self.date})" if self.date else "")
        lines = [
            f"# Agreement {self.reference}",
            "",
            f"Concluded {when}, in round {self.round}, by the rules of *{self.protocol}*.",
        ]
        lines += ["", "## Parties", "", *(f"- {name} ({role})" for role, name in self.parties)]
        lines += ["", "## Terms", "", "| | |", "|---|---|"]
        lines += [f"| {cell(name)} | {cell(shown(value))} |" for name, value in self.terms.items()]
        if self.offered_by is not None:
            accepted = f", accepted by {self.accepted_by}" if self.accepted_by else ""
            lines += ["", f"Offered by {self.offered_by} at {self.offered_at:g} s{accepted}."]
        lines += ["", "## Reference", "", f"Journal `{self.journal}`, segment {self.segment}, SHA-256 `{self.hash}`."]
        return "\n".join(lines) + "\n"


class Finding:
    """What is gathered about one negotiation on the way through its journal."""

    def __init__(self) -> None:
        self.society: Mapping[str, Any] = {}
        self.facts: Mapping[str, Any] = {}
        self.accepting: dict[str, str] = {}  # offer -> who took it
        self.names: dict[int, tuple[str, str]] = {}


def agreement(path: str | Path, talk: str | None = None) -> Agreement:
    """Return the agreement of a negotiation, or of the only one in the journal.

    Raises ConfigurationError if there is no such negotiation, or it did not end in an agreement.
    """
    path, talk_of = Path(path), Sorter()
    found: dict[str, Finding] = {}
    society: Mapping[str, Any] = {}
    ended: list[tuple[str, Agreement | str]] = []
    for segment in segments(path):
        for row in segment.rows:
            kind, of = row[0], talk_of(row)
            if kind == OPENED:
                society = row[2]
            if not of or (talk is not None and of != talk):
                continue
            one = found.setdefault(of, Finding())
            if kind == STARTED:
                one.society, one.facts = society, row[3]
            elif kind == SEATED:
                one.names[row[2]], one.names[row[2] + 1] = (row[4], row[5]), (row[5], row[4])
            elif kind == SAID and row[6].get(ACT) == "accept-proposal":
                one.accepting[str(row[6].get("offer", ""))] = one.names.get(row[2], ("", ""))[0]
            elif kind == ENDED:
                ended.append((of, document(of, one, row[1], row[3], (str(path.name), segment.number, segment.hash))))
                del found[of]
    return the_one(path, talk, ended)


def the_one(path: Path, talk: str | None, ended: list[tuple[str, Agreement | str]]) -> Agreement:
    """Return the agreement that is meant. Raises ConfigurationError."""
    agreed = [one for _, one in ended if isinstance(one, Agreement)]
    if talk is None and len(agreed) != 1:
        some = ", ".join(of for of, one in ended if isinstance(one, Agreement))[:200]
        raise ConfigurationError(
            f"{path}: {len(agreed)} negotiations ended in an agreement: name one with --negotiation ({some})"
        )
    if not ended:
        raise ConfigurationError(f"{path}: no negotiation {talk!r} has ended in it")
    last = agreed[0] if talk is None else ended[-1][1]
    if isinstance(last, str):
        raise ConfigurationError(f"{path}: {talk} did not end in an agreement: {last}")
    return last


def document(
    talk: str, one: Finding, at: float, outcome: Mapping[str, Any], place: tuple[str, int, str]
) -> Agreement | str:
    """Return the agreement of an outcome, or in words what else it was."""
    if outcome.get("state") != AGREED:
        return f"{outcome.get('state')}: {outcome.get('reason')}"
    offer = outcome.get("accepted")
    began = one.society.get("began")
    date = (datetime.fromisoformat(began) + timedelta(seconds=at)).isoformat(timespec="seconds") if began else None
    return Agreement(
        reference=offer["id"] if offer else talk, society=str(one.society.get("society", "")),
        protocol=str(outcome.get("protocol", "")), parties=tuple((role, name) for role, name in one.facts.get("seats", ())),
        terms=terms_of(one.facts, outcome), offered_by=offer["agent"] if offer else None,
        offered_at=offer["at"] if offer else None, accepted_by=one.accepting.get(offer["id"]) if offer else None, at=at,
        date=date, round=int(outcome.get("rounds", 0)), utilities=dict(outcome.get("utilities") or {}), journal=place[0],
        segment=place[1], hash=place[2],
    )  # fmt: skip


def terms_of(facts: Mapping[str, Any], outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was agreed, by name: the issues of a bargain, a price, or what the protocol fixed as its result."""
    offer, issues = outcome.get("accepted"), facts.get("issues", ())
    if offer is not None:
        value = offer["value"]
        if isinstance(value, list) and len(value) == len(issues):
            return dict(zip(issues, value, strict=True))
        return {issues[0] if len(issues) == 1 else "value": value, **result_of(outcome)}
    return result_of(outcome) or {"result": None}


def result_of(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a protocol's result that say what is to be done."""
    result = outcome.get("result")
    if not isinstance(result, Mapping):
        return {} if result is None else {"result": result}
    kept = {str(name): value for name, value in result.items() if name not in NO_TERMS}
    return {name: value for name, value in kept.items() if value not in (None, "", [], {})}


def shown(value: Any) -> str:
    """Return a term's value for the document."""
    if isinstance(value, float):
        return f"{value:.10g}"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def cell(text: str) -> str:
    """Return text for a cell of a table."""
    return text.replace("|", "\\|").replace("\n", " ")
