"""What a verification found: frozen values, fit for JSON."""

from __future__ import annotations

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.lab.verify.whole import WINNERS
from negotiate_rt.lab.verify.worlds import DEADLOCK, DECLINE, OFFER, OUTCOME, RECEPTION, SILENCE

ENDS, REACH = "endings", "reach"
PROVED, REFUTED, OPEN, NOT_JUDGED = "proved", "refuted", "open", "not judged"
PROPERTIES = {
    RECEPTION: "no unspecified reception: nothing arrives where no row takes it, unless something was lost or late before",
    DEADLOCK: "no deadlock: while nothing is lost, the talk can go on without a timeout",
    SILENCE: "timeouts always lead out: from every state, silence alone leads to an end",
    ENDS: "every path can end: from every state an ending of the whole can be reached",
    OUTCOME: "one terminal outcome, by the supervisor, that contradicts no binding acceptance",
    OFFER: "no acceptance without a standing offer, and none binds that comes too late",
    WINNERS: "never two winners of one item",
    DECLINE: "whoever may accept can decline, too",
    REACH: "every state and every ending of the tables can come about",
}
ABSTRACTED = (
    "contents of messages: rules about them are taken to hold",
    "agents and hooks: each decides anything that is legal, or lets its turn pass, at any moment",
    "role coroutines: what they leave out of the tables' freedom is not used; bundle and joint table are what is verified",
    "time: only the order of what happens; expiry of an offer and every timeout may strike at any moment",
    "the supervisor's deadline and a crash of the convener: they may cut in anywhere, end the whole, and void what is open",
    "duplicates: dropped by serial number before a machine sees them, as the runtime does",
)


class Bounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far to look. participants: beside the convener (a two-party protocol has its two); faults: lost, overtaking or (without
    `deduplicate`) doubled messages on each way; in_flight: messages on each way at once; limit: states of the whole that are
    visited with every participant followed closely; beyond, one is, and the others are seen as their convener sees them.
    Raises ConfigurationError.
    """

    participants: int = 2
    faults: int = 2
    in_flight: int = 2
    deduplicate: bool = True
    limit: int = 300_000

    def __post_init__(self) -> None:
        for name, least, most in (
            ("participants", 1, 5), ("faults", 0, 1_000), ("in_flight", 1, 8), ("limit", 1, 50_000_000),
        ):  # fmt: skip
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise ConfigurationError(f"verify: {name}: expected a whole number from {least} to {most}, got {value!r}")


class Counterexample(msgspec.Struct, frozen=True, kw_only=True):
    """How a property fails: in words, the steps to there, and the same as diagrams. faults: on all ways together. sketched: the
    others are only seen as their convener sees them, and may do what no role can."""

    property: str
    wrong: str
    steps: int
    faults: int
    sketched: bool
    text: str
    mermaid: str


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One property and its verdict: proved, refuted, open (the bounds were too narrow to tell) or not judged; and why."""

    property: str
    claim: str
    verdict: str
    why: str = ""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What was proved of a protocol, within which bounds.

    any_faults: it holds for any number of faults, not only for so many. states, steps: of the whole, explored;
    dialogue_states: of one dialogue; closely: participants followed closely, the others as seen by their convener.
    abstracted_rules: content rules taken to hold. late: what may arrive too late and is dropped, nobody's fault:
    (message, where). channels: the same of what participants say to each other, whose ways keep order and lose nothing silently:
    there, a message is numbered, and what comes early waits. same_as: the protocol with the same tables that was verified.
    """

    protocol: str
    joint: bool
    participants: int
    closely: int
    bounds: Bounds
    any_faults: bool
    states: int
    steps: int
    dialogue_states: int
    seconds: float
    judgements: tuple[Judgement, ...]
    counterexamples: tuple[Counterexample, ...]
    outcomes: tuple[str, ...]
    late: tuple[tuple[str, str], ...]
    abstracted: tuple[str, ...]
    abstracted_rules: tuple[str, ...]
    channels: tuple[Verification, ...] = ()
    same_as: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing that was judged is refuted or open."""
        return all(one.verdict in (PROVED, NOT_JUDGED) for one in self.judgements) and all(one.holds for one in self.channels)

    def __repr__(self) -> str:
        refuted = [one.property for one in self.judgements if one.verdict == REFUTED]
        return f"<Verification {self.protocol}: {', '.join(refuted) or 'holds'}, {self.states} states>"
