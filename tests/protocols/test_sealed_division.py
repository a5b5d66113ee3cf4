"""Divisions by sealed appraisal, end to end: the books' numbers, the seal, and whatever goes wrong."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Agent,
    AppraisalCall,
    Award,
    BankruptcyOptions,
    Cfp,
    ChoiceCall,
    Claimant,
    ClaimCall,
    Codec,
    ConfigurationError,
    CutCall,
    DivisionOptions,
    DivisionProblem,
    Envelope,
    Estate,
    InformResult,
    MarkCall,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationType,
    Network,
    PickCall,
    Propose,
    Rent,
    RentOptions,
    Route,
    SerialOptions,
    Society,
    Trace,
    Walk,
    WelfareOptions,
    WishCall,
    adjusted_winner,
    divide_rent,
    is_ef1,
    is_pareto_optimal,
    knaster,
    maximum_nash_welfare,
)
from negotiate_rt.problems.division_calls import CONTENTS
from negotiate_rt.protocols import Knaster, Leximin, MaximumNashWelfare
from negotiate_rt.solutions.division import integer_program
from tests.protocols.divisions import answering, crashing, held, honest, thinking

F = Fraction
SEALED = (
    "adjusted-winner", "knaster", "envy-cycle-elimination", "maximum-nash-welfare", "leximin", "probabilistic-serial",
    "rent-division", "bankruptcy",
)  # fmt: skip
WHOLE = ("envy-cycle-elimination", "maximum-nash-welfare", "leximin", "knaster")
ITEMS = ("boat", "car", "desk", "egg")
ROWS = ([9, 4, 3, 1], [6, 7, 2, 3], [5, 5, 6, 4])


# ------------------------------------------------------------------------------------------------------- the books' numbers
@pytest.mark.parametrize(
    ("one", "two", "split", "kept", "points"),
    [
        ([10, 40, 10, 38, 2], [38, 20, 30, 10, 2], 1, F(13, 15), F(218, 3)),
        ([30, 15, 20, 30, 5], [20, 25, 15, 15, 25], 2, F(1, 7), F(440, 7)),
        ([40, 30, 10, 10, 10], [50, 20, 15, 10, 5], 0, F(1, 6), F(170, 3)),
    ],
    ids=["case 20: Trump", "case 21: Macmillan", "case 22: New York University"],
)
def test_adjusted_winner_of_the_books_between_actors(one, two, split, kept, points):
    outcome = held("adjusted-winner", honest(one, two), list("vwxyz"))
    item = "vwxyz"[split]
    assert outcome.agreed
    assert outcome.result.shares["a"][item] == kept
    assert outcome.result.shares["b"][item] == 1 - kept
    assert outcome.result.worths == {"a": points, "b": points}
    assert outcome.utilities == {"a": pytest.approx(float(points)), "b": pytest.approx(float(points))}
    assert all(outcome.result.verdicts[name] for name in ("envy-free", "equitable", "Pareto-optimal", "proportional"))
    assert sum(share != 1 for share in outcome.result.shares["a"].values()) == 1


def test_case_23_carol_gets_the_house_and_pays_the_others():
    bids = {"Bob": 120_000, "Carol": 200_000, "Ted": 140_000, "Alice": 180_000}
    outcome = held("knaster", [Claimant(name, {"house": bid}) for name, bid in bids.items()])
    assert outcome.result.allocation["Carol"] == {"house"}
    assert outcome.result.payments == {"Bob": -40_000, "Carol": 140_000, "Ted": -45_000, "Alice": -55_000}
    assert outcome.utilities == {"Bob": 40_000, "Carol": 60_000, "Ted": 45_000, "Alice": 55_000}
    assert outcome.result.verdicts["proportional"]
    envy = outcome.result.verdicts["envy-free"]  # what Knaster does not promise to three or more
    assert not envy
    assert (envy.witness.party, envy.witness.envied, envy.witness.own, envy.witness.other) == ("Bob", "Ted", 40_000, 45_000)


@pytest.mark.parametrize(
    ("estate", "awards"), [(100, [F(100, 3)] * 3), (200, [50, 75, 75]), (300, [50, 100, 150])], ids="case 24: {}".format
)
def test_talmud_between_creditors(estate, awards):
    outcome = held("bankruptcy", honest(100, 200, 300), estate)
    assert list(outcome.result.awards.values()) == awards
    assert outcome.utilities == {name: float(award) for name, award in zip("abc", awards, strict=True)}
    assert all(outcome.result.verdicts.values())
    assert outcome.result.rule == "talmud"


def test_case_25_contested_garment():
    options = BankruptcyOptions(rule="contested-garment")
    outcome = held("claims", honest(1, 0.5), Estate(1), options=options)
    assert outcome.result.awards == {"a": 0.75, "b": 0.25}


@pytest.mark.parametrize(
    ("rule", "awards"),
    [("proportional", [20, 40, 60]), ("equal-awards", [40, 40, 40]), ("equal-losses", [0, 10, 110])],
)
def test_other_rules_of_bankruptcy(rule, awards):
    outcome = held("bankruptcy", honest(100, 200, 300), 120, options=BankruptcyOptions(rule=rule))
    assert list(outcome.result.awards.values()) == awards


def test_estate_that_suffices_meets_all_claims():
    assert held("bankruptcy", honest(10, 20), Estate(100)).result.awards == {"a": 10, "b": 20}


# ---------------------------------------------------------------------------------------------------- protocol equals theory
MATRICES = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(st.integers(1, 9), min_size=width, max_size=width), min_size=2, max_size=4)
)


@pytest.mark.slow
@given(rows=MATRICES)
@settings(max_examples=25, deadline=None)
def test_protocols_give_what_the_pure_solutions_do(rows):
    items = [f"i{place}" for place in range(len(rows[0]))]
    problem = DivisionProblem(dict(zip("abcd", rows, strict=False)), items)
    found = held("maximum-nash-welfare", honest(*rows), items).result
    assert found.allocation == maximum_nash_welfare(problem).allocation
    assert found.proven
    assert is_ef1(problem, found.allocation)
    assert is_pareto_optimal(problem, found.allocation)
    assert found.verdicts["EF1"]
    assert found.verdicts["Pareto-optimal"]
    bids = held("knaster", honest(*rows), items).result
    assert bids.payments == knaster(problem).payments
    assert bids.verdicts["proportional"]
    assert held("envy-cycle-elimination", honest(*rows), items).result.verdicts["EF1"]
    if len(rows) == 2:
        assert held("adjusted-winner", honest(*rows), items).result.shares == adjusted_winner(problem).shares


SQUARES = st.integers(2, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 20), min_size=n, max_size=n), min_size=n, max_size=n)
)


@given(rows=SQUARES)
@settings(max_examples=10, deadline=None)
def test_rents_between_flatmates_are_those_of_theory_and_envy_free(rows):
    rooms = [f"room {place}" for place in range(len(rows))]
    outcome = held("rent-division", honest(*rows), Rent(30, rooms))
    found = divide_rent(DivisionProblem(dict(zip("abcd", rows, strict=False)), rooms), 30)
    assert outcome.result.payments == {party: found.payment(party) for party in found.rooms}
    assert sum(outcome.result.payments.values()) == 30
    assert outcome.result.verdicts["envy-free"]
    assert outcome.result.verdicts["Pareto-optimal"]
    assert outcome.utilities == {party: pytest.approx(float(gain)) for party, gain in found.gains.items()}


def test_leximin_helps_the_worst_off_and_may_normalise():
    rows = ([100, 100, 1], [2, 1, 1])
    plain = held("leximin", honest(*rows), list("xyz")).result
    assert sorted(plain.worths.values()) == [3, 100]
    assert plain.proven
    parts = held("leximin", honest(*rows), list("xyz"), options=WelfareOptions(normalized=True)).result
    assert parts.proven
    assert parts.verdicts["EF1"]


def test_chores_are_divided_by_the_rules_that_take_them():
    rows = ([-1, -2, -3], [-3, -2, -1])
    assert held("leximin", honest(*rows), list("xyz")).result.worths == {"a": -3, "b": -1}
    envy = held("envy-cycle-elimination", honest(*rows), list("xyz"))
    assert envy.result.verdicts["EF1"]
    paid = held("knaster", honest(*rows), list("xyz")).result
    assert paid.verdicts["proportional"]
    assert sum(paid.payments.values()) == 0


def test_serial_chances_are_drawn_from_by_seed():
    claimants = honest(*[{"x": 3, "y": 2, "z": 1}] * 3)
    outcome = held("probabilistic-serial", claimants)
    found = outcome.result
    assert found.drawn
    assert set(found.shares["a"].values()) == {F(1, 3)}
    assert sorted(item for bundle in found.allocation.values() for item in bundle) == ["x", "y", "z"]
    assert outcome.utilities == {name: 3 - "xyz".index(*found.allocation[name]) for name in "abc"}
    assert found.verdicts["envy-free"]
    assert "EF1" not in found.verdicts
    draws = [held("probabilistic-serial", claimants, world=seed).result.allocation for seed in range(8)]
    assert any(draw != draws[0] for draw in draws)
    assert held("probabilistic-serial", claimants, world=3).result == held("probabilistic-serial", claimants, world=3).result
    assert not held("probabilistic-serial", claimants, options=SerialOptions(draw=False)).result.drawn
    more = held("probabilistic-serial", honest([3, 2, 1, 1], [3, 2, 1, 1]), list("wxyz"))
    assert not more.result.drawn
    assert more.result.shares["a"]["w"] == F(1, 2)
    assert more.utilities == {"a": 3.5, "b": 3.5}


@pytest.mark.parametrize("solver", ["own", "highs"])
def test_largest_product_is_proven_by_either_solver_off_the_loop(solver):
    if solver == "highs" and not integer_program.has_highs():
        pytest.skip("HiGHS is an extra: [solvers]")
    rows = [[(7 * item * (party + 3) + 11 * party) % 13 + 1 for item in range(6)] for party in range(3)]
    found = held("mnw", honest(*rows), list("uvwxyz"), options=WelfareOptions(solver=solver)).result
    assert found.proven
    assert found.method == ("HiGHS" if solver == "highs" else "branch and bound")
    assert math.prod(found.worths.values()) == maximum_nash_welfare(DivisionProblem(dict(enumerate(rows)))).product


def test_search_that_runs_out_is_said():
    rows = [[(7 * item * (party + 3) + 11 * party) % 101 + 1 for item in range(15)] for party in range(4)]
    options = WelfareOptions(solver="own", nodes=3, verdicts=False)
    found = held("maximum-nash-welfare", honest(*rows), list(range(15)), options=options).result
    assert found.proven is False
    assert found.verdicts == {}


# ------------------------------------------------------------------------------------------------------ problems and values
def test_items_come_from_names_from_a_problem_or_from_the_first_claimants_values():
    named = held("knaster", honest({"x": 1, "y": 2}, {"x": 2, "y": 1})).result
    assert named.allocation == {"a": {"y"}, "b": {"x"}}
    known = DivisionProblem({"ann": {"x": 1, "y": 2}, "bob": {"x": 2, "y": 1}})
    plain = held("knaster", [Agent("ann"), Agent("bob")], known)
    assert plain.result.allocation == {"ann": {"y"}, "bob": {"x"}}
    assert plain.utilities == {"ann": 2, "bob": 2}
    own = held("knaster", [Claimant("ann", [5, 5]), Agent("bob")], known)
    assert own.result.allocation["ann"] == {"x", "y"}, "what an agent brings comes first"
    flat = held("rent", [Agent("ann"), Agent("bob")], known, options=RentOptions(rent=2))
    assert flat.result.allocation == plain.result.allocation
    assert held("rent", honest({"x": 1, "y": 2}, {"x": 2, "y": 1}), 2).result.payments == {"a": 1, "b": 1}


@pytest.mark.parametrize("answer", [{"x": 3, "y": 4}, [3, 4], (3.0, Decimal(4)), Propose({"x": F(3), "y": 4}), iter([3, 4])],
                         ids=["mapping", "list", "tuple", "proposed", "iterator"])  # fmt: skip
def test_appraisals_may_be_mappings_or_numbers_in_order(answer):
    outcome = held("knaster", [Claimant("s", None, lambda view: answer), Claimant("h", [1, 9])], ["x", "y"])
    assert outcome.all_offers[0].value == (3, 4)
    assert outcome.result.worths == {"s": 3, "h": 9}
    assert outcome.utilities == {"h": 6.75}, "nothing is known of who brings no values"


async def slow_answer(view):
    await view.sleep(1)
    return {"x": 1, "y": 9}


@pytest.mark.parametrize("kind", ["strategy", "hook", "prompt"])
def test_a_claimant_may_be_a_coroutine_a_subclass_or_a_model(kind):
    seen = []

    class Hooked(Claimant):
        def claim(self, view):
            seen.append(view)
            return view.parse('{"move": "propose", "value": {"x": 1, "y": 9}}') if kind == "prompt" else {"x": 1, "y": 9}

    odd = Claimant("s", None, slow_answer) if kind == "strategy" else Hooked("s")
    outcome = held("knaster", [odd, Claimant("h", [9, 1])], ["x", "y"])
    assert outcome.result.allocation == {"s": {"y"}, "h": {"x"}}
    if seen:
        prompt = seen[0].as_prompt()
        assert "Say what each of these is worth to you: x, y." in prompt
        assert '"required":["x","y"]' in prompt
        assert seen[0].legal_moves == ("propose", "reject", "walk")


def test_misreports_pass_and_are_judged_by_what_was_stated():
    honest_worth = held("knaster", honest([10], [6]), ["x"]).utilities["a"]
    liar = Claimant("a", [10], lambda view: [6.5])
    outcome = held("knaster", [liar, Claimant("b", [6])], ["x"])
    assert outcome.faults == ()
    assert outcome.utilities["a"] > honest_worth
    assert outcome.result.worths["a"] == 6.5
    assert outcome.result.verdicts["proportional"]


# ------------------------------------------------------------------------------------------------------------------ the seal
@pytest.mark.parametrize("kind", SEALED)
def test_no_message_to_a_claimant_carries_what_another_stated(kind):
    trace = Trace()
    secrets = {"a": (711.25, 12.0625), "b": (623.5, 13.125), "c": (537.75, 14.375)}
    if kind == "adjusted-winner":
        del secrets["c"]
    claimants = [Claimant(name, values[0] if kind == "bankruptcy" else list(values) + [5.5] * (len(secrets) - 2))
                 for name, values in secrets.items()]  # fmt: skip
    problem = 900 if kind == "bankruptcy" else ["x", "y", "z"][: len(secrets)]
    options = RentOptions(rent=700) if kind == "rent-division" else None
    assert held(kind, claimants, problem, trace=trace, options=options).agreed
    told = [record for record in trace.records if record.kind == "said" and record.receiver in secrets]
    assert len(told) == 2 * len(secrets)
    for record in told:
        others = [secret for name, values in secrets.items() if name != record.receiver for secret in values]
        assert not [secret for secret in others if repr(secret) in repr(record.content)], record


def test_each_hears_its_own_award_alone():
    trace = Trace()
    held("knaster", honest([8, 2], [4, 6]), ["x", "y"], trace=trace)
    said = [record for record in trace.records if record.kind == "said" and record.act == "inform-result"]
    told = {record.receiver: record.content["result"] for record in said}
    assert told == {"a": Award(shares=(("x", 1.0),), payment=1.0), "b": Award(shares=(("y", 1.0),), payment=-1.0)}


# -------------------------------------------------------------------------------------------------------------------- faults
@pytest.mark.parametrize("kind", WHOLE)
def test_who_crashes_or_walks_is_left_out_and_the_others_divide_everything(kind):
    for odd, code in ((crashing("odd", ROWS[0]), "agent-crashed"), (answering("odd", Walk("bored")), "walked-away")):
        outcome = held(kind, [*honest(*ROWS[:2]), odd], ITEMS)
        assert outcome.agreed
        assert set(outcome.result.allocation) == {"a", "b"}
        assert {item for bundle in outcome.result.allocation.values() for item in bundle} == set(ITEMS)
        assert outcome.result.left_out["odd"].startswith(f"{code}: odd")
        assert outcome.utilities.get("odd", 0) == 0


@pytest.mark.parametrize("kind", SEALED)
@pytest.mark.parametrize(
    ("odd", "code"),
    [
        (lambda values: crashing("odd", values), "agent-crashed"),
        (lambda values: answering("odd", Walk(), values=values), "walked-away"),
        (lambda values: answering("odd", None, values=values), "refused"),
        (lambda values: thinking("odd", values, 100), "agent-late"),
        (lambda values: answering("odd", "nonsense", values=values), "protocol-violation"),
    ],
    ids=["crashes", "walks", "passes", "late", "nonsense"],
)
def test_between_two_there_is_nothing_to_divide_without_the_other(kind, odd, code):
    values = 7 if kind == "bankruptcy" else [4, 6]
    problem = 9 if kind == "bankruptcy" else Rent(5, ("x", "y")) if kind == "rent-division" else ["x", "y"]
    outcome = held(kind, [Claimant("a", values), odd(values)], problem)
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith(f"{code}: odd")
    assert outcome.result is None
    assert outcome.utilities == {"a": 0, "odd": 0}


def test_a_flat_needs_all_its_flatmates():
    outcome = held("rent-division", [*honest([3, 2, 1], [1, 2, 3]), crashing("odd", [1, 1, 1])], Rent(3, "xyz"))
    assert outcome.failure_reason.startswith("agent-crashed: odd")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([1, -2, 3, 4], "is below 0: this rule divides goods"),
        ([0, 0, 0, 0], "no item is worth anything"),
        ([1, 2, 3], "expected 4 worths, one for each of boat, car, desk, egg, got 3"),
        ({"boat": 1}, "no worth of 'car'; items are boat, car, desk, egg"),
        ({**dict.fromkeys(ITEMS, 1), "fig": 2}, "'fig' is no item here"),
        ([1, 2, 3, math.nan], "the worth of 'egg' must be finite"),
        ([1, 2, 3, math.inf], "the worth of 'egg' must be finite"),
        ([1, 2, 3, True], "the worth of 'egg' must be a number, got True"),
        ([1, 2, 3, "4"], "the worth of 'egg' must be a number"),
        (42, "expected worths by item, got 42"),
        ("abcd", "expected worths by item, got 'abcd'"),
        (Propose([1, 2, 3, 4], expires_at=5.0), "cannot carry expires_at"),
    ],
)
def test_what_is_no_appraisal_is_the_claimants_fault_and_never_sent(answer, said):
    trace = Trace()
    outcome = held("adjusted-winner", [answering("odd", answer), Claimant("b", [1, 2, 3, 4])], ITEMS, trace=trace)
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("odd", "invalid")] * 2
    assert said in outcome.faults[0].cause
    assert not [one for one in trace.records if one.kind == "said" and one.sender == "odd" and one.act == "propose"]


def test_invalid_answer_is_repaired_with_the_reason():
    seen = []

    def twice(view):
        seen.append(view.repair)
        return [1, 2, 3, 4] if view.repair else [1, 2]

    outcome = held("adjusted-winner", [Claimant("odd", None, twice), Claimant("b", [4, 3, 2, 1])], ITEMS)
    assert outcome.agreed
    assert seen[0] == ""
    assert "expected 4 worths" in seen[1]


def test_late_answer_is_left_out_and_refused_as_late():
    options = DivisionOptions(reply_by=2, calls=1)
    trace = Trace()
    slow = Network(latency=0.75)
    outcome = held("knaster", [*honest(*ROWS[:2]), thinking("c", ROWS[2], 1)], ITEMS, options=options, network=slow, trace=trace)
    assert set(outcome.result.allocation) == {"a", "b"}
    assert outcome.result.left_out == {"c": "agent-late: c did not answer"}
    longer = DivisionOptions(reply_by=5)
    in_time = held("knaster", [*honest(*ROWS[:2]), thinking("c", ROWS[2], 1)], ITEMS, options=longer, network=slow)
    assert set(in_time.result.allocation) == {"a", "b", "c"}


def test_who_is_silent_is_called_again_in_a_fresh_dialogue():
    options = DivisionOptions(reply_by=5, calls=6)
    agreed = calls = 0
    for seed in range(20):
        trace = Trace()
        lossy = Network(latency=0.1, loss=0.25, duplicate=0.1)
        outcome = held("knaster", honest(*ROWS), ITEMS, options=options, network=lossy, trace=trace, world=seed)
        assert not outcome.faults
        agreed += outcome.agreed and len(outcome.result.allocation) == 3
        calls += sum(record.act == "cfp" and record.kind == "said" for record in trace.records)
    assert agreed >= 19
    assert calls > 3 * 20


def test_claimant_that_goes_after_its_answer_is_out_and_so_is_its_answer():
    class Gone(Knaster):
        async def claimant(self, talk):
            if talk.name != "c":
                return await super().claimant(talk)
            call = await talk.receive()
            talk.seat.context = call.content
            await talk.send(await talk.ask())
            raise OSError("gone")

    agents = [*honest(*ROWS[:1]), thinking("b", ROWS[1], 1), Claimant("c", ROWS[2])]
    outcome = held("knaster", agents, ITEMS, protocol=Gone())
    assert set(outcome.result.allocation) == {"a", "b"}
    assert outcome.result.left_out["c"].startswith("protocol-violation: role of c raised OSError")


def test_claimant_that_leaves_while_the_referee_computes_makes_it_compute_again():
    class Slow(Leximin):
        rounds = 0

        async def _worked_out(self, talk, answers):
            self.rounds += 1
            await talk.sleep(5)
            return await super()._worked_out(talk, answers)

        async def claimant(self, talk):
            if talk.name != "c":
                return await super().claimant(talk)
            call = await talk.receive()
            talk.seat.context = call.content
            await talk.send(await talk.ask())
            await talk.sleep(2)
            raise OSError("gone")

    protocol = Slow()
    outcome = held("leximin", honest(*ROWS), ITEMS, protocol=protocol)
    assert protocol.rounds == 2
    assert set(outcome.result.allocation) == {"a", "b"}
    assert not outcome.result.remainder


def test_referee_that_dies_ends_the_division():
    class Dies(MaximumNashWelfare):
        def divided(self, stake, answers, work):
            raise OSError("power failure")

    outcome = held("maximum-nash-welfare", honest(*ROWS), ITEMS, protocol=Dies())
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith("protocol-violation: role of referee raised OSError")
    assert outcome.utilities == {"a": 0, "b": 0, "c": 0}


def test_an_agent_may_play_the_referee_and_two_names_do_not_clash():
    class Judge(Agent):
        role = "referee"

    outcome = held("knaster", [Judge("Solomon"), *honest([1], [2])], ["x"])
    assert outcome.agreed
    assert held("knaster", [Claimant("referee", [1]), Claimant("b", [2])], ["x"]).agreed


def test_what_a_rule_cannot_divide_is_said():
    outcome = held("envy-cycle-elimination", honest([1, -1], [2, 3]), ["x", "y"])
    assert outcome.failure_reason.startswith("infeasible: envy-cycle elimination: expected goods or chores, not both")


def test_time_that_runs_out_is_a_timeout():
    agents = [thinking("a", [1], 50), Claimant("b", [2])]
    options = DivisionOptions(reply_by=30)
    outcome = held("knaster", agents, ["x"], timeout=20, options=options)
    assert (outcome.final_state, outcome.duration_ms, outcome.result) == ("TIMEOUT", 20_000.0, None)
    hurried = held("knaster", agents, ["x"], timeout=20)
    assert (hurried.final_state, hurried.duration_ms) == ("FAILED", 10_000.0), "an answer gets half of what is left"


@pytest.mark.slow
def test_isolated_claimants_answer_from_their_own_process():
    outcome = NegotiationExecutor().run(
        [Claimant("a", {"x": 3, "y": 1}, isolated=True), Claimant("b", {"x": 1, "y": 3})], NegotiationConfig("adjusted-winner")
    )
    assert outcome.result.allocation == {"a": {"x"}, "b": {"y"}}


# ----------------------------------------------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("kind", "agents", "problem", "options", "said"),
    [
        ("knaster", honest([1, 2], [1, 2]), None, None, "needs the items' names, or a DivisionProblem"),
        ("knaster", honest([1, 2], [1, 2]), [], None, "there are no items to divide"),
        ("knaster", honest([1, 2], [1, 2]), ["x", "x"], None, "'x' is named twice"),
        ("knaster", honest([1, 2], [1, 2]), 7, None, "expected the items' names"),
        ("knaster", honest([1, 2], [1]), ["x", "y"], None, "agent 'b': values: 'b': expected 2 worths, got 1"),
        ("knaster", honest([1], 5), ["x"], None, "agent 'b': knaster needs worths of items, got 5"),
        ("knaster", honest({"x": 1}, {"y": 1}), None, None, "agent 'b': values: 'b': no worth for 'x'"),
        ("knaster", honest(len, [1]), ["x"], None, "agent 'a': values: 'a' values bundles by a function"),
        ("knaster", [Claimant("a", [1]), Claimant("b")], ["x"], None, "agent 'b': has no values for knaster: give it some"),
        ("knaster", [Claimant("a", [1]), Agent("b")], ["x"], None, "agent 'b': has no values"),
        ("knaster", honest([1]), ["x"], None, "needs at least 2 claimants, got 1"),
        ("adjusted-winner", honest([1], [1], [1]), ["x"], None, "needs 2 claimants, got 3"),
        ("adjusted-winner", honest([1, -1], [1, 1]), ["x", "y"], None, "agent 'a': the worth of 'y' is below 0"),
        ("adjusted-winner", honest([0, 0], [1, 1]), ["x", "y"], None, "agent 'a': no item is worth anything"),
        ("maximum-nash-welfare", honest([1, -1], [1, 1]), ["x", "y"], None, "agent 'a': the worth of 'y' is below 0"),
        ("rent-division", honest([1, 2], [1, 2]), ["x", "y"], None, "needs a Rent, or its amount"),
        ("rent-division", honest([1, 2, 3], [1, 2, 3]), Rent(3, "xyz"), None, "expected as many rooms as claimants, 2, got 3"),
        ("bankruptcy", honest(1, 2), None, None, "needs an Estate, or its amount"),
        ("bankruptcy", honest(1, [2]), 3, None, "agent 'b': bankruptcy needs a claim, a number"),
        ("bankruptcy", honest(1, -2), 3, None, "agent 'b': a claim must be at least 0"),
        ("bankruptcy", honest(1, 2, 3), 3, BankruptcyOptions(rule="contested-garment"), "contested-garment is for two claims"),
        ("leximin", honest([1], [1]), ["x"], RentOptions(), "expected options of type WelfareOptions, got RentOptions"),
    ],
)
def test_what_the_caller_did_wrong_is_said_before_anything_starts(kind, agents, problem, options, said):
    with pytest.raises(ConfigurationError) as refusal:
        held(kind, agents, problem, options=options)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: BankruptcyOptions(rule="talmut"), "did you mean 'talmud'"),
        (lambda: WelfareOptions(solver="simplex"), "options.solver: expected auto, own or highs"),
        (lambda: WelfareOptions(nodes=0), "options.nodes: expected a whole number of at least 1"),
        (lambda: WelfareOptions(seconds=-1), "options.seconds: expected seconds"),
        (lambda: DivisionOptions(calls=0), "options.calls: expected a whole number of at least 1"),
        (lambda: DivisionOptions(reply_by=0), "options.reply_by: expected seconds"),
        (lambda: DivisionOptions(verdicts=1), "options.verdicts: expected true or false"),
        (lambda: Claimant("a", "x"), "values must be numbers by item"),
        (lambda: Claimant("a", [1], "often"), "strategy must be callable"),
        (lambda: Rent(math.nan), "rent must be finite"),
        (lambda: Estate(-1), "estate: expected at least 0"),
    ],
)
def test_values_out_of_range_are_refused(make, said):
    with pytest.raises(ConfigurationError, match=said):
        make()


def test_plain_options_of_a_division_serve_every_rule_and_names_have_other_spellings():
    options = DivisionOptions(reply_by=3, verdicts=False)
    outcome = held("CLAIMS", honest(1, 2), 2, options=options)
    assert outcome.result.verdicts == {}
    assert NegotiationType.MAXIMUM_NASH_WELFARE == "maximum-nash-welfare"
    assert held("MNW", honest([1, 2], [2, 1]), ["x", "y"]).protocol == "maximum-nash-welfare"


def test_forged_appraisal_is_no_answer():
    call = AppraisalCall(items=("x", "y"))
    with pytest.raises(ValueError, match="expected worths by item"):
        call.check(object())
    assert call.json_schema()["properties"] == {"x": {"type": "number", "minimum": 0}, "y": {"type": "number", "minimum": 0}}


def test_questions_and_awards_travel_in_both_formats():
    codecs = [Codec(form, CONTENTS) for form in ("json", "msgpack")]
    said = [
        Cfp(AppraisalCall(items=("x", 1), rent=3.0, closes_at=1.0)), Cfp(PickCall(items=("x",), taken=(("a", "y"),))),
        Cfp(WishCall(items=("x",))), Cfp(CutCall(items=("x", "y"))), Cfp(CutCall(low=0.0, high=1.0)),
        Cfp(ChoiceCall(parts=(("x",), ("y", "z")))), Cfp(MarkCall(origin=0.0, start=0.5, high=1.0, parties=2)),
        Cfp(ClaimCall(estate=9.0)), InformResult(Award(shares=(("x", 0.5),), payment=-2.0)), InformResult(Award(piece=(0, 1))),
    ]  # fmt: skip
    for message in said:
        envelope = Envelope(Route("s/1", "referee", "a", "knaster"), message, 1)
        for codec in codecs:
            assert codec.decode(codec.encode(envelope)) == envelope


async def test_claimant_that_leaves_the_society_mid_way_is_left_out():
    async with Society("hall", clock="virtual") as hall:

        class Waits(Claimant):
            async def claim(self, view):
                await hall.leave("c")
                await view.sleep(1)
                return Claimant.claim(self, view)

        for agent in (Claimant("a", [3, 1]), Waits("b", [1, 3]), Claimant("c", [9, 9])):
            await hall.spawn(agent)
        outcome = await hall.negotiate(["a", "b", "c"], NegotiationConfig("knaster"), ["x", "y"])
    assert outcome.result.allocation == {"a": {"x"}, "b": {"y"}}
    assert set(outcome.result.left_out) == {"c"}


def test_acknowledged_messages_leave_nobody_out_over_a_network_that_loses_a_third():
    for seed in range(10):
        outcome = held("knaster", honest(*ROWS), ITEMS, network=Network(latency=0.1, loss=0.3), acknowledged=True, world=seed)
        assert set(outcome.result.allocation) == {"a", "b", "c"}
