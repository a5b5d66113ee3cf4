"""What participants say to each other beside a convener: tables that are sound, walked arrow by arrow and at random."""

from __future__ import annotations

import random

import pytest

from negotiate_rt.machine import Board, Machine, Table
from negotiate_rt.messages.performatives import (
    Agree,
    Confirm,
    Inform,
    InformDone,
    InformRef,
    Lapse,
    Propagate,
    QueryRef,
    Request,
)
from negotiate_rt.protocols import BUILT_IN
from negotiate_rt.protocols.solving import lockstep
from negotiate_rt.testing import check_protocol
from tests.protocols.test_tables import Pair, rows_of

F, L = "former", "latter"
LAPSE = Lapse()
TALKING = [protocol for protocol in (one() for one in BUILT_IN) if protocol.channels()]
names = [protocol.name for protocol in TALKING]
GREETED = [(F, Inform), (L, Inform)]
SAME = (Request, InformDone, Propagate)
TREES = [(who, kind) for who in (F, L) for kind in SAME]
DPOP = {
    "the former is the child": [*GREETED, *TREES, (F, InformRef), (L, Confirm), "AGREED"],
    "the latter is the child": [(L, Inform), (F, Inform), *TREES, (L, InformRef), (F, Confirm), "AGREED"],
    "trees go on while a table waits": [*GREETED, (F, InformRef), *[(L, one) for one in SAME], (L, Confirm), "AGREED"],
    "they go on at the other side": [*GREETED, (L, InformRef), *[(F, one) for one in SAME], (F, Confirm), "AGREED"],
    "bounded, the former is the child": [
        *GREETED, (F, Agree), *[(L, one) for one in SAME], (L, QueryRef), (F, InformRef), (L, QueryRef), (F, InformRef),
        (L, Confirm), "AGREED",
    ],
    "bounded, the latter is the child": [
        *GREETED, (L, Agree), *[(F, one) for one in SAME], (F, QueryRef), (L, InformRef), (F, QueryRef), (L, InformRef),
        (F, Confirm), "AGREED",
    ],
    "both would be given values": [*GREETED, (F, Agree), (L, Agree), "FAILED"],
    "both would be given values, the other way": [*GREETED, (L, Agree), (F, Agree), "FAILED"],
    "one has a table, the other would be given values": [*GREETED, (F, InformRef), (L, Agree), "FAILED"],
    "one has a table, the other would be given values, the other way": [*GREETED, (L, InformRef), (F, Agree), "FAILED"],
    "one would be given values, the other has a table": [*GREETED, (F, Agree), (L, InformRef), "FAILED"],
    "one would be given values, the other has a table, the other way": [*GREETED, (L, Agree), (F, InformRef), "FAILED"],
    "no question for the former": [*GREETED, (F, Agree), LAPSE, "TIMEOUT"],
    "no question for the latter": [*GREETED, (L, Agree), LAPSE, "TIMEOUT"],
    "no answer of the former": [*GREETED, (F, Agree), (L, QueryRef), LAPSE, "TIMEOUT"],
    "no answer of the latter": [*GREETED, (L, Agree), (F, QueryRef), LAPSE, "TIMEOUT"],
    "both would be the child": [*GREETED, (F, InformRef), (L, InformRef), "FAILED"],
    "both would be the child, the other way": [*GREETED, (L, InformRef), (F, InformRef), "FAILED"],
    "never greeted": [LAPSE, "TIMEOUT"],
    "greeted by the former alone": [(F, Inform), LAPSE, "TIMEOUT"],
    "greeted by the latter alone": [(L, Inform), LAPSE, "TIMEOUT"],
    "no tree": [*GREETED, LAPSE, "TIMEOUT"],
    "no value for the former": [*GREETED, (F, InformRef), LAPSE, "TIMEOUT"],
    "no value for the latter": [*GREETED, (L, InformRef), LAPSE, "TIMEOUT"],
}  # fmt: skip


def phases(table: Table) -> list[str]:
    """The states of a table in phases in which nobody has spoken."""
    return [state for state, rows in table.moves.items() if len(rows) == 2]


