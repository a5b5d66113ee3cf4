"""One buyer and many sellers through the executor: the best is taken, commitments hold or are broken for a penalty."""

from __future__ import annotations

import pytest

from negotiate_rt import (
    Accept,
    BargainingProblem,
    Buyer,
    CommitmentOptions,
    ConfigurationError,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    Propose,
    Seller,
    TimeDependentConcession,
    Walk,
)


async def market(*agents, penalty=None, problem=None, network=None, **config):
    executor = NegotiationExecutor(clock="virtual", seed=1, network=network)
    options = CommitmentOptions(penalty=penalty)
    return await executor.execute(agents, NegotiationConfig("concurrent-bargaining", options=options, **config), problem)


def seller(name, limit, *moves):
    """A seller that makes these moves, one a round; the last for ever."""
    left = list(moves)
    return Seller(name, limit, strategy=lambda view: left.pop(0) if len(left) > 1 else left[0])


def buyer(*moves, limit=100):
    """A buyer that says to each seller, by name, what it says in that round; accepts what is at or below its last price."""
    left = {}

    def decide(view):
        key = view.negotiation
        left.setdefault(key, 0)
        price = moves[min(view.round, len(moves)) - 1]
        if view.standing_offer is not None and view.standing_offer.value <= price:
            return Accept()
        return Propose(price)

    return Buyer("B", limit, strategy=decide)


def commitments(outcome):
    return [(one.seller, one.round) for one in outcome.result.commitments]


async def test_the_best_of_several_acceptances_is_confirmed_and_the_others_are_rejected():
    outcome = await market(
        buyer(50), seller("dear", 40, Propose(70)), seller("cheap", 20, Accept()), seller("also", 30, Accept())
    )
    assert (outcome.agreed, outcome.rounds_used) == (True, 1)
    assert outcome.result.seller == "cheap", "equally good ones are taken as seated"
    assert outcome.accepted_offer.value == 50
    assert outcome.utilities == {"B": 50, "dear": 0, "cheap": 30, "also": 0}
    assert outcome.result.penalties == {}


async def test_the_best_standing_offer_is_looked_at_first():
    outcome = await market(
        buyer(10, 60), seller("s60", 10, Propose(60)), seller("s55", 10, Propose(55)), seller("s58", 10, Propose(58))
    )
    assert outcome.result.seller == "s55"
    assert outcome.accepted_offer.agent == "s55"
    assert (outcome.rounds_used, outcome.utilities["B"]) == (2, 45)


async def test_without_a_penalty_the_first_commitment_is_the_deal():
    outcome = await market(buyer(60), seller("a", 10, Accept()), seller("b", 10, Propose(80), Accept()))
    assert commitments(outcome) == [("a", 1)]
    assert outcome.rounds_used == 1


async def test_a_commitment_is_broken_only_for_what_pays_the_penalty_too():
    a, b = seller("a", 10, Propose(60)), seller("b", 10, Propose(90), Propose(57), Propose(54))
    outcome = await market(buyer(5, 60, 60, 60), a, b, penalty=5.0, max_rounds=4)
    assert commitments(outcome) == [("a", 2), ("b", 4)], "57 is not better by 5, 54 is"
    assert outcome.result.penalties == {"a": 5.0}
    assert outcome.utilities == {"B": 46 - 5.0, "a": 5.0, "b": 44}
    assert {fault.who for fault in outcome.faults} == {"B"}, "the guard refuses to offer 60 again, and to take 57"
    assert "below its own reservation value 45" in outcome.faults[0].cause


async def test_a_high_penalty_keeps_the_first_commitment():
    a, b = seller("a", 10, Propose(60)), seller("b", 10, Propose(90), Propose(40))
    outcome = await market(buyer(5, 60, 20), a, b, penalty=50.0, max_rounds=4)
    assert commitments(outcome) == [("a", 2)]
    assert outcome.utilities["B"] == 40


async def test_conceding_agents_never_pay_more_than_they_would_have():
    def crew():
        sellers = [Seller(f"s{k}", 50 + 5 * k, strategy=TimeDependentConcession(3 - k)) for k in range(3)]
        return [Buyer("B", 90, opening=30), *sellers]

    plain = await market(*crew(), max_rounds=15)
    breaking = await market(*crew(), penalty=1.0, max_rounds=15)
    assert plain.agreed
    assert breaking.agreed
    assert plain.faults == breaking.faults == ()
    assert breaking.utilities["B"] >= plain.utilities["B"]
    for outcome in (plain, breaking):
        assert all(worth >= 0 for worth in outcome.utilities.values())


