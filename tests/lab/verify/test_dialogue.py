"""The model against the real engine: every step of a random walk is made by two real machines with real boards as well."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import LocalProtocolError, RemoteProtocolError
from negotiate_rt.lab.verify.dialogue import Dialogue
from negotiate_rt.lab.verify.rules import OLDEST, Rulebook
from negotiate_rt.lab.verify.worlds import GONE, UNLIMITED, Limits
from negotiate_rt.machine import Board, Machine
from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Lapse, Left, Propose, Skip, Withdraw
from negotiate_rt.protocols import (
    Bilateral,
    ConcurrentBargaining,
    ContractNet,
    EnglishAuction,
    FirstPriceAuction,
    ProposeProtocol,
    RequestProtocol,
    Rubinstein,
    SubscribeProtocol,
)

WALKED = (
    Bilateral, Rubinstein, ContractNet, ConcurrentBargaining, EnglishAuction, FirstPriceAuction, ProposeProtocol, RequestProtocol,
    SubscribeProtocol,
)  # fmt: skip


class Real:
    """Two machines and two ways between them, led by the model's steps."""

    def __init__(self, protocol) -> None:
        self.book = Rulebook(protocol.table, protocol.joint_table)
        offers: dict[str, NegotiationOffer] = {}
        boards = Board("ann", "bob", offers), Board("bob", "ann", offers)
        self.offers = offers
        self.machines = [
            Machine(protocol.table, role, board) for role, board in zip(self.book.roles, boards, strict=True)
        ]
        self.boxes: list[list] = [[], []]  # on the way to each end
        self.gone = False

    def message(self, end, kind):
        board = self.machines[end].board
        if kind is Propose:
            number = f"o{len(self.offers)}"
            self.offers[number] = NegotiationOffer(number, board.agent, float(len(self.offers)), 1, 0.0)
            return Propose(self.offers[number].value, number)
        if kind is Accept:
            return Accept(board.standing.id if board.standing else "")
        return Withdraw(board.own.id if board.own else "") if kind is Withdraw else kind()

    def may_say(self, end, kind) -> bool:
        """Whether the real machine would let an end say this; nothing is left behind."""
        machine, before = self.machines[end], dict(self.offers)
        try:
            machine.clear(self.message(end, kind), 0.0)
        except LocalProtocolError:
            return False
        finally:
            machine.cleared = None
            self.offers.clear()
            self.offers.update(before)
        return True

    def follow(self, step, taken):
        """Make a step; `taken` is the place of the message that is heard. Return the state that its end is in."""
        event = step.event
        machine = self.machines[event.end]
        if event.what == "says":
            message = self.message(event.end, self.kind(event.act))
            machine.say(message, 0.0)
            if event.fate != "lost":
                self.boxes[1 - event.end].append(message)
        elif event.what == "skips":
            machine.pass_by(Skip())
            self.boxes[1 - event.end].append(Skip())
        elif event.what == "waits":
            machine.pass_by(Lapse())
        elif event.what == "hears":
            message = self.boxes[event.end].pop(taken)
            machine.pass_by(message) if isinstance(message, (Skip, Left)) else machine.hear(message, 0.0)
        else:
            message = self.boxes[event.end].pop(taken)
            with pytest.raises(RemoteProtocolError):
                machine.hear(message, 0.0)
            if isinstance(message, Accept) and not any(isinstance(one, Left) for one in self.boxes[1 - event.end]):
                self.boxes[1 - event.end].append(Left())
        return machine.state.name

    def kind(self, act):
        return self.book.kinds[self.book.acts.index(act)]


def takes(dialogue, before, step):
    """The place in its box of the message that a step takes: the one whose removal leaves the box afterwards."""
    end = step.event.end
    box = dialogue.keys[before][2 + end]
    name = step.event.act
    acts = [*dialogue.book.acts, "skip", "left"]
    places = [place for place, message in enumerate(box) if acts[message >> 3] == name]
    late = step.event.fate == "overtaking"
    return next((place for place in places if bool(place) == late), places[0] if places else 0)


