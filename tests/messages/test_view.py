"""What an agent sees, the prompt and schema made of it, and how replies become decisions."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt import (
    Accept,
    AdditiveUtility,
    BargainingProblem,
    InvalidDecision,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOffer,
    Negotiator,
    Pie,
    PriceProblem,
    Propose,
    Refuse,
    Reject,
    Seller,
    View,
    Walk,
    sleep,
)
from negotiate_rt.messages.view import find_object
from negotiate_rt.problems import OutcomePreferences, OutcomeSpace, PricePreferences

ISSUES = (Issue("food", (0, 1, 2)), Issue("tent", ("big", "small")))
OFFER = NegotiationOffer("s/1/1", "Sam", 120.0, 1, 0.0)
BARGAIN = ("propose", "accept-proposal", "walk", "withdraw")


def view(**changes):
    fields = {
        "agent": "Bea", "role": "initiator", "protocol": "bilateral", "negotiation": "s/1", "round": 3, "max_rounds": 10,
        "now": 5.0, "deadline": 20.0, "may_say": BARGAIN, "standing_offer": OFFER,
        "own_last_offer": NegotiationOffer("s/1/2", "Bea", 40.0, 2, 1.0), "heard": [130.0, 120.0],
        "preferences": PricePreferences(80, 40, selling=False), "strategy": None, "problem": PriceProblem(),
    }  # fmt: skip
    return View(**{**fields, **changes})


def campsite(**changes):
    problem = BargainingProblem(ISSUES)
    utility = AdditiveUtility(
        {"food": 1, "tent": 2}, {"food": {0: 0, 1: 0.5, 2: 1}, "tent": {"big": 1, "small": 0}}, problem.space
    )
    preferences = OutcomePreferences(problem.space, utility, 1.0)
    standing = NegotiationOffer("s/1/1", "Sam", (0, "small"), 1, 0.0)
    return view(problem=problem, preferences=preferences, standing_offer=standing, own_last_offer=None, **changes)


# ------------------------------------------------------------------------------------------------------------------ facts
def test_budgets_and_moves():
    one = view()
    assert (one.rounds_left, one.time_left, one.history) == (7, 15.0, (130.0, 120.0))
    assert one.last_move is one.own_last_offer
    assert one.legal_moves == ("propose", "accept", "walk")
    assert view(standing_offer=None).legal_moves == ("propose", "walk"), "there is nothing to accept"
    assert view(round=10).rounds_left == 0
    assert view(deadline=math.inf).time_left == math.inf


@pytest.mark.parametrize("refusal", ["reject-proposal", "refuse"])
def test_walking_is_legal_wherever_a_refusal_is(refusal):
    assert view(may_say=("accept-proposal", refusal)).legal_moves[-1] == "walk"


def test_a_view_cannot_be_changed_and_its_history_is_a_copy():
    one = view()
    with pytest.raises(AttributeError):
        one.round = 1
    before = one.history
    one.heard.append(1.0)
    assert before == (130.0, 120.0)


async def test_hooks_see_rounds_time_offers_and_moves():
    seen = []

    def look(view):
        seen.append(view)
        return Propose(10.0 * view.round) if view.round < 3 else Accept()

    executor = NegotiationExecutor(clock="virtual", name="here")
    config = NegotiationConfig("bilateral", max_rounds=5, timeout=60, turn_timeout=7)
    outcome = await executor.execute(
        [Negotiator("x", strategy=look), Seller("S", 60, opening=120)], config, PriceProblem()
    )
    first, second, third = seen
    assert outcome.accepted_offer == third.standing_offer
    assert (first.agent, first.role, first.protocol, first.negotiation) == ("x", "initiator", "bilateral", "here/1")
    assert [(one.round, one.rounds_left) for one in seen] == [(1, 4), (2, 3), (3, 2)]
    assert (first.standing_offer, first.own_last_offer, first.history) == (None, None, ())
    assert first.legal_moves == ("propose", "walk")
    assert second.standing_offer.value == 120
    assert second.own_last_offer.value == 10
    assert third.history == (120.0, 105.0)
    assert first.time_left == 7


# ---------------------------------------------------------------------------------------------------------------- prompts
def test_prompt_tells_everything_that_counts():
    prompt = view().as_prompt()
    for text in (
        "You are Bea, the initiator in a bilateral negotiation.",
        "Round 3 of 10; 7 more after this one.",
        "You have 15 seconds for this decision.",
        "The other side's standing offer: 120.",
        "Your own last offer: 40.",
        "You want to buy; never go above your limit of 80.",
        "The standing offer is worth -40 to you.",
        "Legal moves: propose, accept, walk. Walking away is a legitimate choice.",
    ):
        assert text in prompt
    assert "could not be used" not in prompt
    assert "You want to sell; never go below" in view(preferences=PricePreferences(80, 140, selling=True)).as_prompt()


def test_prompt_of_a_repair_says_why():
    assert "Your last reply could not be used: no JSON object" in view(repair="no JSON object").as_prompt()


def test_prompt_names_issues_and_values():
    prompt = campsite().as_prompt()
    assert "Never agree to less than your reservation value, a utility of 1." in prompt
    assert "The standing offer is worth 0 to you." in prompt
    assert '{"food":0,"tent":"small"}' in prompt
    assert "Your own last offer: none yet." in prompt


def test_prompt_without_a_deadline_preferences_or_offers():
    prompt = view(
        deadline=math.inf, preferences=None, standing_offer=None, own_last_offer=None, problem=None
    ).as_prompt()
    assert "seconds for this decision" not in prompt
    assert "standing offer: nothing yet" in prompt
    assert "limit" not in prompt


def test_schema_in_the_prompt_is_the_schema():
    for one in (view(), campsite(), view(standing_offer=None), view(may_say=("accept-proposal", "reject-proposal"))):
        assert json.loads(one.as_prompt().rsplit("matching this schema: ", 1)[1]) == one.schema()


def test_schema_lists_legal_moves_and_the_values_of_the_problem():
    schema = campsite().schema()
    moves = {option["properties"]["move"]["const"]: option for option in schema["oneOf"]}
    assert set(moves) == {"propose", "accept", "walk"}
    assert all(option["additionalProperties"] is False for option in moves.values())
    assert moves["propose"]["required"] == ["move", "value"]
    assert moves["propose"]["properties"]["value"]["properties"]["tent"] == {"enum": ["big", "small"]}
    assert moves["walk"]["properties"]["reason"] == {"type": "string"}
    assert view(problem=Pie(5.0)).value_schema() == {"type": "number", "minimum": 0, "maximum": 5.0}
    assert view(problem=None).value_schema() == {"type": "number"}


# ---------------------------------------------------------------------------------------------------------------- replies
@pytest.mark.parametrize(
    ("reply", "decision"),
    [
        ('{"move": "propose", "value": 70}', Propose(70.0)),
        (b'{"move": "propose", "value": 70}', Propose(70.0)),
        ('{"move": "accept"}', Accept()),
        ('{"action": "accept"}', Accept()),
        ('{"move": "ACCEPT"}', Accept()),
        ('{"move": "accept-proposal"}', Accept()),
        ('{"move": "walk", "reason": "too dear"}', Walk("too dear")),
        ('{"move": "walk"}', Walk()),
        ('Sure!\n```json\n{"move": "propose", "value": 70.5}\n```\nGood luck.', Propose(70.5)),
        ('I weighed {this} and {that}: {"move": "accept"}', Accept()),
        ('{"move": "accept"} or maybe {"move": "walk"}', Accept()),
        ({"move": "propose", "value": 1}, Propose(1.0)),
        (Propose(3), Propose(3)),
        (Walk("x"), Walk("x")),
    ],
    ids=str,
)
def test_replies_that_fit(reply, decision):
    assert view().parse(reply) == decision


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("", "no JSON object in the reply ''"),
        ("accept", "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ('"accept"', "no JSON object"),
        ('{"move": "accept"', "no JSON object"),
        ("{}", "move 'none' is not legal here; expected one of: propose, accept, walk"),
        ('{"move": "propos"}', "did you mean 'propose'?"),
        ('{"move": "reject"}', "move 'reject' is not legal here"),
        ('{"move": ["accept"]}', "is not legal here"),
        ('{"move": null}', "is not legal here"),
        ('{"move": "propose"}', "a proposal needs a 'value', e.g. "),
        ('{"move": "propose", "value": "70"}', "a price must be a number"),
        ('{"move": "propose", "value": true}', "a price must be a number"),
        ('{"move": "propose", "value": null}', "a price must be a number"),
        ('{"move": "propose", "value": 1e999}', "a price must be finite"),
        ('{"move": "propose", "value": NaN}', "no JSON object"),
        ('{"move": "propose", "value": Infinity}', "no JSON object"),
        ({"move": "propose", "value": math.nan}, "a price must be finite"),
        ("{" * 50_000, "no JSON object"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "no JSON object|is not legal here"),
        (b"\xff\xfe{", "no JSON object"),
        (None, "expected a JSON object or text that holds one, got NoneType"),
        (42, "got int"),
        (["accept"], "got list"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_reply_that_fits_nothing_is_a_typed_fault(reply, text):
    with pytest.raises(InvalidDecision, match=text):
        view().parse(reply)


def test_replies_about_issues_are_checked_against_the_space():
    one = campsite()
    assert one.parse('{"move": "propose", "value": {"food": 2, "tent": "big"}}') == Propose((2, "big"))
    assert one.parse('{"move": "propose", "value": [2, "big"]}') == Propose((2, "big"))
    for value in ('{"food": 2}', '{"food": 7, "tent": "big"}', '{"food": 2, "tent": "big", "sea": 1}', "7", '"big"'):
        with pytest.raises(InvalidDecision):
            one.parse(f'{{"move": "propose", "value": {value}}}')
    with pytest.raises(InvalidDecision, match=r'"food":0'):
        one.parse('{"move": "propose"}')


def test_replies_where_only_a_refusal_is_legal():
    one = view(may_say=("accept-proposal", "reject-proposal"))
    assert one.parse('{"move": "reject", "reason": "no"}') == Reject("no")
    assert one.parse('{"move": "walk"}') == Walk()
    assert view(may_say=("propose", "refuse"), standing_offer=None).parse('{"move": "refuse"}') == Refuse()


def test_nothing_can_be_accepted_where_nothing_stands():
    with pytest.raises(InvalidDecision, match="expected one of: propose, walk"):
        view(standing_offer=None).parse('{"move": "accept"}')


@given(
    st.one_of(
        st.text(max_size=40), st.binary(max_size=40), st.floats().map(json.dumps), st.lists(st.none()).map(json.dumps)
    )
)
@settings(max_examples=40)
def test_any_text_is_a_decision_or_an_invalid_one(reply):
    try:
        decision = view().parse(reply)
    except InvalidDecision:
        return
    assert isinstance(decision, (Propose, Accept, Walk))


@given(
    st.dictionaries(
        st.sampled_from(["move", "value", "reason", "action"]), st.one_of(st.none(), st.floats(), st.text(max_size=9))
    )
)
@settings(max_examples=40)
def test_any_mapping_is_a_decision_or_an_invalid_one(reply):
    try:
        decision = campsite().parse(reply)
    except InvalidDecision:
        return
    assert isinstance(decision, (Propose, Accept, Walk))


@pytest.mark.parametrize(("text", "found"), [('x {"a": {"b": 1}} y', {"a": {"b": 1}}), ('{ {1} } {} {"a": 2}', {})])
def test_first_object_in_a_text_is_found(text, found):
    assert find_object(text) == found


# ------------------------------------------------------------------------------------------------------------------- time
async def test_sleep_waits_on_the_societys_clock():
    times = []

    async def nap(view):
        times.append(view.now)
        await view.sleep(3)
        await sleep(4)
        return Walk() if view.round == 2 else Propose(1)

    outcome = await NegotiationExecutor(clock="virtual").execute(
        [Negotiator("x", strategy=nap), Seller("S", 60)], NegotiationConfig("bilateral"), PriceProblem()
    )
    assert times == [0, 7]
    assert outcome.duration_ms == 14_000


async def test_sleep_outside_of_a_hook_is_refused():
    with pytest.raises(RuntimeError, match=r"work inside asynchronous hooks only"):
        await sleep(1)
    with pytest.raises(RuntimeError):
        await view().sleep(1)


def test_space_of_the_view_is_the_problems():
    assert isinstance(campsite().problem.space, OutcomeSpace)
