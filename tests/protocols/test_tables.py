"""The built-in tables: sound, every row of them walked by a named transcript, and never broken by a random walk."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from negotiate_rt.errors import LocalProtocolError, RemoteProtocolError
from negotiate_rt.machine import Board, Machine, Table
from negotiate_rt.machine.joint import JointMachine
from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.messages.performatives import (
    Accept,
    Agree,
    Cancel,
    Cfp,
    Confirm,
    Failure,
    Inform,
    InformDone,
    InformIf,
    InformRef,
    InformResult,
    Lapse,
    NotUnderstood,
    Propose,
    QueryIf,
    QueryRef,
    Refuse,
    Reject,
    Request,
    Skip,
    Subscribe,
    Walk,
    Withdraw,
)
from negotiate_rt.problems.combinatorial import BundleBid, BundleBids
from negotiate_rt.problems.lots import LotBid
from negotiate_rt.problems.orders import Order
from negotiate_rt.protocols import BUILT_IN
from negotiate_rt.protocols.alternating_menus import Menu
from negotiate_rt.testing import check_protocol
from tests.protocols.dialogue_transcripts import AGAIN, AGAIN_JOINT, BROKEN, DIALOGUES
from tests.protocols.mediation_transcripts import JOINT_MEDIATIONS, MEDIATIONS

UNITS = ("discriminatory-auction", "uniform-price-auction", "multi-unit-vickrey-auction")
SEALED = (*UNITS, "double-auction", "gsp-auction", "all-pay-auction")
PROTOCOLS = [one() for one in BUILT_IN]
names = [protocol.name for protocol in PROTOCOLS]


class Pair:
    """Both ends of a dialogue, with every message taken at once; `steps` are the rows that were walked."""

    def __init__(self, table: Table, max_rounds: int = 3) -> None:
        self.offers: dict[str, NegotiationOffer] = {}
        first, second = table.roles
        boards = Board("ann", "bob", self.offers), Board("bob", "ann", self.offers)
        self.ends = {
            role: Machine(table, role, board, max_rounds) for role, board in zip((first, second), boards, strict=True)
        }
        self.steps: set[tuple[str, ...]] = set()

    def say(self, role: str, kind: type) -> str:
        """One end says an act, the other hears it; return the state that both are in."""
        mine, theirs = self.ends[role], self.ends[self.ends[role].other]
        before = mine.state.name
        message = self.message(mine, kind)
        mine.say(message, 0.0)
        theirs.hear(message, 0.0)
        self.steps.add(("moves", before, role, kind.__name__))
        return self.state(before)

    def message(self, machine: Machine, kind: type) -> object:  # noqa: C901  # one branch an act
        board = machine.board
        if kind is Propose:
            maker = "somebody else" if machine.role == "chair" else board.agent  # a chair passes on
            offer = NegotiationOffer(f"o{len(self.offers)}", maker, float(len(self.offers)), 1, 0.0)
            self.offers[offer.id] = offer
            if machine.table.protocol == "alternating-menus":
                return Propose(Menu(((offer.id, offer.value),)), offer.id)
            if machine.table.protocol == "double-auction":
                offer = self.offers[offer.id] = replace(offer, value=(Order("buy", offer.value),))
            if machine.table.protocol == "simultaneous-ascending-auction":
                offer = self.offers[offer.id] = replace(offer, value=(LotBid("north", offer.value),))
            if machine.table.protocol == "continuous-double-auction":
                offer = self.offers[offer.id] = replace(offer, value=Order("buy", offer.value))
            if machine.table.protocol in UNITS:
                offer = self.offers[offer.id] = replace(offer, value=(offer.value,))
            if machine.table.protocol == "combinatorial-auction":
                said = BundleBids((BundleBid(maker, {"north"}, offer.value),))
                offer = self.offers[offer.id] = replace(offer, value=said)
            return Propose(offer.value, offer.id)
        if kind is Accept and machine.role == "chair" and board.last_heard is not None:
            return Accept(board.last_heard.id)  # the offer of the party at the other end, whatever was passed on since
        if kind is Accept and board.standing is not None:
            return Accept(board.standing.id)
        if kind is Withdraw and board.own is not None:
            return Withdraw(board.own.id)
        if kind is InformIf:
            return InformIf(True)
        return kind()

    def pass_by(self, event: object) -> str:
        before = next(iter(self.ends.values())).state.name
        for machine in self.ends.values():
            machine.pass_by(event)
        self.steps.add(("skips" if isinstance(event, Skip) else "timeouts", before))
        return self.state(before)

    def state(self, before: str) -> str:
        states = {machine.state.name for machine in self.ends.values()}
        assert len(states) == 1, f"the ends disagree after {before}: {states}"
        rounds = {(machine.turns, machine.round) for machine in self.ends.values()}
        assert len(rounds) == 1
        return states.pop()


def rows_of(table: Table) -> set[tuple[str, ...]]:
    """Every arrow of a table."""
    moves = {("moves", state, role, kind.__name__) for state, rows in table.moves.items() for role, kind in rows}
    return moves | {("timeouts", state) for state in table.timeouts} | {("skips", state) for state in table.skips}


I, R = "initiator", "responder"  # noqa: E741  # as the transcripts read best
M, C = "manager", "contractor"
Y, Z = "buyer", "seller"
A, B = "auctioneer", "bidder"
F, S = "first", "second"
H, P = "chair", "party"
J = "referee"
SKIP, LAPSE = Skip(), Lapse()

# A transcript is what was said, by whom, and the state it ends in.
BARGAINS = {
    "accepted at once": [(I, Propose), (R, Accept), "AGREED"],
    "accepted in answer": [(I, Propose), (R, Propose), (I, Accept), "AGREED"],
    "initiator walks at once": [(I, Walk), "FAILED"],
    "responder walks": [(I, Propose), (R, Walk), "FAILED"],
    "initiator walks later": [(I, Propose), (R, Propose), (I, Walk), "FAILED"],
    "counter-proposals": [(I, Propose), (R, Propose), (I, Propose), (R, Accept), "AGREED"],
    "initiator takes its offer back": [(I, Propose), (I, Withdraw), (R, Propose), (I, Accept), "AGREED"],
    "responder takes its offer back": [(I, Propose), (R, Propose), (R, Withdraw), (I, Propose), (R, Accept), "AGREED"],
    "initiator takes back after a skip": [(I, Propose), SKIP, (I, Withdraw), (I, Propose), (R, Accept), "AGREED"],
    "responder takes back after a skip": [SKIP, (R, Propose), SKIP, (R, Withdraw), (R, Walk), "FAILED"],
    "silence at the opening": [LAPSE, "TIMEOUT"],
    "silence of the responder": [(I, Propose), LAPSE, "TIMEOUT"],
    "silence of the initiator": [(I, Propose), (R, Propose), LAPSE, "TIMEOUT"],
    "three rounds": [(I, Propose), (R, Propose), (I, Propose), (R, Propose), (I, Propose), (R, Propose), "DEADLOCK"],
    "three rounds of skips": [SKIP, SKIP, SKIP, SKIP, SKIP, SKIP, "DEADLOCK"],
}
GAMES = {
    title: [(F if move[0] == I else S, move[1]) if isinstance(move, tuple) else move for move in transcript]
    for title, transcript in BARGAINS.items()
}
TALKS = {
    "an offer is taken": [(H, Cfp), (P, Propose), (H, Inform), (H, Accept), "SETTLED"],
    "another's offer is accepted, and taken back": [
        (H, Propose), (H, Cfp), (P, Accept), (H, Withdraw), (H, Cfp), (P, Propose), (H, Accept), "SETTLED",
    ],
    "taken back while it decides": [(H, Propose), (H, Cfp), (H, Withdraw), (P, Walk), "LEFT"],
    "takes its own offer back": [(H, Cfp), (P, Propose), (P, Withdraw), LAPSE, "LEFT"],
    "takes its own offer back in its turn": [(H, Cfp), (P, Propose), (H, Cfp), (P, Withdraw), (P, Walk), "LEFT"],
    "a turn is skipped": [(H, Cfp), SKIP, (H, Cfp), LAPSE, LAPSE, "LEFT"],
}  # fmt: skip
CONCESSIONS = {
    "its offer is the deal": [(H, Cfp), (P, Propose), (H, Propose), (H, QueryIf), (P, Inform), (H, Accept), "SETTLED"],
    "its offer is refused": [(H, Cfp), (P, Propose), (H, QueryIf), (P, Inform), (H, Reject), LAPSE, "LEFT"],
    "it walks": [(H, Cfp), (P, Walk), "LEFT"],
    "it stands still": [(H, Cfp), SKIP, (H, QueryIf), (P, Inform), (H, Cfp), LAPSE, LAPSE, "LEFT"],
    "it never judges": [(H, QueryIf), LAPSE, "LEFT"],
}
DEMANDS = {
    "demands fit": [(H, Cfp), (P, Propose), (H, Inform), LAPSE, "HEARD"],
    "it walks": [(H, Cfp), (P, Walk), "LEFT"],
    "it makes no demand": [(H, Cfp), SKIP, (H, Cfp), LAPSE, LAPSE, "HEARD"],
}
COMMITMENTS = {
    "seller accepts and is chosen": [(Y, Propose), (Z, Accept), (Y, Confirm), (Y, Agree), "SETTLED"],
    "seller accepts and is not": [(Y, Propose), (Z, Accept), (Y, Reject), "NOT_CHOSEN"],
    "buyer accepts": [(Y, Propose), (Z, Propose), (Y, Accept), (Y, Agree), "SETTLED"],
    "commitment broken": [(Y, Propose), (Z, Propose), (Y, Accept), (Y, Cancel), "DECOMMITTED"],
    "buyer breaks off": [(Y, Reject), "NOT_CHOSEN"],
    "seller walks": [(Y, Propose), (Z, Walk), "LEFT"],
    "turns skipped": [SKIP, SKIP, SKIP, (Z, Propose), LAPSE, "CLOSED"],
    "silence of the seller": [(Y, Propose), LAPSE, "CLOSED"],
    "silence about the choice": [(Y, Propose), (Z, Accept), LAPSE, "CLOSED"],
    "silence about the deal": [(Y, Propose), (Z, Accept), (Y, Confirm), LAPSE, "CLOSED"],
}
SIGNALS = {
    **{title: [(I, Inform), (R, Inform), *transcript] for title, transcript in BARGAINS.items() if "three" not in title},
    "rounds used up": [(I, Inform), (R, Inform), (I, Propose), (R, Propose), (I, Propose), (R, Propose), "DEADLOCK"],
    "nothing signalled": [SKIP, SKIP, (I, Propose), (R, Accept), "AGREED"],
    "initiator walks instead": [(I, Walk), "FAILED"],
    "responder walks on hearing it": [(I, Inform), (R, Walk), "FAILED"],
    "silence instead of a signal": [LAPSE, "TIMEOUT"],
    "silence instead of an answer": [(I, Inform), LAPSE, "TIMEOUT"],
}
CONTRACTS = {
    "done": [(M, Cfp), (C, Propose), (M, Accept), (C, InformDone), "FULFILLED"],
    "done with a result": [(M, Cfp), (C, Propose), (M, Accept), (C, InformResult), "FULFILLED"],
    "failed": [(M, Cfp), (C, Propose), (M, Accept), (C, Failure), "NOT_FULFILLED"],
    "never reported": [(M, Cfp), (C, Propose), (M, Accept), LAPSE, "NOT_FULFILLED"],
    "report skipped": [(M, Cfp), (C, Propose), (M, Accept), SKIP, "NOT_FULFILLED"],
    "rejected": [(M, Cfp), (C, Propose), (M, Reject), "NOT_AWARDED"],
    "never answered": [(M, Cfp), (C, Propose), LAPSE, "NOT_AWARDED"],
    "refused": [(M, Cfp), (C, Refuse), "NOT_AWARDED"],
    "not understood": [(M, Cfp), (C, NotUnderstood), "NOT_AWARDED"],
    "bid skipped": [(M, Cfp), SKIP, "NOT_AWARDED"],
    "never called": [LAPSE, "NOT_AWARDED"],
    "late proposal": [(M, Cfp), LAPSE, (C, Propose), (M, Reject), "NOT_AWARDED"],
    "late refusal": [(M, Cfp), LAPSE, (C, Refuse), "NOT_AWARDED"],
    "late not-understood": [(M, Cfp), LAPSE, (C, NotUnderstood), "NOT_AWARDED"],
    "silence to the end": [(M, Cfp), LAPSE, LAPSE, "NOT_AWARDED"],
    "late and unanswered": [(M, Cfp), LAPSE, (C, Propose), LAPSE, "NOT_AWARDED"],
    "cancelled while bidding": [(M, Cfp), (M, Cancel), (C, InformDone), "CANCELLED"],
    "cancelled while silent": [(M, Cfp), LAPSE, (M, Cancel), (C, Failure), "CANCELLED"],
    "cancelled before the award": [(M, Cfp), (C, Propose), (M, Cancel), (C, InformDone), "CANCELLED"],
    "cancelled at work": [(M, Cfp), (C, Propose), (M, Accept), (M, Cancel), (C, InformDone), "CANCELLED"],
    "cancel crosses a result": [(M, Cfp), (C, Propose), (M, Accept), (M, Cancel), (C, InformResult), "CANCELLED"],
    "cancel crosses a refusal": [(M, Cfp), (M, Cancel), (C, Refuse), "CANCELLED"],
    "cancel crosses a not-understood": [(M, Cfp), (M, Cancel), (C, NotUnderstood), "CANCELLED"],
    "cancel crosses a proposal": [(M, Cfp), (M, Cancel), (C, Propose), (C, InformDone), "CANCELLED"],
    "cancel unanswered": [(M, Cfp), (M, Cancel), LAPSE, "CANCELLED"],
    "done after news": [(M, Cfp), (C, Propose), (M, Accept), (C, Inform), (C, Inform), (C, InformDone), "FULFILLED"],
    "cancel crosses news": [
        (M, Cfp), (C, Propose), (M, Accept), (M, Cancel), (C, Inform), (C, InformDone), "CANCELLED",
    ],
}
AUCTIONS = {
    "won": [(A, Cfp), (B, Propose), (A, Accept), (A, Inform), "WON"],
    "won, price unheard": [(A, Cfp), (B, Propose), (A, Accept), LAPSE, "WON"],
    "lost": [(A, Cfp), (B, Propose), (A, Reject), "LOST"],
    "result unheard": [(A, Cfp), (B, Propose), LAPSE, "OUT"],
    "no bid": [(A, Cfp), (B, Refuse), "OUT"],
    "not understood": [(A, Cfp), (B, NotUnderstood), "OUT"],
    "skipped": [(A, Cfp), SKIP, "OUT"],
    "never called": [LAPSE, "OUT"],
    "late bid": [(A, Cfp), LAPSE, (B, Propose), (A, Reject), "OUT"],
    "late bid unanswered": [(A, Cfp), LAPSE, (B, Propose), LAPSE, "OUT"],
    "late refusal": [(A, Cfp), LAPSE, (B, Refuse), "OUT"],
    "late not-understood": [(A, Cfp), LAPSE, (B, NotUnderstood), "OUT"],
    "silence": [(A, Cfp), LAPSE, LAPSE, "OUT"],
}
OUTCRIES = {
    "won": [(A, Cfp), (B, Propose), (A, Inform), (A, Accept), (A, Inform), "WON"],
    "won, price unheard": [(A, Cfp), (B, Propose), (A, Accept), LAPSE, "WON"],
    "outbid": [(A, Cfp), (B, Propose), (A, Cfp), (B, Refuse), (A, InformResult), "LOST"],
    "too little, and called again": [(A, Cfp), (B, Propose), (A, Reject), (A, Cfp), (B, Propose), (A, InformResult), "LOST"],
    "lets a round pass": [(A, Cfp), (B, Reject), (A, Cfp), (B, Propose), (A, Accept), (A, Inform), "WON"],
    "passes by skipping": [(A, Cfp), SKIP, (A, Cfp), (B, Propose), (A, InformResult), "LOST"],
    "wins after leaving": [(A, Cfp), (B, Propose), (A, Cfp), (B, Refuse), (A, Accept), (A, Inform), "WON"],
    "not understood": [(A, Cfp), (B, NotUnderstood), "OUT"],
    "gone while waiting": [LAPSE, "OUT"],
    "gone while watching": [(A, Cfp), (B, Refuse), LAPSE, "OUT"],
    "sold while it thinks": [(A, Cfp), (A, Cancel), "LOST"],
    "sold while its bid travels": [(A, Cfp), (B, Propose), (A, Cancel), "LOST"],
    "sold while its refusal travels": [(A, Cfp), (B, Refuse), (A, Cancel), "LOST"],
    "late bid": [(A, Cfp), LAPSE, (B, Propose), (A, Reject), (A, InformResult), "LOST"],
    "late bid at the hammer": [(A, Cfp), LAPSE, (B, Propose), (A, Cancel), "LOST"],
    "late bid unanswered": [(A, Cfp), LAPSE, (B, Propose), LAPSE, "OUT"],
    "late pass": [(A, Cfp), LAPSE, (B, Reject), (A, InformResult), "LOST"],
    "late refusal": [(A, Cfp), LAPSE, (B, Refuse), (A, InformResult), "LOST"],
    "late not-understood": [(A, Cfp), LAPSE, (B, NotUnderstood), "OUT"],
    "late skip": [(A, Cfp), LAPSE, SKIP, (A, InformResult), "LOST"],
    "sold while it is silent": [(A, Cfp), LAPSE, (A, Cancel), "LOST"],
    "silence": [(A, Cfp), LAPSE, LAPSE, "OUT"],
}
CLOCKS = {title: one for title, one in OUTCRIES.items() if (B, Reject) not in one}
FLOORS = {
    "looks, orders, takes it back": [
        (A, Cfp), (B, QueryRef), (A, Inform), (B, Propose), (A, Inform), (B, Withdraw), (A, Inform), (A, InformResult), "CLOSED",
    ],
    "closed while it waits for news": [(A, Cfp), (B, QueryRef), (A, InformResult), "CLOSED"],
    "leaves": [(A, Cfp), (B, Refuse), (A, InformResult), "CLOSED"],
    "not understood": [(A, Cfp), (B, NotUnderstood), (A, InformResult), "CLOSED"],
    "lets a turn pass": [(A, Cfp), SKIP, (A, InformResult), "CLOSED"],
    "never opened": [LAPSE, "OUT"],
    "silence on the floor": [(A, Cfp), LAPSE, "OUT"],
    "silence after a look": [(A, Cfp), (B, QueryRef), LAPSE, "OUT"],
    "silence after leaving": [(A, Cfp), (B, Refuse), LAPSE, "OUT"],
}
COALITIONS = {
    "proposes, and hears of it": [(H, Cfp), (P, Propose), (H, Inform), (H, InformResult), "SETTLED"],
    "joins, and leaves": [(H, Propose), (P, Accept), (H, Inform), (H, Cfp), (P, Cancel), (H, InformResult), "SETTLED"],
    "rejects, and passes": [(H, Propose), (P, Reject), (H, Cfp), (P, Refuse), (H, InformResult), "SETTLED"],
    "walks at its turn": [(H, Cfp), (P, Walk), "LEFT"],
    "walks when asked": [(H, Propose), (P, Walk), "LEFT"],
    "turns are skipped": [(H, Cfp), SKIP, (H, Propose), SKIP, (H, Cancel), "SETTLED"],
    "news while it thinks": [(H, Cfp), (H, Inform), (P, Refuse), (H, Propose), (H, Inform), (P, Accept), LAPSE, "LEFT"],
    "closed while it thinks": [(H, Cfp), (H, Cancel), "SETTLED"],
    "closed while it is asked": [(H, Propose), (H, Cancel), "SETTLED"],
    "late proposal": [(H, Cfp), LAPSE, (P, Propose), (H, Inform), (H, Reject), (H, Reject), (H, InformResult), "SETTLED"],
    "late proposal at the close": [(H, Cfp), LAPSE, (P, Propose), (H, Cancel), "SETTLED"],
    "late proposal unanswered": [(H, Cfp), LAPSE, (P, Propose), LAPSE, "LEFT"],
    "late leave": [(H, Cfp), LAPSE, (H, Inform), (P, Cancel), (H, InformResult), "SETTLED"],
    "late pass": [(H, Cfp), LAPSE, (P, Refuse), (H, InformResult), "SETTLED"],
    "late acceptance": [(H, Propose), LAPSE, (P, Accept), (H, InformResult), "SETTLED"],
    "late rejection": [(H, Propose), LAPSE, (P, Reject), (H, InformResult), "SETTLED"],
    "late walk": [(H, Propose), LAPSE, (P, Walk), "LEFT"],
    "late skip": [(H, Propose), LAPSE, SKIP, (H, InformResult), "SETTLED"],
    "closed while it is silent": [(H, Cfp), LAPSE, (H, Cancel), "SETTLED"],
    "silence": [(H, Cfp), LAPSE, LAPSE, "LEFT"],
}
K = "claimant"
DIVISIONS = {
    "answers, and hears its award": [(J, Cfp), (K, Propose), (J, InformResult), "SERVED"],
    "answers twice": [(J, Cfp), (K, Propose), (J, Cfp), (K, Propose), (J, InformResult), "SERVED"],
    "passes": [(J, Cfp), (K, Reject), (J, InformResult), "SERVED"],
    "is skipped": [(J, Cfp), SKIP, (J, InformResult), "SERVED"],
    "leaves": [(J, Cfp), (K, Walk), "OUT"],
    "not understood": [(J, Cfp), (K, NotUnderstood), "OUT"],
    "never called": [LAPSE, "OUT"],
    "silence": [(J, Cfp), LAPSE, LAPSE, "OUT"],
    "late answer": [(J, Cfp), LAPSE, (K, Propose), (J, Reject), (J, Reject), (J, InformResult), "SERVED"],
    "late answer unanswered": [(J, Cfp), LAPSE, (K, Propose), LAPSE, "OUT"],
    "late pass": [(J, Cfp), LAPSE, (K, Reject), (J, InformResult), "SERVED"],
    "late skip": [(J, Cfp), LAPSE, SKIP, (J, InformResult), "SERVED"],
    "leaves late": [(J, Cfp), LAPSE, (K, Walk), "OUT"],
    "late not-understood": [(J, Cfp), LAPSE, (K, NotUnderstood), "OUT"],
}
U, N = "coordinator", "agent"
SOLVED = {
    "solves and reports": [(U, Request), (N, InformResult), "DONE"],
    "refuses": [(U, Request), (N, Refuse), "REFUSED"],
    "never told to begin": [LAPSE, "SILENT"],
    "never reports": [(U, Request), LAPSE, "SILENT"],
}
SEARCHES = ("dpop", "mgm", "mgm-2", "dsa", "max-sum", "sync-bb", "cocoa")
SHARING = (
    "divide-and-choose", "adjusted-winner", "knaster", "round-robin", "envy-cycle-elimination", "maximum-nash-welfare",
    "leximin", "probabilistic-serial", "rent-division", "bankruptcy", "moving-knife",
)  # fmt: skip
BALLOTS = {
    "an offer, two votes, a deal": [
        (H, Cfp), (P, Propose), (H, Inform), (H, Propose), (P, Accept), (H, Propose), (P, Reject), (H, Inform), (H, Accept),
        "SETTLED",
    ],
    "walks in place of an offer": [(H, Cfp), (P, Walk), "LEFT"],
    "walks in place of a vote": [(H, Propose), (P, Walk), "LEFT"],
    "passes both": [(H, Cfp), SKIP, (H, Propose), SKIP, LAPSE, "LEFT"],
    "silent twice": [(H, Cfp), LAPSE, (H, Propose), LAPSE, LAPSE, "LEFT"],
}  # fmt: skip
TRANSCRIPTS = {
    "bilateral": BARGAINS, "rubinstein": GAMES, "stacked-alternating-offers": TALKS, "monotonic-concession": CONCESSIONS,
    "alternating-menus": {
        title: one for title, one in BARGAINS.items() if not any(Withdraw in move for move in one if isinstance(move, tuple))
    },
    "nash-demand": DEMANDS, "alternating-multiple-offers": BALLOTS,
    "concurrent-bargaining": COMMITMENTS, "signalled-bargaining": SIGNALS,
    "contract-net": CONTRACTS | BROKEN, "first-price-auction": AUCTIONS,
    "vickrey-auction": AUCTIONS,
    **dict.fromkeys(SEALED, AUCTIONS), "continuous-double-auction": FLOORS,
    "simultaneous-ascending-auction": OUTCRIES,
    **dict.fromkeys(SHARING, DIVISIONS), **dict.fromkeys(SEARCHES, SOLVED),
    "combinatorial-auction": AUCTIONS, "coalition-formation": COALITIONS, "mediation": MEDIATIONS,
    "english-auction": OUTCRIES, "japanese-auction": CLOCKS, "dutch-auction": OUTCRIES,
    "iterated-contract-net": CONTRACTS | AGAIN, **DIALOGUES,
}  # fmt: skip
EACH = [(p, title) for p in PROTOCOLS for title in TRANSCRIPTS[p.name]]


def walk(table, transcript) -> Pair:
    pair = Pair(table)
    *moves, end = transcript
    state = table.start
    for move in moves:
        state = pair.say(*move) if isinstance(move, tuple) else pair.pass_by(move)
    assert state == end
    assert all(machine.state.final for machine in pair.ends.values())
    return pair


@pytest.mark.parametrize(("protocol", "title"), EACH, ids=[f"{p.name}: {title}" for p, title in EACH])
def test_transcript(protocol, title):
    walk(protocol.table, TRANSCRIPTS[protocol.name][title])


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=names)
def test_every_arrow_is_walked_by_a_transcript(protocol):
    walked = set().union(*(walk(protocol.table, one).steps for one in TRANSCRIPTS[protocol.name].values()))
    assert rows_of(protocol.table) - walked == set()


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=names)
def test_tables_are_sound(protocol):
    check_protocol(protocol)
    protocol.check()


# ----------------------------------------------------------------------------------------------------------- random walks
ACTS = (
    Accept,
    Agree,
    Cancel,
    Cfp,
    Confirm,
    Failure,
    Inform,
    InformDone,
    InformIf,
    InformRef,
    InformResult,
    NotUnderstood,
    Propose,
    QueryIf,
    QueryRef,
    Refuse,
    Reject,
    Request,
    Subscribe,
    Walk,
    Withdraw,
)


def refusal_of(function, *arguments) -> LocalProtocolError | None:
    try:
        function(*arguments)
    except LocalProtocolError as error:
        return error
    return None


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=names)
@given(seed=st.integers(0, 10**6), rounds=st.integers(1, 4))
@settings(max_examples=40)
def test_random_walk_never_breaks_and_what_is_illegal_changes_nothing(protocol, seed, rounds):
    draw = random.Random(seed)
    pair = Pair(protocol.table, rounds)
    for _ in range(40):
        role = draw.choice(protocol.table.roles)
        machine, kind = pair.ends[role], draw.choice((*ACTS, Skip, Lapse))
        before = machine.state
        if before.final:
            break
        if kind in (Skip, Lapse):
            pair.pass_by(kind())
            continue
        refusal = refusal_of(pair.say, role, kind)
        if refusal is None:
            assert kind in before.says
            continue
        assert kind not in before.says or refusal.reason, "only a content rule refuses what has a row"
        assert {end.state.name for end in pair.ends.values()} == {before.name}
        assert refusal.legal == before.legal
    machine = pair.ends[protocol.table.roles[0]]
    assert machine.state.final or machine.state.legal
    if "DEADLOCK" in protocol.table.names():
        signals = protocol.name == "signalled-bargaining"  # two of them, which its roles do not count as turns
        assert machine.round <= rounds + signals


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=names)
def test_every_act_without_a_row_is_refused_at_both_ends_with_what_is_legal(protocol):
    table = protocol.table
    for state in table.moves:
        for role in table.roles:
            for kind in ACTS:
                pair = Pair(table)
                machine = pair.ends[role]
                machine.state = table.states[role][state]
                if kind not in machine.state.says:
                    with pytest.raises(LocalProtocolError) as ours:
                        machine.say(kind(1) if kind is Propose else kind(), 0.0)
                    assert ours.value.legal == machine.state.legal
                if kind not in machine.state.hears:
                    with pytest.raises(RemoteProtocolError) as theirs:
                        machine.hear(kind(1) if kind is Propose else kind(), 0.0)
                    assert theirs.value.role == machine.other
                assert machine.state.name == state


# ----------------------------------------------------------------------------------------------------------- joint tables
JOINT = {
    "contract-net": {
        "award and done": [Cfp, Reject, "closed", Reject, Accept, Reject, "awarded", "fulfilled", "AGREED"],
        "nobody": [Cfp, "closed", Reject, "nobody", "FAILED"],
        "several awards": [Cfp, "closed", Accept, Reject, Accept, "awarded", "fulfilled", "AGREED"],
        "again": [Cfp, "closed", Accept, "awarded", Cancel, Reject, "again", Cfp, "closed", "nobody", "FAILED"],
        "unfulfilled": [Cfp, "closed", Accept, "awarded", "unfulfilled", "FAILED"],
        "next best": [Cfp, "closed", Accept, "awarded", "next best", Accept, "awarded", Reject, "fulfilled", "AGREED"],
        "cancel while collecting": [Cfp, Cancel, "closed", "nobody", "FAILED"],
    },
    "stacked-alternating-offers": {
        "agreed": [Cfp, Propose, Inform, Withdraw, Accept, "agreed", "AGREED"],
        "left": ["left", "FAILED"],
        "too long": ["rounds used up", "DEADLOCK"],
    },
    "monotonic-concession": {
        "agreed": [Cfp, Propose, QueryIf, Reject, Accept, "agreed", "AGREED"],
        "left": ["left", "FAILED"],
        "still": ["all stood still", "DEADLOCK"],
        "too long": ["rounds used up", "DEADLOCK"],
    },
    "alternating-multiple-offers": {
        "agreed": [Cfp, Inform, Propose, Inform, Accept, "agreed", "AGREED"],
        "left": ["left", "FAILED"],
        "too long": ["rounds used up", "DEADLOCK"],
    },
    "nash-demand": {
        "they fit": [Cfp, Inform, "they fit", "AGREED"],
        "they do not": ["they do not fit", "FAILED"],
        "left": ["left", "FAILED"],
        "too long": ["rounds used up", "DEADLOCK"],
    },
    "concurrent-bargaining": {
        "deal": [Propose, Reject, Accept, Agree, "deal", "AGREED"],
        "nobody": ["nobody left", "FAILED"],
        "too long": ["rounds used up", "DEADLOCK"],
        "a commitment that came to nothing": [Propose, Accept, "released", "rounds used up", "DEADLOCK"],
        "one commitment broken for another": [
            Propose, Confirm, Propose, Accept, Cancel, Reject, Confirm, Cancel, Agree, "deal", "AGREED",
        ],
    },
    "first-price-auction": {
        "sold": [Cfp, Reject, "closed", Reject, Accept, Inform, "sold", "AGREED"],
        "unsold": [Cfp, "closed", Reject, "unsold", "FAILED"],
    },
}
JOINT["iterated-contract-net"] = JOINT["contract-net"] | AGAIN_JOINT
JOINT["vickrey-auction"] = JOINT["first-price-auction"]
JOINT["continuous-double-auction"] = {
    "traded": [Cfp, Inform, "closed", InformResult, "sold", "AGREED"],
    "nobody traded": ["closed", "unsold", "FAILED"],
}
TWO_WINNERS = {"sold to two": [Cfp, "closed", Accept, Inform, Accept, Inform, "sold", "AGREED"]}
JOINT |= dict.fromkeys(SEALED, JOINT["vickrey-auction"] | TWO_WINNERS)
JOINT["combinatorial-auction"] = JOINT["vickrey-auction"] | TWO_WINNERS
JOINT["all-pay-auction"] = JOINT["vickrey-auction"]
DIVIDED = {"divided": [Cfp, Reject, InformResult, "divided", "AGREED"], "undivided": ["undivided", "FAILED"]}
JOINT |= dict.fromkeys(SHARING, DIVIDED)
REACHED = {"solved": [Request, "solved", "AGREED"], "failed": ["failed", "FAILED"]}
JOINT |= dict.fromkeys(SEARCHES, REACHED)
JOINT["english-auction"] = {
    "sold": [Cfp, Reject, Cfp, Inform, "closed", InformResult, Cancel, Accept, Inform, "sold", "AGREED"],
    "unsold": [Cfp, "closed", InformResult, "unsold", "FAILED"],
}
JOINT["mediation"] = JOINT_MEDIATIONS
JOINT["coalition-formation"] = {
    "formed": [Cfp, Propose, Inform, Reject, "closed", InformResult, Cancel, "formed", "AGREED"],
    "apart": [Cfp, "closed", "apart", "FAILED"],
}
JOINT["simultaneous-ascending-auction"] = JOINT["english-auction"] | TWO_WINNERS
JOINT["japanese-auction"] = JOINT["dutch-auction"] = JOINT["english-auction"]
MANY = [protocol for protocol in PROTOCOLS if protocol.joint_table is not None]


@pytest.mark.parametrize("protocol", MANY, ids=[protocol.name for protocol in MANY])
def test_every_arrow_of_the_joint_table_is_walked(protocol):
    walked = set()
    for *steps, end in JOINT[protocol.name].values():
        machine = JointMachine(protocol.joint_table)
        for step in steps:
            walked.add((machine.state, step))
            machine.advance(step) if isinstance(step, str) else machine.say(step)
        assert machine.state == end
        assert machine.final
    assert walked == {(state, on) for state, rows in protocol.joint_table.moves.items() for on in rows}


@pytest.mark.parametrize("protocol", MANY, ids=[protocol.name for protocol in MANY])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=30)
def test_random_walk_through_the_joint_table(protocol, seed):
    draw = random.Random(seed)
    machine = JointMachine(protocol.joint_table)
    events = sorted({on for rows in protocol.joint_table.moves.values() for on in rows if isinstance(on, str)})
    for _ in range(30):
        before, step = machine.state, draw.choice((*ACTS, *events, "nonsense"))
        rows = protocol.joint_table.moves.get(before, {})
        refusal = refusal_of(machine.advance if isinstance(step, str) else machine.say, step)
        if refusal is None:
            assert machine.state == rows[step]
            continue
        assert step not in rows
        assert machine.state == before
        assert len(refusal.legal) == len(rows)
