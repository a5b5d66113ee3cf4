"""What a role holds: say, hear, ask, sleep, compute, chance, facts."""

from __future__ import annotations

import threading
from typing import ClassVar

import pytest

from negotiate_rt import (
    AGREED,
    TIMEOUT,
    Accept,
    Inform,
    Lapse,
    LocalProtocolError,
    MailboxFull,
    NegotiationConfig,
    Network,
    Notice,
    Propose,
    Reject,
)
from tests.runtime.stage import Answers, Two, play

SEEN: list = []


@pytest.fixture(autouse=True)
def nothing_seen():
    SEEN.clear()


async def offer(talk):
    await talk.send(Propose(0.5))
    SEEN.append(await talk.receive())


async def accept(talk):
    SEEN.append(await talk.receive(Propose))
    SEEN.append(await talk.send(Accept()))


def cast():
    return [Answers("Ann", Propose(0.5)), Answers("Rob", Accept())]


async def test_offer_is_heard_with_an_id_and_its_acceptance_binds():
    outcome = await play(Two(offer, accept), cast())
    assert outcome.agreed
    assert SEEN[0].value == 0.5
    assert SEEN[0].offer == outcome.accepted_offer.id == outcome.all_offers[0].id
    assert outcome.accepted_offer.agent == "Ann"


async def test_facts_are_those_of_this_end():
    async def tells(talk):
        SEEN.append((talk.name, talk.other, talk.open, talk.now, talk.standing, repr(talk)))
        await talk.sleep(3.0)
        await offer(talk)

    async def looks(talk):
        await talk.receive()
        SEEN.append((talk.name, talk.other, talk.open, talk.now, talk.standing.value))
        await talk.send(Reject("no"))

    outcome = await play(Two(tells, looks), cast(), name="w")
    assert SEEN[0] == ("Ann", "Rob", True, 0.0, None, "<two w/1: Ann to Rob in opening>")
    assert SEEN[1] == ("Rob", "Ann", True, 3.0, 0.5)
    assert outcome.failure_reason == "refused: Rob: no"


async def test_messages_that_keep_the_state_are_passed_over_unless_asked_for():
    async def chats(talk):
        for number in range(3):
            await talk.send(Inform(number))
        await offer(talk)

    async def listens(talk):
        SEEN.append((await talk.receive(Inform)).content)
        SEEN.append(await talk.receive())
        await talk.send(Accept())

    assert (await play(Two(chats, listens), cast())).agreed
    assert SEEN[0] == 0
    assert isinstance(SEEN[1], Propose)


async def test_silence_until_a_deadline_is_a_lapse_and_one_of_the_instant_is_not():
    async def waits(talk):
        await talk.sleep(5.0)
        await offer(talk)

    async def patient(talk):
        await accept(talk)

    async def impatient(talk):
        SEEN.append(await talk.receive(deadline=4.0))

    outcome = await play(Two(waits, impatient), cast())
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 4000
    assert [type(one) for one in SEEN] == [Lapse]
    SEEN.clear()
    assert (await play(Two(waits, patient), cast())).agreed
    assert all(not isinstance(one, Lapse) for one in SEEN)


async def test_message_that_wakes_the_wait_but_says_nothing_new_does_not_move_the_deadline():
    async def chats(talk):
        for _ in range(3):
            await talk.sleep(1.0)
            await talk.send(Inform("still here"))
        await talk.sleep(100.0)

    async def waits(talk):
        await talk.receive(deadline=10.0)

    outcome = await play(Two(chats, waits), cast())
    assert outcome.final_state == "TIMEOUT"
    assert outcome.duration_ms == 10_000


@pytest.mark.parametrize(
    "message", [Accept(), Reject("no"), Propose("half"), Propose(float("nan")), Propose(0.5, "w/99")]
)
async def test_illegal_move_raises_and_nothing_is_sent(message):
    async def tries(talk):
        with pytest.raises(LocalProtocolError, match="legal here: one propose, one inform"):
            await talk.send(message)
        await offer(talk)

    outcome = await play(Two(tries, accept), cast(), name="w")
    assert outcome.agreed
    assert outcome.messages == 2
    assert len(outcome.all_offers) == 1
    assert not outcome.faults