async def test_any_order_of_agents_and_any_problem():
    outcome = await market(seller("s", 10, Accept()), buyer(50))
    assert outcome.result.seller == "s"
    problem = BargainingProblem([Issue("x", (0, 1, 2, 3))], {n: (lambda o, k=k: abs(o[0] - k)) for k, n in enumerate("abc")})
    many = await market(Negotiator("a"), Negotiator("b"), Negotiator("c"), problem=problem, max_rounds=10)
    assert many.agreed
    assert set(many.utilities) == {"a", "b", "c"}
    assert many.result.seller in {"b", "c"}


async def test_discounts_reach_the_buyer_and_the_sellers():
    problem = BargainingProblem([Issue("x", (0, 1, 2, 3, 4))], [lambda o: o[0], lambda o: 4 - o[0]], discounts=[0.5, 0.9])
    buys = Negotiator("a", strategy=lambda view: Propose((4,)) if view.round == 1 else Accept())
    outcome = await market(buys, Negotiator("b", strategy=lambda view: Propose((2,))), problem=problem)
    assert outcome.utilities == pytest.approx({"a": 2 * 0.5, "b": 2 * 0.9})


async def test_sellers_that_walk_crash_or_sleep_leave_the_others_to_the_buyer():
    def crash(view):
        raise RuntimeError("gone")

    async def sleep(view):
        await view.sleep(100.0)

    outcome = await market(
        buyer(50), seller("walks", 1, Walk("no")), Seller("crashes", 1, strategy=crash), Seller("sleeps", 1, strategy=sleep),
        seller("stays", 1, Propose(90), Accept()), turn_timeout=2.0,
    )  # fmt: skip
    assert outcome.result.seller == "stays"
    assert outcome.duration_ms == 4000
    blamed = [(fault.who, fault.what) for fault in outcome.faults]
    assert blamed == [("crashes", "raised"), ("sleeps", "late"), ("sleeps", "late")]


async def test_endings_without_a_deal():
    none = await market(buyer(5), seller("a", 10, Walk("no")), seller("b", 10, Walk()))
    assert (none.final_state, none.failure_reason) == ("FAILED", "walked-away: b")
    slow = await market(Buyer("B", 40), Seller("a", 50), Seller("b", 60), max_rounds=5)
    assert (slow.final_state, slow.rounds_used) == ("DEADLOCK", 5)
    off = await market(Buyer("B", 40, strategy=lambda view: Walk()), Seller("a", 50))
    assert off.failure_reason == "walked-away: B broke off every talk"

    def crash(view):
        raise RuntimeError("gone")

    gone = await market(Buyer("B", 40, strategy=crash), Seller("a", 50))
    assert gone.reason_code == "agent-crashed"

    async def sleep(view):
        await view.sleep(1e6)

    late = await market(Buyer("B", 40), Seller("a", 50, strategy=sleep), timeout=3.0)
    assert late.final_state == "TIMEOUT"


async def test_a_slow_network_changes_nothing_but_time():
    agents = [Buyer("B", 90, opening=30), Seller("a", 50), Seller("b", 55)]
    near = await market(*agents, penalty=1.0, max_rounds=10)
    far = await market(*agents, penalty=1.0, max_rounds=10, network=Network(latency=0.1))
    assert near.accepted_offer.value == far.accepted_offer.value
    assert near.utilities == far.utilities


async def test_a_commitment_whose_offer_expired_on_the_way_is_none():
    def expiring(view):
        return Propose(30, expires_at=view.now + 0.15) if view.round == 1 else Propose(35)

    def takes(view):
        return Accept() if view.standing_offer is not None and view.standing_offer.value <= 50 else Propose(20)

    def crew(second):
        return [Buyer("B", 100, strategy=takes), Seller("a", 10, strategy=expiring), Seller("c", 10, strategy=second)]

    network = Network(latency=0.1)  # the offer is there after 0.1 s, and its acceptance back after 0.2 s
    none = await market(*crew(lambda view: Propose(60)), penalty=5.0, network=network, max_rounds=5)
    assert (none.final_state, none.faults) == ("DEADLOCK", ())
    assert none.result.seller == ""
    assert commitments(none) == [("a", 2)]
    other = await market(
        *crew(lambda view: Propose(60 if view.round < 4 else 45)), penalty=5.0, network=network, max_rounds=6
    )
    assert (other.agreed, other.result.seller, other.accepted_offer.value) == (True, "c", 45)
    assert other.result.penalties == {}, "nobody pays for what bound nobody"


async def test_seats_and_options_that_do_not_fit_are_told():
    with pytest.raises(ConfigurationError, match="needs at least 1 seller"):
        await market(Buyer("B", 40))
    with pytest.raises(ConfigurationError, match="at most 1 buyer"):
        await market(Buyer("B", 40), Buyer("C", 40), Seller("a", 1))
    for bad in (-1.0, float("nan"), "much"):
        with pytest.raises(ConfigurationError, match=r"options\.penalty"):
            CommitmentOptions(penalty=bad)
