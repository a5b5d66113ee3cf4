"""Signals before bargaining through the executor: who hears what, and what it is held to."""

from __future__ import annotations

import pytest

from negotiate_rt import (
    Accept,
    Agent,
    BargainingProblem,
    Buyer,
    ConfigurationError,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Network,
    Pie,
    Propose,
    Seller,
    Signal,
    SignalOptions,
    Walk,
)

SPACE = [Issue("x", (0, 1, 2)), Issue("y", (0, 1, 2))]
PROBLEM = BargainingProblem(SPACE, [lambda o: o[0] + 2 * o[1], lambda o: 6 - 2 * o[0] - o[1]])


async def talk(*agents, binding=True, problem=None, network=None, **config):
    executor = NegotiationExecutor(clock="virtual", seed=1, network=network)
    options = SignalOptions(talk="binding" if binding else "cheap")
    return await executor.execute(agents, NegotiationConfig("signalled-bargaining", options=options, **config), problem)


def saying(agent, signal, seen=None):
    """Let an agent signal; what it sees then is kept."""

    def hook(view):
        if seen is not None:
            seen.append(view)
        return signal

    agent.signal = hook
    return agent


def traders():
    return Buyer("B", 80, opening=40), Seller("S", 60, opening=120)


def faults(outcome):
    return [(fault.who, fault.what) for fault in outcome.faults]


async def test_without_signals_it_is_bilateral_bargaining():
    said = await talk(*traders(), max_rounds=10)
    plain = await NegotiationExecutor(clock="virtual").execute(traders(), NegotiationConfig("bilateral", 10))
    assert [(offer.value, offer.round) for offer in said.all_offers] == [(o.value, o.round) for o in plain.all_offers]
    assert (said.rounds_used, said.utilities) == (plain.rounds_used, plain.utilities)


async def test_the_responder_hears_the_initiators_signal_and_both_are_seen_in_every_turn():
    seen: list = []
    views: list = []
    first, second = Signal(values={"x": [1, 2]}), Signal(weights={"y": 0.5})
    a = saying(Negotiator("a", strategy=lambda view: views.append(view) or Propose((1, 2))), first, seen)
    b = saying(Negotiator("b", strategy=lambda view: Accept()), second, seen)
    outcome = await talk(a, b, problem=PROBLEM)
    assert outcome.agreed
    assert [view.signals for view in seen] == [{}, {"a": first}]
    assert views[0].signals == {"a": first, "b": second}
    assert views[0].round == 1
    assert first.values == (("x", (1, 2)),)


async def test_cheap_talk_binds_nobody():
    outcome = await talk(saying(traders()[0], Signal(at_most=50)), traders()[1], binding=False, max_rounds=10)
    assert outcome.agreed
    assert outcome.accepted_offer.value > 50


async def test_binding_bounds_hold_for_offers_and_acceptances():
    moves = iter([Propose(71), Propose(70), Accept(), Propose(69)])
    b = saying(Buyer("B", 80, strategy=lambda view: next(moves)), Signal(at_most=70), None)
    outcome = await talk(b, Seller("S", 60, strategy=lambda view: Propose(75)), max_rounds=2)
    assert outcome.final_state == "DEADLOCK"
    assert faults(outcome) == [("B", "invalid"), ("B", "illegal")], "offers go by the guard first"
    unguarded = iter([Propose(71), Propose(70), Accept(), Propose(69)])
    b = saying(Buyer("B", 80, strategy=lambda view: next(unguarded), guard=False), Signal(at_most=70))
    outcome = await talk(b, Seller("S", 60, strategy=lambda view: Propose(75)), max_rounds=2)
    assert faults(outcome) == [("B", "illegal"), ("B", "illegal")]
    assert "B is bound by its signal: 71 is more than 70" in outcome.faults[0].cause
    assert "75 is more than 70" in outcome.faults[1].cause


