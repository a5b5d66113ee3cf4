"""The five programs of the public interface, as they are written there."""
# ruff: noqa: T201  # they print, as documented

from __future__ import annotations

import asyncio
import json

import pytest

from negotiate_rt import (
    AGREED,
    FAILED,
    TIMEOUT,
    Accept,
    Agent,
    Auction,
    Buyer,
    Contractor,
    LinearConcession,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationProtocol,
    Negotiator,
    Propose,
    Reject,
    Seller,
    Task,
    Walk,
)


async def test_a_haggling(capsys):
    buyer = Buyer("Bea", limit=80, opening=40)
    seller = Seller("Sam", limit=60, opening=120, strategy=LinearConcession())
    outcome = await NegotiationExecutor().execute([buyer, seller], NegotiationConfig("bilateral", max_rounds=10))
    print(outcome.agreed, outcome.accepted_offer.value, outcome.rounds_used, outcome.utilities)

    assert outcome.agreed
    assert outcome.final_state == "AGREED"
    assert outcome.failure_reason is None
    assert outcome.faults == ()
    price = outcome.accepted_offer.value
    assert 60 <= price <= 80
    assert outcome.utilities == {"Bea": 80 - price, "Sam": price - 60}
    assert capsys.readouterr().out.startswith("True ")


class Translator:
    def __init__(self, name, worth):
        self.name = name
        self.worth = worth


async def test_b_auction(capsys):
    t1, t2, t3 = Translator("t1", 25), Translator("t2", 30), Translator("t3", float("nan"))

    async def ask_llm(agent, task, current_price, round, previous_bids):
        assert (task, current_price, round, previous_bids) == ("Translate", 0.0, 1, ())
        await asyncio.sleep(0)
        return agent.worth

    result = await Auction(
        type="vickrey", task="Translate", bidders=[t1, t2, t3], bid_strategy=ask_llm, reserve_price=20
    )
    if result.success:
        print(result.winner.name, result.winning_bid.value, result.pay_price)

    assert result.winner is t2
    assert capsys.readouterr().out == "t2 30 25\n"


async def test_c_contract_net(capsys):
    executor = NegotiationExecutor()

    async def work(task):
        await asyncio.sleep(0)
        return task["hours"] * 10

    crew = [Contractor(f"robot-{i}", bid=lambda task, k=i: task["hours"] * (k + 1), perform=work) for i in range(3)]
    outcome = await executor.execute(crew, NegotiationConfig("contract-net", timeout=5), problem=Task(hours=4))
    print(outcome.result.awarded, outcome.result.reports)

    assert capsys.readouterr().out == "('robot-0',) {'robot-0': 40}\n"
    assert outcome.agreed
    assert outcome.accepted_offer.value == 4
    assert [bid.value for bid in outcome.result.bids] == [4, 8, 12]


async def test_d_model_as_a_party():
    prompts = []

    async def chat(prompt):
        prompts.append(prompt)
        await asyncio.sleep(0)
        if len(prompts) == 1:
            return "I'd say we should meet in the middle."  # fits nothing: a typed fault, and a repair
        if "standing offer: nothing yet" in prompt or len(prompts) < 4:
            return 'Sure! ```json\n{"move": "propose", "value": 75}\n```'
        return json.dumps({"move": "accept"})

    class Model(Negotiator):
        async def decide(self, view):
            return view.parse(await chat(view.as_prompt()))

    seller = Seller("Sam", limit=60, opening=120)
    outcome = await NegotiationExecutor().execute([Model("Mia"), seller], NegotiationConfig("bilateral", max_rounds=5))
    assert outcome.agreed
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Mia", "invalid")]
    assert "no JSON object" in outcome.faults[0].cause
    assert "could not be used: no JSON object" in prompts[1]


class Ultimatum(NegotiationProtocol):
    name, seats, start = "ultimatum", {"proposer": 1, "responder": 1}, "opening"
    moves = {"opening": {("proposer", Propose): "answer"},
             "answer": {("responder", Accept): AGREED, ("responder", Reject): FAILED}}  # fmt: skip
    timeouts = {"opening": TIMEOUT, "answer": TIMEOUT}

    async def proposer(self, talk):
        await talk.send(await talk.ask())
        await talk.receive(Accept, Reject)

    async def responder(self, talk):
        await talk.receive(Propose)
        await talk.send(await talk.ask())


@pytest.mark.parametrize(
    ("opening", "limit", "state", "reason"),
    [(70, 80, AGREED, None), (80, 80, AGREED, None), (81, 80, FAILED, "refused: Bea: below reservation")],
)
async def test_e_protocol_of_ones_own(opening, limit, state, reason):
    executor = NegotiationExecutor()
    executor.register(Ultimatum())
    agents = [Seller("Sam", limit=60, opening=opening), Buyer("Bea", limit=limit)]
    outcome = await executor.execute(agents, NegotiationConfig("ultimatum"))
    assert (outcome.final_state, outcome.failure_reason) == (state, reason)
    assert outcome.protocol == "ultimatum"
    assert outcome.rounds_used == 1
    assert (outcome.accepted_offer is not None) == outcome.agreed


async def test_walking_away_becomes_the_refusal_that_is_legal_there():
    executor = NegotiationExecutor()
    executor.register(Ultimatum())
    walker = Negotiator("Wim", strategy=lambda view: Walk("not today"))
    outcome = await executor.execute([Seller("Sam", 60), walker], NegotiationConfig("ultimatum"))
    assert (outcome.final_state, outcome.failure_reason) == ("FAILED", "refused: Wim: not today")
    assert outcome.faults == ()


async def test_plain_agents_play_an_own_protocol_over_a_pie():
    executor = NegotiationExecutor()
    executor.register(Ultimatum)
    config = NegotiationConfig("ultimatum", initial_offer=10, reservation_value=0)
    outcome = await executor.execute([Agent("p"), Agent("r")], config)
    assert outcome.agreed
    assert outcome.utilities == {"p": 10, "r": 0}
