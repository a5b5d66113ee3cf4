"""Divisions in which claimants choose: round robin, divide and choose, the moving knife."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Cake,
    CakeValue,
    Claimant,
    ConfigurationError,
    DividerOptions,
    DivisionOptions,
    DivisionProblem,
    EnvyOptions,
    Network,
    RoundRobinOptions,
    Trace,
    Walk,
    cut_and_choose,
    divide_and_choose,
    envy_cycle_elimination,
    is_ef1,
    is_maximin_share,
    moving_knife,
    round_robin,
)
from negotiate_rt.protocols import DivideAndChoose, MovingKnife, RoundRobin
from tests.protocols.divisions import answering, crashing, held, honest, thinking

F = Fraction
ITEMS = ("boat", "car", "desk", "egg", "fan")
ROWS = ([9, 4, 3, 1, 2], [6, 7, 2, 3, 1], [5, 5, 6, 4, 2])
SLOPES = [CakeValue([0, 1, 2], [1, 3]), CakeValue([0, 1, 2], [3, 1]), CakeValue([0, 2], [1])]
MATRICES = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 9), min_size=width, max_size=width), min_size=2, max_size=4)
)


def farmers(*values):
    return [Claimant(name, value) for name, value in zip("abcd", values, strict=False)]


# --------------------------------------------------------------------------------------------------------------- round robin
@given(rows=MATRICES)
@settings(max_examples=20, deadline=None)
def test_case_26_round_robin_between_actors_is_ef1_and_as_in_theory(rows):
    items = [f"i{place}" for place in range(len(rows[0]))]
    outcome = held("round-robin", honest(*rows), items)
    problem = DivisionProblem(dict(zip("abcd", rows, strict=False)), items)
    assert outcome.result.allocation == round_robin(problem)
    assert outcome.result.verdicts["EF1"]
    assert outcome.rounds_used == -(-len(items) // len(rows))
    assert outcome.utilities == {name: problem.worth(name, bundle) for name, bundle in outcome.result.allocation.items()}


@given(rows=st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(st.integers(-6, 6), min_size=width, max_size=width), min_size=2, max_size=4)
))  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_mixed_items_in_two_turns_are_ef1(rows):
    items = [f"i{place}" for place in range(len(rows[0]))]
    outcome = held("round-robin", honest(*rows), items, options=RoundRobinOptions(mixed=True))
    problem = DivisionProblem(dict(zip("abcd", rows, strict=False)), items)
    assert not outcome.result.remainder
    assert is_ef1(problem, outcome.result.allocation)
    assert outcome.result.verdicts["EF1"]


def test_chores_are_taken_in_turns_and_ef1():
    outcome = held("round-robin", honest([-1, -2, -3, -4], [-4, -3, -2, -1]), list("wxyz"))
    assert outcome.result.allocation == {"a": {"w", "x"}, "b": {"y", "z"}}
    assert outcome.result.verdicts["EF1"]


def test_order_is_that_of_the_seats_drawn_or_given():
    first = held("round-robin", honest(*ROWS), ITEMS, options=RoundRobinOptions(order=("c", "b", "a")))
    assert [offer.agent for offer in first.all_offers] == ["c", "b", "a", "c", "b"]
    drawn = {
        tuple(offer.agent for offer in held("round-robin", honest(*ROWS), ITEMS, options=RoundRobinOptions(order="drawn"),
                                            world=seed).all_offers[:3])
        for seed in range(10)
    }  # fmt: skip
    assert len(drawn) > 2
    with pytest.raises(ConfigurationError, match="expected each claimant once, of a, b, c, got a, b"):
        held("round-robin", honest(*ROWS), ITEMS, options=RoundRobinOptions(order=("a", "b")))
    with pytest.raises(ConfigurationError, match=r"options\.order: expected seats, drawn, or a list of names, got 'random'"):
        RoundRobinOptions(order="random")


def test_picks_are_open_and_worths_are_not():
    trace = Trace()
    seen = []

    class Watching(Claimant):
        def claim(self, view):
            seen.append((view.call.items, view.call.taken, view.round))
            return Claimant.claim(self, view)

    held("round-robin", [Watching("a", [711.5, 3, 2]), Claimant("b", [812.25, 3, 2])], list("xyz"), trace=trace)
    assert seen == [(("x", "y", "z"), (), 1), (("z",), (("a", "x"), ("b", "y")), 2)]
    told = [record for record in trace.records if record.kind == "said"]
    assert not [record for record in told if "711" in repr(record.content) or "812" in repr(record.content)]


def test_functions_of_bundles_are_picked_by_what_an_item_adds():
    pairs = {"a": lambda one: 5 if one >= {"l", "r"} else len(one), "b": lambda one: 2 * len(one)}
    outcome = held("round-robin", [Claimant(name, value) for name, value in pairs.items()], list("lrx"))
    assert outcome.result.allocation["a"] == {"l", "x"}
    assert outcome.utilities == {"a": 2, "b": 2}
    assert outcome.result.verdicts["EF1"]
    assert outcome.result.verdicts["envy-free"].witness.party == "b"


@pytest.mark.parametrize("at", [1, 2])
@pytest.mark.parametrize("how", ["crashes", "walks"])
def test_who_leaves_gives_everything_back_and_the_others_begin_anew(at, how):
    odd = crashing("b", ROWS[1], at) if how == "crashes" else answering("b", *(["car"] * (at - 1)), Walk("bored"))
    claimants = [Claimant("a", ROWS[0]), odd, Claimant("c", ROWS[2])]
    outcome = held("round-robin", claimants, ITEMS)
    alone = held("round-robin", [claimants[0], claimants[2]], ITEMS)
    assert outcome.agreed
    assert outcome.result.allocation == alone.result.allocation
    assert outcome.result.verdicts["EF1"]
    assert set(outcome.result.left_out) == {"b"}
    assert outcome.rounds_used == alone.rounds_used + at


def test_who_is_late_passes_and_is_called_again():
    calls = []

    async def sometimes(view):
        calls.append(view.round)
        if len(calls) == 1:
            await view.sleep(1000)
        return view.call.items[0]

    options = RoundRobinOptions(reply_by=1)
    outcome = held("round-robin", [Claimant("a", ROWS[0]), Claimant("s", None, sometimes)], ITEMS, options=options)
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("s", "late")]
    assert calls == [1, 2, 3]
    assert sum(map(len, outcome.result.allocation.values())) == len(ITEMS)
    assert outcome.result.left_out == {}
    assert outcome.result.verdicts == {}, "nothing is known of what things are worth to s"


def test_round_that_all_are_late_in_is_not_the_last():
    calls = []

    async def later(view):
        calls.append(view.agent)
        if len(calls) < 3:
            await view.sleep(1000)
        return view.call.items[0]

    options = RoundRobinOptions(reply_by=1)
    outcome = held("round-robin", [Claimant("a", None, later), Claimant("b", None, later)], ITEMS, options=options)
    assert outcome.agreed
    assert calls[:4] == ["a", "b", "a", "b"]
    assert not outcome.result.remainder
    hung = held("round-robin", [thinking("a", ROWS[0], 1e6), thinking("b", ROWS[1], 1e6)], ITEMS, options=options, max_rounds=3)
    assert hung.failure_reason.startswith("agent-late: a: claim gave no answer")
    assert hung.rounds_used == 3


def test_what_nobody_takes_remains():
    def picky(view):
        return view.call.items[0] if len(view.call.items) > 3 else None

    outcome = held("round-robin", [Claimant("a", None, picky), Claimant("b", None, picky)], ITEMS)
    assert outcome.agreed
    assert outcome.result.remainder == ("desk", "egg", "fan")
    nobody = held("round-robin", [answering("a", None), answering("b", None)], ITEMS)
    assert nobody.failure_reason == "refused: a: no claim"
    rounds = held("round-robin", honest(*ROWS[:2]), ITEMS, max_rounds=1)
    assert rounds.agreed
    assert rounds.result.remainder == ("desk", "egg", "fan")


@pytest.mark.parametrize("pick", ["boot", 7, None.__class__, ("boat", "car"), True], ids=repr)
def test_what_is_no_item_left_is_a_fault(pick):
    outcome = held("round-robin", [answering("odd", pick), Claimant("b", ROWS[1])], ITEMS, options=RoundRobinOptions(reply_by=1))
    assert {fault.what for fault in outcome.faults} == {"invalid"}
    assert "is none of boat, car" in outcome.faults[0].cause
    assert outcome.result.allocation["b"] == set(ITEMS)


def test_referee_of_turns_that_dies_ends_it_and_so_do_all_who_leave():
    class Dies(RoundRobin):
        async def referee(self, talk):
            await super().referee(talk) if talk.conversation.round else await talk.sleep(1)
            raise OSError("power failure")

    outcome = held("round-robin", honest(*ROWS), ITEMS, protocol=Dies())
    assert outcome.failure_reason.startswith("protocol-violation: role of referee raised OSError")
    gone = held("round-robin", [crashing("a", ROWS[0], 2), crashing("b", ROWS[1], 2), Claimant("c", ROWS[2])], ITEMS)
    assert gone.failure_reason.startswith("agent-crashed: a")


def test_lost_messages_cost_turns_and_not_the_division():
    options = RoundRobinOptions(reply_by=1, calls=8)
    for seed in range(10):
        network = Network(latency=0.05, loss=0.2, duplicate=0.1)
        outcome = held("round-robin", honest(*ROWS), ITEMS, options=options, network=network, world=seed, timeout=600)
        assert outcome.agreed
        assert sum(map(len, outcome.result.allocation.values())) == len(ITEMS)


# --------------------------------------------------------------------------------------------------------- divide and choose
@given(rows=MATRICES)
@settings(max_examples=20, deadline=None)
def test_divider_and_chooser_get_what_theory_says(rows):
    rows = rows[:2]
    items = [f"i{place}" for place in range(len(rows[0]))]
    outcome = held("divide-and-choose", honest(*rows), items)
    problem = DivisionProblem(dict(zip("ab", rows, strict=True)), items)
    assert outcome.result.allocation == divide_and_choose(problem)
    assert is_maximin_share(problem, outcome.result.allocation) or len(items) < 1
    verdict = outcome.result.verdicts["envy-free"]
    assert verdict or verdict.witness.party == "a", "the chooser envies nobody"


def test_halved_cake_is_proportional_and_envy_free():
    outcome = held("cut-and-choose", farmers(*SLOPES[:2]))
    found = cut_and_choose(dict(zip("ab", SLOPES, strict=False)))
    assert outcome.result.pieces == {name: (float(low), float(high)) for name, (low, high) in found.items()}
    assert outcome.result.verdicts["envy-free"]
    assert outcome.result.verdicts["proportional"]
    assert outcome.utilities == {"a": 2, "b": pytest.approx(10 / 3)}


def test_another_may_divide():
    outcome = held("divide-and-choose", honest([5, 4, 3], [1, 9, 1]), list("xyz"), options=DividerOptions(divider="b"))
    assert outcome.all_offers[0].agent == "b"
    assert outcome.result.allocation == {"a": {"x", "z"}, "b": {"y"}}
    with pytest.raises(ConfigurationError, match=r"options\.divider: expected one of a, b, got 'z'"):
        held("divide-and-choose", honest([1], [1]), ["x"], options=DividerOptions(divider="z"))


@pytest.mark.parametrize("cut", [[["x"], ["y", "z"]], ({"x"}, {"z", "y"}), ["x"], (("z", "y"), ("x",))],
                         ids=["lists", "sets", "one", "tuples"])  # fmt: skip
def test_a_cut_may_be_two_bundles_or_one(cut):
    outcome = held("divide-and-choose", [Claimant("a", [1, 1, 1], lambda view: cut), Claimant("b", [9, 1, 1])], list("xyz"))
    assert outcome.result.allocation == {"a": {"y", "z"}, "b": {"x"}}


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        ([["x"], ["y"]], "item 'z' must be in one of the two bundles"),
        ([["x", "y"], ["y", "z"]], "item 'y' must be in one of the two bundles, and in one only"),
        ([["x"], ["y"], ["z"]], "expected two bundles of items, got 3"),
        ([["x"], ["y", "w"]], "'w' is none of x, y, z"),
        (4, "expected two bundles of items, got 4"),
        ("xyz", "expected two bundles of items, got 'xyz'"),
        ({"x": 1}, "expected two bundles of items, got {'x': 1}"),
    ],
)
def test_what_is_no_cut_is_a_fault(cut, said):
    outcome = held("divide-and-choose", [answering("a", cut), Claimant("b", [9, 1, 1])], list("xyz"))
    assert said in outcome.faults[0].cause
    assert outcome.failure_reason.startswith("protocol-violation: a: ")


@pytest.mark.parametrize(("choice", "said"), [(2, "expected 0 for"), (True, "got True"), ("x", "got 'x'"), (0.5, "got 0.5")])
def test_what_is_no_choice_is_a_fault(choice, said):
    outcome = held("divide-and-choose", [Claimant("a", [9, 1, 1]), answering("b", choice)], list("xyz"))
    assert said in outcome.faults[0].cause
    assert outcome.failure_reason.startswith("protocol-violation: b: ")


@pytest.mark.parametrize("who", ["a", "b"])
@pytest.mark.parametrize(
    ("odd", "code"),
    [(crashing, "agent-crashed"), (lambda name, values: thinking(name, values, 1e3), "agent-late"),
     (lambda name, values: answering(name, Walk()), "walked-away")],
)  # fmt: skip
def test_divider_or_chooser_that_fails_ends_it(who, odd, code):
    values = {"a": [3, 2, 1], "b": [1, 2, 3]}
    claimants = [odd(name, row) if name == who else Claimant(name, row) for name, row in values.items()]
    outcome = held("divide-and-choose", claimants, list("xyz"))
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith(f"{code}: {who}")


def test_divider_that_goes_after_its_cut_gets_nothing():
    class Gone(DivideAndChoose):
        async def claimant(self, talk):
            if talk.name != "a":
                return await super().claimant(talk)
            call = await talk.receive()
            talk.seat.context = call.content
            await talk.send(await talk.ask())
            raise OSError("gone")

    outcome = held("divide-and-choose", [Claimant("a", [3, 2, 1]), thinking("b", [1, 2, 3], 1)], list("xyz"), protocol=Gone())
    assert outcome.failure_reason.startswith("protocol-violation: role of a raised OSError")


# ---------------------------------------------------------------------------------------------------------- the moving knife
@given(heights=st.lists(st.lists(st.integers(0, 4), min_size=4, max_size=4).filter(any), min_size=2, max_size=4))
@settings(max_examples=25, deadline=None)
def test_knife_between_actors_is_proportional_and_as_in_theory(heights):
    values = {name: CakeValue([0, 1, 2, 3, 4], row) for name, row in zip("abcd", heights, strict=False)}
    outcome = held("moving-knife", farmers(*values.values()))
    assert outcome.result.verdicts["proportional"]
    assert all(outcome.result.worths[name] >= float(values[name].total) / len(values) - 1e-9 for name in values)
    expected = moving_knife(values)
    assert {name: pytest.approx(piece) for name, piece in outcome.result.pieces.items()} == {
        name: (float(low), float(high)) for name, (low, high) in expected.items()
    }
    assert outcome.utilities == {name: pytest.approx(worth) for name, worth in outcome.result.worths.items()}


def test_each_hears_its_piece_when_the_knife_stops():
    trace = Trace()
    outcome = held("moving-knife", farmers(*SLOPES), trace=trace)
    heard = [record.receiver for record in trace.records if record.kind == "said" and record.act == "inform-result"]
    assert heard == ["b", "c", "a"]
    assert outcome.rounds_used == 2
    assert not outcome.result.verdicts["envy-free"]
    assert outcome.result.verdicts["envy-free"].witness.party == "b"


@pytest.mark.parametrize("at", [1, 2])
def test_who_leaves_without_a_piece_leaves_the_rest_to_the_others(at):
    claimants = [crashing("a", SLOPES[0], at), *farmers(*SLOPES)[1:]]
    outcome = held("moving-knife", claimants)
    pieces = outcome.result.pieces
    assert set(pieces) == {"b", "c"}
    assert max(high for _, high in pieces.values()) == 2
    assert outcome.result.left_out["a"].startswith("agent-crashed: a")
    assert outcome.result.worths["c"] >= 2 / 3


def test_who_gives_no_mark_does_not_stop_the_knife():
    options = DivisionOptions(reply_by=1)
    outcome = held("moving-knife", [thinking("a", SLOPES[0], 1e3), *farmers(*SLOPES)[1:]], options=options)
    assert set(outcome.result.pieces) == {"a", "b", "c"}
    assert outcome.result.pieces["a"][1] == 2
    assert {fault.what for fault in outcome.faults} == {"late"}


def test_knife_that_nobody_stops_ends_in_failure():
    outcome = held("moving-knife", [answering("a", None), answering("b", None)], Cake(0, 2))
    assert outcome.failure_reason == "refused: a: no claim"
    alone = held("moving-knife", [crashing("a", SLOPES[0]), Claimant("b", SLOPES[1])])
    assert alone.failure_reason.startswith("agent-crashed: a")


@pytest.mark.parametrize(("mark", "said"), [(3, "from 0 to 2, got 3"), (-0.5, "from 0 to 2, got -0.5"), ("1", "a number")])
def test_what_is_no_mark_is_a_fault(mark, said):
    outcome = held("moving-knife", [answering("odd", mark), *farmers(*SLOPES[:2])])
    assert said in outcome.faults[0].cause


@pytest.mark.parametrize(
    ("agents", "problem", "said"),
    [
        (farmers(SLOPES[0], [1, 2]), None, r"agent 'b': moving-knife needs a CakeValue, got \(1, 2\)"),
        (farmers(SLOPES[0], CakeValue([0, 3], [1])), None, "agent 'b': its values reach from 0 to 3, the cake from 0 to 2"),
        ([answering("a", 1), answering("b", 1)], None, "needs a Cake as the problem"),
        (farmers(SLOPES[0], SLOPES[1]), "pie", "expected a Cake, its two ends, or None"),
        (farmers(SLOPES[0], None), None, "agent 'b': has no values for moving-knife"),
    ],
)
def test_cakes_that_do_not_fit_are_refused(agents, problem, said):
    with pytest.raises(ConfigurationError, match=said):
        held("moving-knife", agents, problem)


def test_referee_with_a_knife_that_dies_ends_it():
    class Dies(MovingKnife):
        async def referee(self, talk):
            await talk.sleep(1)
            raise OSError("power failure")

    outcome = held("moving-knife", farmers(*SLOPES), protocol=Dies())
    assert outcome.failure_reason.startswith("protocol-violation: role of referee raised OSError")


def test_cake_ends_are_checked():
    with pytest.raises(ConfigurationError, match="expected low below high"):
        Cake(2, 1)


# --------------------------------------------------------------------------------------------------- envy cycles by comparison
COMPARED = EnvyOptions(by="comparisons")


@given(rows=MATRICES)
@settings(max_examples=15, deadline=None)
def test_comparisons_give_what_appraisals_do(rows):
    items = [f"i{place}" for place in range(len(rows[0]))]
    outcome = held("envy-cycle-elimination", honest(*rows), items, options=COMPARED)
    problem = DivisionProblem(dict(zip("abcd", rows, strict=False)), items)
    assert outcome.result.allocation == envy_cycle_elimination(problem)
    assert outcome.result.verdicts["EF1"]
    assert outcome.result.kept


def test_comparisons_take_worths_that_do_not_add_up_and_tell_none():
    trace = Trace()
    pairs = [lambda one: 10 if {"l", "r"} <= one else len(one), lambda one: len(one) ** 2, lambda one: min(2, len(one))]
    outcome = held("envy-cycles", honest(*pairs), list("lrxyz"), options=COMPARED, trace=trace)
    assert outcome.result.verdicts["EF1"]
    assert sum(map(len, outcome.result.allocation.values())) == 5
    said = [record.content["value"] for record in trace.records if record.kind == "said" and record.act == "propose"]
    assert all(place in range(3) for answer in said for place in answer)
    with pytest.raises(ConfigurationError, match="values bundles by a function"):
        held("envy-cycles", honest(*pairs), list("lrxyz"))


def test_who_leaves_a_comparison_leaves_everything_to_the_others():
    for at in (1, 3):
        outcome = held("envy-cycles", [*honest(*ROWS[:2]), crashing("odd", ROWS[2], at)], ITEMS, options=COMPARED)
        assert set(outcome.result.allocation) == {"a", "b"}
        assert sum(map(len, outcome.result.allocation.values())) == len(ITEMS)
        assert outcome.result.left_out["odd"].startswith("agent-crashed: odd")
    alone = held("envy-cycles", [Claimant("a", ROWS[0]), answering("odd", Walk())], ITEMS, options=COMPARED)
    assert alone.failure_reason.startswith("walked-away: odd")


@pytest.mark.parametrize("places", [[0], [3], [True], "1", 1, [1.0]], ids=repr)
def test_what_is_no_comparison_is_a_fault_and_taken_for_no_envy(places):
    options = EnvyOptions(by="comparisons", reply_by=1)
    outcome = held("envy-cycles", [answering("odd", places), *honest(ROWS[1], ROWS[2])], ITEMS, options=options)
    assert outcome.agreed
    assert {fault.who for fault in outcome.faults} == {"odd"}
    assert "expected places" in outcome.faults[0].cause


def test_comparisons_are_of_goods_only():
    with pytest.raises(ConfigurationError, match="agent 'a': chores are divided by appraisals, not by comparisons"):
        held("envy-cycles", honest([-1, 2], [1, 2]), ["x", "y"], options=COMPARED)
    with pytest.raises(ConfigurationError, match=r"options\.by: expected appraisals or comparisons"):
        EnvyOptions(by="votes")


def test_knife_that_all_are_late_to_stop_moves_again():
    options = DivisionOptions(reply_by=1)
    calls = []

    def late(name, value):
        class Late(Claimant):
            async def claim(self, view):
                calls.append(name)
                if len(calls) < 3:
                    await view.sleep(1000)
                return Claimant.claim(self, view)

        return Late(name, value)

    outcome = held("moving-knife", [late("a", SLOPES[0]), late("b", SLOPES[1])], options=options)
    assert outcome.agreed
    assert outcome.rounds_used == 2
    assert outcome.result.verdicts["proportional"]