def usable(dialogue, step) -> bool:
    """Steps that one pair of machines cannot follow: rounds used up, expiry, a fresh dialogue, an agent that goes; endings."""
    event = step.event
    if step.outcome or event.what in ("calls again", "leaves") or event.fate == "expired":
        return False
    if dialogue.keys[step.to][0][0] == GONE or any(end[3] for end in dialogue.keys[step.to][:2]):
        return False
    return event.act != "left"


@pytest.mark.parametrize("protocol", WALKED, ids=[one.name for one in WALKED])
@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_every_step_of_the_model_is_a_step_of_the_real_machines(protocol, seed):
    whole, rng = protocol(), random.Random(seed)
    real = Real(whole)
    dialogue = Dialogue(real.book, Limits(UNLIMITED, 2))
    number = dialogue.start
    for _ in range(25):
        steps = dialogue.steps(number)
        check_sayable(dialogue, number, real)
        choices = [step for step in steps if usable(dialogue, step)]
        if not choices:
            return
        step = rng.choice(choices)
        ages = [message & 3 for message in dialogue.keys[number][2 + step.event.end]]
        if step.event.what in ("hears", "drops") and OLDEST in ages:
            return  # older offers than these are not told apart
        assert real.follow(step, takes(dialogue, number, step)) == step.event.state, step
        number = step.to
        for end in (0, 1):
            state, own, standing, _ = dialogue.keys[number][end]
            machine = real.machines[end]
            assert machine.state.name == dialogue.book.names[state]
            assert (machine.board.own is not None, machine.board.standing is not None) == (own > 0, 0 < standing <= OLDEST + 1)
            if dialogue.book.places[end][state].final:
                real.boxes[end].clear()


def check_sayable(dialogue, number, real):
    """What the model lets an end say is what its machine does, where there is room for it on the way."""
    key = dialogue.keys[number]
    for end in (0, 1):
        if len(key[3 - end]) >= 2 or key[end][3] or real.machines[end].state.final:
            continue
        said = {step.event.act for step in dialogue.steps(number) if step.event.what == "says" and step.event.end == end}
        on_the_way = {dialogue.book.acts[message >> 3] for message in key[3 - end] if message >> 3 < len(dialogue.book.kinds)}
        legal = {
            act for kind, act in zip(dialogue.book.kinds, dialogue.book.acts, strict=True)
            if kind in real.machines[end].state.says and real.may_say(end, kind)
        }  # fmt: skip
        assert said <= legal
        assert legal - said <= on_the_way, "only an aside that is on its way already is not said again"


def test_a_copy_is_heard_as_news_only_where_messages_have_no_numbers():
    book = Rulebook(Bilateral().table)

    def fates(limits):
        dialogue = Dialogue(book, limits)
        return {step.event.fate for number in range(200) if number < len(dialogue.keys) for step in dialogue.steps(number)}

    assert "twice" not in fates(Limits(UNLIMITED, 2))
    assert "twice" in fates(Limits(UNLIMITED, 2, deduplicate=False))
    assert fates(Limits(0, 2)).isdisjoint({"lost", "overtaking", "twice"})


def test_counted_faults_run_out():
    dialogue = Dialogue(Rulebook(Bilateral().table), Limits(1, 2))
    number, count = 0, 0
    while number < len(dialogue.keys):
        for step in dialogue.steps(number):
            if step.event.fate == "lost":
                count += 1
                assert dialogue.keys[number][7][step.event.end] == 1
                assert dialogue.keys[step.to][7][step.event.end] == 0
        number += 1
    assert count


@pytest.mark.parametrize("protocol", [ContractNet, FirstPriceAuction], ids=["contract-net", "first-price-auction"])
def test_what_rules_say_of_standing_offers_is_asked_of_the_rules_themselves(protocol):
    book = Rulebook(protocol().table, protocol().joint_table)
    accept = next(row for place in book.places[0] for row in place.says if book.accepting[row.kind])
    heard = next(place.hears[accept.kind] for place in book.places[1] if accept.kind in place.hears)
    assert book.allows(accept, True, True, 0)
    assert not book.allows(accept, True, False, 0)
    assert [book.allows(heard, False, True, age) for age in range(OLDEST + 1)] == [True, False, False]
    assert not book.allows(heard, False, False, 0)
    assert list(book.abstracted) == ["inside_outcome_space"]
