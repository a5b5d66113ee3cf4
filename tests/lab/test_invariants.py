"""Invariants hold where they should, tell what they see, and leave the innocent alone."""

from __future__ import annotations

import asyncio

import pytest

from negotiate_rt import Buyer, Contractor, NegotiationConfig, NegotiationExecutor, Seller, Task, Trace
from negotiate_rt.lab.invariants import INVARIANTS, Surroundings, Violation, Witness, violations_of


def seen(agents, config, problem=None, journal=None, **knows):
    """Return the witness of one negotiation that has ended."""

    async def run():
        executor = NegotiationExecutor(clock="virtual", journal=journal, name="inv")
        witness = Witness(executor.start(agents, config, problem), **knows)
        await witness.negotiation
        await witness.negotiation.world.settle()
        return witness

    return asyncio.run(run())


def haggle(**knows):
    return seen([Buyer("Bea", 80, 40), Seller("Sam", 60, 120)], NegotiationConfig("bilateral", 10), **knows)


def test_a_plain_talk_breaks_nothing():
    assert violations_of(haggle(faultless=True)) == []


def test_a_witness_hides_nothing_from_a_journal():
    trace, plain = Trace(), Trace()
    haggle(journal=trace)
    NegotiationExecutor(clock="virtual", journal=plain, name="inv").run(
        [Buyer("Bea", 80, 40), Seller("Sam", 60, 120)], NegotiationConfig("bilateral", 10)
    )
    assert trace.to_jsonl() == plain.to_jsonl()


def test_the_same_talk_has_the_same_digest_and_another_another():
    assert haggle().digest() == haggle().digest()
    other = seen([Buyer("Bea", 81, 40), Seller("Sam", 60, 120)], NegotiationConfig("bilateral", 10))
    assert other.digest() != haggle().digest()


def crash(view):
    raise RuntimeError("on purpose")


def test_who_is_known_to_misbehave_may_be_blamed_and_nobody_else():
    agents = [Buyer("Bea", 80, strategy=crash), Seller("Sam", 60)]
    told = violations_of(seen(agents, NegotiationConfig("bilateral")))
    assert [one.invariant for one in told] == ["nobody-innocent-blamed"]
    assert "Bea is blamed: raised" in told[0].seen
    assert violations_of(seen(agents, NegotiationConfig("bilateral"), suspects=["Bea"])) == []


def test_a_deal_below_an_unguarded_agents_reservation_is_its_own_affair():
    def give_in(view):
        from negotiate_rt import Accept, Propose

        return Accept() if view.standing_offer else Propose(70.0)

    agents = [Buyer("Bea", 50, strategy=give_in), Seller("Sam", 60, 120)]
    agents[0].guard = False
    witness = seen(agents, NegotiationConfig("bilateral"))
    assert witness.outcome.agreed
    assert violations_of(witness) == []
    witness.seats[0].guard = True
    assert [one.invariant for one in violations_of(witness)] == ["rational"]


def test_what_was_tampered_with_is_told():
    witness = haggle()
    kept = witness.events[3]
    witness.events[3] = kept._replace(state="nowhere")
    assert {one.invariant for one in violations_of(witness)} == {"legal-moves"}
    witness.events[3] = kept._replace(at=-1.0)
    assert "in-time" in {one.invariant for one in violations_of(witness)}
    del witness.events[3]
    assert {"legal-moves", "numbered", "heard-was-said"} & {one.invariant for one in violations_of(witness)}


def test_contract_nets_are_recomputed():
    crew = [Contractor(f"r{i}", bid=lambda task, k=i: 10.0 + k) for i in range(3)]
    witness = seen(crew, NegotiationConfig("contract-net", timeout=5), Task(hours=1))
    assert violations_of(witness) == []
    assert witness.outcome.result.awarded == ("r0",)


def test_surroundings_tell_what_was_left():
    async def run():
        before = Surroundings.now()
        task = asyncio.get_running_loop().create_task(asyncio.sleep(0))
        left = list(Surroundings.now().left(before))
        await task
        return left

    assert asyncio.run(run()) == ["1 tasks left"]


def test_a_violation_reads_as_a_sentence():
    assert str(Violation("in-time", "w/1", "it took 3 s of 2")) == "in-time: w/1: it took 3 s of 2"
    assert str(Violation("released", "", "1 tasks left")) == "released: the world: 1 tasks left"


@pytest.mark.parametrize("name", INVARIANTS)
def test_every_invariant_says_what_it_is(name):
    assert INVARIANTS[name].__doc__
