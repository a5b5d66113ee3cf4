"""What a verification says: bounds, verdicts that are left open, the same verdict however closely the others are looked at."""

from __future__ import annotations

import msgspec
import pytest

from negotiate_rt.errors import ConfigurationError, ProtocolDefinitionError
from negotiate_rt.lab.verify import Bounds, Verification, find_protocol, verify_protocol
from negotiate_rt.machine import Table, names_own_offer, names_standing_offer
from negotiate_rt.messages.outcome import AGREED, FAILED, TIMEOUT
from negotiate_rt.messages.performatives import Accept, Cancel, Confirm, Inform, Propose, Reject, Withdraw
from negotiate_rt.protocols import AlternatingMenus, Bilateral, ContractNet, FirstPriceAuction, VickreyAuction
from negotiate_rt.protocols.mgm import Mgm
from tests.lab.verify.planted import PLANTED, CrossingCancel, DoubleAward, UnsoldAfterAward


def verdicts(found: Verification) -> dict[str, str]:
    return {one.property: one.verdict for one in found.judgements}


HANDSHAKE = Table(
    "handshake", "asking",
    {
        "asking": {("ann", Propose): "asked"},
        "asked": {("bob", Accept): "nodded", ("bob", Reject): FAILED},
        "nodded": {("ann", Confirm): AGREED, ("ann", Cancel): FAILED},
    },
    timeouts={"asking": TIMEOUT, "asked": TIMEOUT, "nodded": TIMEOUT}, rules={Accept: (names_standing_offer,)},
)  # fmt: skip


def test_a_sound_table_is_proved_in_every_respect():
    found = verify_protocol(HANDSHAKE)
    assert found.holds
    assert set(verdicts(found).values()) == {"proved", "not judged"}
    assert found.counterexamples == ()
    assert found.outcomes == ("AGREED", "FAILED", "TIMEOUT")
    assert repr(found) == f"<Verification handshake: ann and bob: holds, {found.states} states>"


def test_result_survives_json_and_tells_its_bounds():
    found = verify_protocol(Bilateral, Bounds(in_flight=1))
    again = msgspec.json.decode(msgspec.json.encode(found), type=Verification)
    assert again == found
    assert again.bounds == Bounds(in_flight=1)
    assert "inside_outcome_space" in again.abstracted_rules
    assert any("role coroutines" in one for one in again.abstracted)
    assert any("contents" in one for one in again.abstracted)


@pytest.mark.parametrize("kind", [FirstPriceAuction, DoubleAward, UnsoldAfterAward], ids=lambda kind: kind.__name__)
def test_looking_closely_at_one_or_at_all_gives_the_same_verdicts(kind):
    closely = verify_protocol(kind, Bounds(in_flight=1))
    sketched = verify_protocol(kind, Bounds(in_flight=1, limit=1))
    assert (closely.closely, sketched.closely) == (2, 1)
    assert verdicts(closely) == verdicts(sketched)
    assert sketched.dialogue_states >= closely.dialogue_states // 2


def test_counterexample_that_needs_the_others_says_that_they_are_sketched():
    found = verify_protocol(DoubleAward, Bounds(in_flight=1, limit=1))
    example = next(one for one in found.counterexamples if one.property == "winners")
    assert example.sketched
    alone = verify_protocol(CrossingCancel, Bounds(in_flight=1, limit=1))
    assert not next(one for one in alone.counterexamples if one.property == "receptions").sketched


def test_one_participant_is_enough_for_what_happens_in_one_dialogue():
    found = verify_protocol(CrossingCancel, Bounds(participants=1))
    assert found.participants == found.closely == 1
    assert verdicts(found)["receptions"] == "refuted"


def test_without_faults_nothing_is_lost_or_overtakes():
    found = verify_protocol(Bilateral, Bounds(faults=0))
    assert found.holds
    assert not found.any_faults
    assert verify_protocol(Bilateral).states > found.states


def test_a_verdict_is_open_where_the_limit_cuts_the_search_off(monkeypatch):
    monkeypatch.setattr("negotiate_rt.lab.verify.verifying.MOST", 5)
    found = verify_protocol(ContractNet, Bounds(in_flight=1, limit=1))
    assert not found.holds
    assert set(verdicts(found).values()) == {"open"}
    assert "no end of them" in found.judgements[0].why


def test_progress_is_told():
    told: list[int] = []
    verify_protocol(VickreyAuction, Bounds(in_flight=1), progress=told.append)
    assert told



def test_talk_between_participants_is_verified_beside_that_with_the_convener():
    found = verify_protocol(Mgm, Bounds(in_flight=1))
    assert [one.protocol for one in found.channels] == ["mgm: former and latter"]
    assert found.holds
    assert found.channels[0].holds
    assert found.channels[0].bounds.faults == 0


def test_copies_may_be_heard_as_news_where_messages_have_no_numbers():
    found = verify_protocol(HANDSHAKE, Bounds(deduplicate=False))
    assert found.abstracted == verify_protocol(HANDSHAKE).abstracted[:-1]
    assert verdicts(found)["offers"] == verdicts(found)["receptions"] == "proved"
    assert verify_protocol(VickreyAuction, Bounds(in_flight=1, deduplicate=False)).holds


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"participants": 0}, "participants: expected a whole number from 1 to 5, got 0"),
        ({"faults": -1}, "faults: expected a whole number from 0 to 1000"),
        ({"in_flight": 9}, "in_flight: expected a whole number from 1 to 8, got 9"),
        ({"limit": True}, "limit: expected a whole number"),
    ],
)
def test_impossible_bounds_are_refused(given, words):
    with pytest.raises(ConfigurationError, match=words):
        Bounds(**given)