async def test_chance_is_drawn_from_the_seats_own_stream():
    async def draws(talk):
        SEEN.append(talk.rng.random())
        assert talk.rng is talk.rng
        await offer(talk)

    async def draws_too(talk):
        SEEN.append(talk.rng.random())
        await accept(talk)

    for seed in (1, 1, 2):
        await play(Two(draws, draws_too), cast(), seed=seed)
    first, second, third = [[one for one in SEEN if isinstance(one, float)][place : place + 2] for place in (0, 2, 4)]
    assert first == second
    assert first != third
    assert first[0] != first[1]


async def test_work_goes_to_a_thread_and_comes_back():
    async def works(talk):
        SEEN.append(await talk.compute(threading.get_ident))
        with pytest.raises(ZeroDivisionError):
            await talk.compute(divmod, 1, 0)
        await offer(talk)

    assert (await play(Two(works, accept), cast())).agreed
    assert SEEN[0] != threading.get_ident()


async def test_work_that_is_not_done_by_the_negotiations_deadline_ends_with_it():
    done = threading.Event()

    async def works(talk):
        await talk.compute(done.wait)

    try:
        outcome = await play(Two(works, accept), cast(), config=NegotiationConfig("two", timeout=0.05), grace=0.01)
    finally:
        done.set()
    assert outcome.final_state == "TIMEOUT"


async def test_acceptance_that_came_too_late_gives_the_turn_back_with_a_notice():
    async def offers_briefly(talk):
        await talk.send(Propose(0.5, expires_at=1.5))
        SEEN.append(await talk.receive())

    async def accepts(talk):
        await talk.receive(Propose)
        notice = await talk.send(Accept())
        SEEN.append((notice, talk.standing))
        await talk.send(Reject("missed it"))

    outcome = await play(Two(offers_briefly, accepts), cast(), network=Network(latency=1.0), name="w")
    assert outcome.failure_reason == "refused: Rob: missed it"
    notice, standing = SEEN[0]
    assert isinstance(notice, Notice)
    assert "expired at 1.5" in notice.reason
    assert standing is None
    assert not outcome.faults


async def test_messages_over_links_wait_for_room_and_keep_their_order():
    async def chats(talk):
        for number in range(500):
            await talk.send(Inform(number))
        await offer(talk)

    async def listens(talk):
        message = await talk.receive(Inform)
        while isinstance(message, Inform):
            SEEN.append(message.content)
            message = await talk.receive(Inform)
        await talk.send(Accept())

    for network in (None, Network(latency=0.1)):
        SEEN.clear()
        outcome = await play(Two(chats, listens), cast(), overflow="wait", mailbox_capacity=4, network=network)
        assert outcome.agreed
        assert SEEN[:500] == list(range(500))


async def test_full_mailbox_fails_its_sender_and_takes_the_move_back():
    async def chats(talk):
        for number in range(100):
            try:
                await talk.send(Inform(number))
            except MailboxFull as error:
                SEEN.append((number, str(error)))
                break
        SEEN.append(talk.machine.state.name)
        await talk.sleep(2.0)
        await offer(talk)

    async def sleepy(talk):
        await talk.sleep(1.0)
        await accept(talk)

    outcome = await play(Two(chats, sleepy), cast(), overflow="fail", mailbox_capacity=4)
    assert outcome.agreed
    assert SEEN[0][0] <= 5
    assert "mailbox of 'Rob' is full (4 messages)" in SEEN[0][1]
    assert SEEN[1] == "opening"


async def test_offer_that_found_no_room_stands_on_no_board_and_may_be_made_again():
    async def proposes(talk):
        first = talk.offer(1.0)
        await talk.send(first)
        for number in range(10):
            try:
                await talk.send(Inform(number))
            except MailboxFull:
                break
        second = talk.offer(2.0)
        with pytest.raises(MailboxFull):
            await talk.send(second)
        SEEN.append(talk.machine.board.own.value)
        await talk.sleep(2.0)
        await talk.send(second)
        SEEN.append(talk.machine.board.own.value)
        await talk.receive()

    async def sleepy(talk):
        await talk.sleep(1.0)
        while talk.standing is None or talk.standing.value != 2.0:
            await talk.receive(Propose, Inform)
        await talk.send(Accept())

    class Chatty(Two):
        moves: ClassVar = {
            "opening": {("one", Propose): "opening", ("one", Inform): "opening", ("other", Accept): AGREED},
        }
        timeouts: ClassVar = {"opening": TIMEOUT}

    outcome = await play(Chatty(proposes, sleepy), cast(), overflow="fail", mailbox_capacity=4)
    assert outcome.agreed
    assert outcome.accepted_offer.value == 2.0
    assert SEEN == [1.0, 2.0]
