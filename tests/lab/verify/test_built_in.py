"""Every built-in protocol is proved: quickly within narrow bounds, and in the slow suite within the full ones."""

from __future__ import annotations

import pytest

from negotiate_rt.lab.verify import Bounds, Verification, verify_all, verify_protocol
from negotiate_rt.lab.verify.finding import signature_of
from negotiate_rt.protocols import BUILT_IN, ContractNet, EnglishAuction, FirstPriceAuction, VickreyAuction

NARROW = Bounds(in_flight=1, limit=10_000)
FULL = Bounds()
PROTOCOLS = [kind() for kind in BUILT_IN]


def distinct(bounds: Bounds):
    """One protocol of each kind of tables."""
    found = {signature_of(protocol, bounds): protocol for protocol in reversed(PROTOCOLS)}
    return [protocol for protocol in PROTOCOLS if protocol in found.values()]


def refuted(found: Verification) -> list[str]:
    return [
        f"{one.protocol}: {judged.property}: {judged.verdict}: {judged.why}"
        for one in (found, *found.channels) for judged in one.judgements
        if judged.verdict not in ("proved", "not judged")
    ]  # fmt: skip


@pytest.mark.parametrize("protocol", distinct(NARROW), ids=[one.name for one in distinct(NARROW)])
def test_built_in_protocol_is_proved(protocol):
    found = verify_protocol(protocol, NARROW)
    assert refuted(found) == []
    assert found.holds
    assert found.any_faults
    assert found.participants >= 2 or not found.joint


@pytest.mark.slow
@pytest.mark.parametrize("protocol", distinct(FULL), ids=[one.name for one in distinct(FULL)])
def test_built_in_protocol_is_proved_with_two_participants_and_any_faults(protocol):
    found = verify_protocol(protocol, FULL)
    assert refuted(found) == []
    assert found.holds
    assert found.any_faults
    assert found.bounds.faults >= 2
    assert found.participants >= 2 or not found.joint


def test_built_in_protocols_with_equal_tables_are_verified_once():
    first, second, english = verify_all([FirstPriceAuction(), VickreyAuction(), EnglishAuction()], NARROW)
    assert (first.same_as, second.same_as, english.same_as) == ("", "first-price-auction", "")
    assert second.protocol == "vickrey-auction"
    assert second.judgements == first.judgements
    assert second.states == first.states


def test_names_of_auctions_with_one_lot_are_proved_to_have_one_winner():
    for kind in (FirstPriceAuction, VickreyAuction, EnglishAuction):
        winners = next(one for one in verify_protocol(kind, NARROW).judgements if one.property == "winners")
        assert winners.verdict == "proved"


def test_contract_net_may_award_several_times_but_not_anew_while_one_is_at_work():
    winners = next(one for one in verify_protocol(ContractNet, NARROW).judgements if one.property == "winners")
    assert winners.verdict == "not judged"
    assert "nothing is awarded anew while somebody is still at it" in winners.why


@pytest.mark.slow
@pytest.mark.parametrize("kind", [FirstPriceAuction, ContractNet, EnglishAuction], ids=lambda kind: kind.name)
def test_three_participants_are_as_safe_as_two(kind):
    found = verify_protocol(kind, Bounds(participants=3, limit=20_000))
    assert refuted(found) == []
    assert (found.participants, found.any_faults) == (3, True)