def test_tables_that_cannot_be_compiled_are_the_callers_mistake():
    class Lost(Bilateral):
        start = "nowhere"

    with pytest.raises(ProtocolDefinitionError, match="start 'nowhere' has no rows"):
        verify_protocol(Lost)


def test_protocols_are_found_by_name_place_and_file(tmp_path, monkeypatch):
    assert find_protocol("VICKREY").name == "vickrey-auction"
    assert isinstance(find_protocol("negotiate_rt.protocols.bilateral:Bilateral"), Bilateral)
    assert find_protocol("tests.lab.verify.test_verifying:HANDSHAKE") is not None
    file = tmp_path / "own.py"
    file.write_text("from negotiate_rt.protocols import Bilateral\nclass Mine(Bilateral):\n    name = 'mine'\nother = 3\n")
    assert find_protocol(str(file)).name == "mine"
    assert find_protocol(f"{file}:Mine").name == "mine"
    with pytest.raises(ConfigurationError, match="there is no 'Mein'; did you mean 'Mine'"):
        find_protocol(f"{file}:Mein")
    with pytest.raises(ConfigurationError, match="is no NegotiationProtocol"):
        find_protocol(f"{file}:other")
    with pytest.raises(ConfigurationError, match=r"no protocol 'bilatral'.*bilateral"):
        find_protocol("bilatral")
    file.write_text("x = 1\n")
    with pytest.raises(ConfigurationError, match="must define one NegotiationProtocol; there is none"):
        find_protocol(str(file))


def test_every_counterexample_is_a_shortest_one_for_its_property():
    lengths = {kind.__name__: {} for kind in PLANTED}
    for in_flight in (1, 2):
        for kind in (DoubleAward, UnsoldAfterAward):
            for one in verify_protocol(kind, Bounds(in_flight=in_flight)).counterexamples:
                lengths[kind.__name__].setdefault(one.property, set()).add(one.steps)
    assert min(lengths["DoubleAward"]["winners"]) == 11  # two calls, two bids, each heard; the close; and two awards
    assert lengths["UnsoldAfterAward"]["outcome"] == {8}


def only_ones_own(message, board, mine, now):
    """A slip: whoever hears of a withdrawal does not look whether anything stood."""
    return names_own_offer(message, board, mine, now) if mine else None


NEEDS_TWO_LOSSES = Table(
    "two-losses", "start",
    {
        "start": {("ann", Propose): "offered", ("ann", Inform): "safe", ("ann", Withdraw): "trap", ("ann", Cancel): FAILED},
        "offered": {("ann", Inform): "told", ("bob", Reject): FAILED},
        "told": {("ann", Withdraw): "end", ("bob", Reject): FAILED},
        "safe": {("ann", Withdraw): "end", ("bob", Reject): FAILED},
        "end": {("bob", Reject): FAILED},
        "trap": {("bob", Accept): AGREED, ("bob", Reject): FAILED},
    },
    timeouts=dict.fromkeys(("start", "offered", "told", "safe", "end", "trap"), TIMEOUT), rules={Withdraw: (only_ones_own,)},
)  # fmt: skip


@pytest.mark.parametrize(("faults", "found"), [(0, False), (1, False), (2, True), (3, True)])
def test_what_takes_two_faults_on_one_way_is_found_with_two_and_not_with_one(faults, found):
    verified = verify_protocol(NEEDS_TWO_LOSSES, Bounds(faults=faults, in_flight=1))
    offers = [one for one in verified.counterexamples if one.property == "offers"]
    assert bool(offers) == found
    assert verified.any_faults == found  # counted only where unlimited faults would show more than was asked
    if found:
        assert (offers[0].faults, offers[0].steps) == (2, 5)
        assert offers[0].text.splitlines()[2:4] == ["|--- propose (lost) --x|", "|--- inform (lost) ---x|"]


def test_without_serial_numbers_two_may_accept_each_others_offers_and_wait_for_ever():
    found = verify_protocol(AlternatingMenus, Bounds(in_flight=1, deduplicate=False))
    assert verdicts(found)["endings"] == "refuted"
    example = next(one for one in found.counterexamples if one.property == "endings")
    assert (example.steps, example.faults) == (7, 1)
    assert "propose (twice) [awaiting_responder]" in example.text
    assert example.text.count("accept-proposal") == 2
    assert verdicts(verify_protocol(AlternatingMenus, Bounds(in_flight=1)))["endings"] == "proved"


def test_talk_that_only_a_timeout_ends_is_a_deadlock():
    chatter = Table(
        "chatter", "ann_speaks", {"ann_speaks": {("ann", Inform): "bob_speaks"}, "bob_speaks": {("bob", Inform): "ann_speaks"}},
        timeouts={"ann_speaks": TIMEOUT, "bob_speaks": TIMEOUT},
    )  # fmt: skip
    found = verify_protocol(chatter)
    assert [(one.property, one.steps) for one in found.counterexamples] == [("deadlock", 0)]
    assert found.counterexamples[0].wrong == "nothing was lost, and from here the talk cannot end without a timeout"