def in_step(table: Table) -> dict[str, list[object]]:
    """Transcripts of a table in phases: a cycle in either order, and silence wherever it can fall."""
    steps = phases(table)
    found: dict[str, list[object]] = {
        "a cycle, the former first": [*[(who, Inform) for _ in steps for who in (F, L)], LAPSE, "TIMEOUT"],
        "a cycle, the latter first": [*[(who, Inform) for _ in steps for who in (L, F)], LAPSE, "TIMEOUT"],
    }
    for number in range(len(steps)):
        before = [(who, Inform) for _ in range(number) for who in (F, L)]
        found[f"silence in phase {number}"] = [*before, LAPSE, "TIMEOUT"]
        found[f"silence of the latter in phase {number}"] = [*before, (F, Inform), LAPSE, "TIMEOUT"]
        found[f"silence of the former in phase {number}"] = [*before, (L, Inform), LAPSE, "TIMEOUT"]
    return found


QUERIES = {
    "asked, answered, asked again": [(F, QueryRef), (L, InformRef), (F, QueryRef), LAPSE, "TIMEOUT"],
    "never asked": [LAPSE, "TIMEOUT"],
}
ROWS = {
    "extended, and back, and the best": [(L, Inform), (F, Request), (L, InformDone), (F, Confirm), "AGREED"],
    "no bound": [LAPSE, "TIMEOUT"],
    "nothing tried": [(L, Inform), LAPSE, "TIMEOUT"],
    "never back": [(L, Inform), (F, Request), LAPSE, "TIMEOUT"],
}
ASKING = [(who, kind) for who in (F, L) for kind in (QueryRef, InformRef, Inform)]
CHOICES = {
    "the former chooses first": [
        *ASKING, (F, Confirm), (L, QueryRef), (F, InformRef), (L, Inform), (L, InformRef), (L, Confirm), "AGREED",
    ],
    "the latter chooses first": [
        *ASKING, (L, Confirm), (F, QueryRef), (L, InformRef), (F, Inform), (F, InformRef), (F, Confirm), "AGREED",
    ],
    "nobody chooses": [LAPSE, "TIMEOUT"],
    "the latter never chooses": [(F, Confirm), LAPSE, "TIMEOUT"],
    "the former never chooses": [(L, Confirm), LAPSE, "TIMEOUT"],
}  # fmt: skip
# tables that are no lockstep; another protocol's are added by name
OWN = {"dpop": DPOP, "max-sum": QUERIES, "sync-bb": ROWS, "cocoa": CHOICES}
EACH = [
    (table, title, transcript)
    for protocol in TALKING
    for table in protocol.channels()
    for title, transcript in OWN.get(protocol.name, in_step(table)).items()
]


def walk(table: Table, transcript: list[object]) -> Pair:
    pair = Pair(table)
    *moves, end = transcript
    state = table.start
    for move in moves:
        state = pair.say(*move) if isinstance(move, tuple) else pair.pass_by(move)
    assert state == end
    return pair


@pytest.mark.parametrize(
    ("table", "title", "transcript"), EACH, ids=[f"{one.protocol}: {title}" for one, title, _ in EACH]
)
def test_transcript_of_a_channel(table, title, transcript):
    walk(table, transcript)


@pytest.mark.parametrize("protocol", TALKING, ids=names)
def test_every_arrow_of_a_channel_is_walked_by_a_transcript(protocol):
    for table in protocol.channels():
        transcripts = OWN.get(protocol.name, in_step(table)).values()
        assert rows_of(table) - set().union(*(walk(table, one).steps for one in transcripts)) == set()


@pytest.mark.parametrize("protocol", TALKING, ids=names)
def test_channels_are_sound(protocol):
    for table in protocol.channels():
        check_protocol(table)


@pytest.mark.parametrize("seed", range(20))
def test_lockstep_lets_nobody_be_ahead_by_more_than_a_word(seed):
    """Both ends of a channel with queues between them, stepped at random: nothing is ever heard that has no row."""
    table = lockstep("walk", "values", "offers", "gains")
    rng = random.Random(seed)
    ends = {role: Machine(table, role, Board(role, "", {})) for role in (F, L)}
    queues: dict[str, list[Inform]] = {F: [], L: []}
    said = dict.fromkeys(ends, 0)
    for _ in range(400):
        role = rng.choice((F, L))
        other = L if role == F else F
        if queues[role] and rng.random() < 0.5:
            ends[role].hear(queues[role].pop(0), 0.0)
        elif Inform in ends[role].state.says:
            ends[role].say(Inform(), 0.0)
            queues[other].append(Inform())
            said[role] += 1
        assert abs(said[F] - said[L]) <= 1
    assert min(said.values()) > 20