async def test_conceding_traders_keep_to_what_they_have_signalled():
    outcome = await talk(saying(traders()[0], Signal(at_most=70)), traders()[1], max_rounds=10)
    assert outcome.agreed
    assert outcome.faults == ()
    assert outcome.accepted_offer.value <= 70
    apart = await talk(
        saying(traders()[0], Signal(at_most=70)), saying(traders()[1], Signal(at_least=75)), max_rounds=5
    )
    assert apart.final_state == "DEADLOCK"
    assert apart.faults == ()


async def test_binding_values_hold_issue_by_issue():
    a = Negotiator("a", strategy=lambda view: Propose((2, 2)) if not view.repair else Propose((1, 2)))
    outcome = await talk(saying(a, Signal(values={"x": (0, 1)})), Negotiator("b"), problem=PROBLEM, max_rounds=1)
    assert faults(outcome) == [("a", "illegal")]
    assert "a is bound by its signal: 2 is none of the values of 'x' that it would agree to" in outcome.faults[0].cause
    assert outcome.all_offers[0].value == (1, 2)
    kept = await talk(
        saying(Negotiator("a"), Signal(values={"x": (0, 1)})), Negotiator("b"), problem=PROBLEM, max_rounds=9
    )
    assert kept.agreed
    assert kept.faults == ()
    assert all(offer.value[0] < 2 for offer in kept.all_offers if offer.agent == "a")
    assert kept.accepted_offer.value[0] < 2


async def test_a_share_of_a_pie_is_ones_own_whoever_offers_it():
    outcome = await talk(saying(Agent("a"), Signal(at_least=0.6)), Agent("b"), problem=Pie(), max_rounds=10)
    assert outcome.agreed
    assert outcome.utilities["a"] >= 0.6 - 1e-9


@pytest.mark.parametrize(
    ("signal", "text"),
    [
        (Signal(values={"z": (1,)}), "values['z']"),
        (Signal(values={"x": (7,)}), "values['x']"),
        (Signal(values={"x": ()}), "values['x']"),
        (Signal(weights={"x": -1.0}), "weights['x']"),
        (Signal(weights={"x": float("nan")}), "weights['x']"),
        (Signal(at_least=1.0), "of a price or a share only"),
        ("I want it all", "expected a Signal, None or Walk, got str"),
    ],
)
async def test_signals_that_do_not_fit_are_faults_and_say_nothing(signal, text):
    seen: list = []
    outcome = await talk(
        saying(Negotiator("a"), signal), saying(Negotiator("b"), None, seen), problem=PROBLEM, max_rounds=9
    )
    assert faults(outcome) == [("a", "invalid")] * 2
    assert text in outcome.faults[0].cause
    assert seen[0].signals == {"a": Signal()}


async def test_bounds_that_cross_are_told():
    outcome = await talk(saying(traders()[0], Signal(at_least=9, at_most=5)), traders()[1])
    assert "at_least 9 is above at_most 5" in outcome.faults[0].cause


async def test_walking_instead_of_signalling_crash_and_silence():
    outcome = await talk(saying(traders()[0], Walk("no games")), traders()[1])
    assert outcome.failure_reason == "walked-away: B: no games"

    def crash(view):
        raise RuntimeError("gone")

    b, s = traders()
    s.signal = crash
    assert (await talk(b, s)).reason_code == "agent-crashed"

    async def hang(view):
        await view.sleep(1e6)

    b, s = traders()
    s.signal = hang
    assert (await talk(b, s, timeout=4.0)).final_state == "TIMEOUT"
    b, s = traders()
    s.signal = hang
    late = await talk(b, s, turn_timeout=2.0, max_rounds=10)
    assert late.agreed
    assert faults(late) == [("S", "late")]


async def test_the_same_over_a_slow_network():
    outcome = await talk(
        saying(traders()[0], Signal(at_most=70)), traders()[1], max_rounds=10, network=Network(latency=0.1)
    )
    assert outcome.agreed
    assert outcome.accepted_offer.value <= 70


def test_options_that_do_not_exist_are_told():
    with pytest.raises(ConfigurationError, match=r"options\.talk: expected 'cheap' or 'binding', got 'loud'"):
        SignalOptions(talk="loud")
