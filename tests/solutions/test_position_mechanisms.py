"""GSP as a direct mechanism is not truthful, position VCG is: the numbers of Edelman, Ostrovsky and Schwarz."""

from __future__ import annotations

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.audit import audit
from negotiate_rt.solutions.mechanisms import TypeSpace
from negotiate_rt.solutions.position_mechanisms import position_auction

THREE = TypeSpace((2, 3, 4, 10))


def test_truthful_payments_of_three_bidders_and_two_slots() -> None:  # reference case 14
    for pricing, paid in (("gsp", (800, 200, 0)), ("vcg", (600, 200, 0))):
        ((_, found),) = position_auction(pricing, THREE, 3, (200, 100)).lottery((10, 4, 2))
        assert found.payments == paid
        assert found.allocation == (1, 2, 0)


def test_a_bid_of_three_beats_the_truth_under_gsp() -> None:  # reference case 14
    auction = position_auction("gsp", THREE, 3, (200, 199))
    assert auction.utility(0, 10, (10, 4, 2)) == 1200
    assert auction.utility(0, 10, (3, 4, 2)) == 1592
    report = audit(auction)
    assert report["dominant-strategy"].verdict == "fails"
    assert report["bayesian"].verdict == "fails"


def test_gsp_with_one_slot_is_vickrey_and_vcg_is_truthful_with_any() -> None:
    assert audit(position_auction("gsp", agents=3, clicks=(5,)))["dominant-strategy"].verdict == "holds"
    report = audit(position_auction("vcg", agents=3))
    for name in ("dominant-strategy", "bayesian", "individually-rational", "no-deficit", "efficient", "monotone"):
        assert report[name].verdict == "holds"


def test_the_same_orders_pay_more_under_gsp_than_under_vcg() -> None:
    gsp, vcg = (audit(position_auction(one, agents=3)).revenue for one in ("gsp", "vcg"))
    assert gsp is not None
    assert vcg is not None
    assert gsp.mean > vcg.mean


def test_mistakes_are_told() -> None:
    with pytest.raises(ConfigurationError, match="pricing must be one of"):
        position_auction("third")
    with pytest.raises(ConfigurationError, match="clicks"):
        position_auction("gsp", clicks=(1, 2))
