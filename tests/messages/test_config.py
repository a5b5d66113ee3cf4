"""What a caller may ask for: names, numbers, durations, fault policies, and what each refusal says."""

from __future__ import annotations

import math
from datetime import timedelta
from decimal import Decimal

import msgspec
import numpy
import pytest

from negotiate_rt import (
    ConfigurationError,
    FaultPolicy,
    LinearConcession,
    NegotiationConfig,
    NegotiationState,
    NegotiationType,
)


def test_first_six_are_positional_in_this_order_and_the_rest_are_not():
    strategy = LinearConcession()
    config = NegotiationConfig("bilateral", 7, 3.5, 50, 100, strategy)
    assert (config.type, config.max_rounds, config.timeout) == ("bilateral", 7, 3.5)
    assert (config.reservation_value, config.initial_offer, config.concession_strategy) == (50, 100, strategy)
    with pytest.raises(TypeError):
        NegotiationConfig("bilateral", 7, 3.5, 50, 100, strategy, 1.0)


def test_defaults():
    config = NegotiationConfig("bilateral")
    assert (config.max_rounds, config.timeout, config.reservation_value, config.initial_offer) == (
        100,
        60.0,
        None,
        None,
    )
    assert (config.concession_strategy, config.turn_timeout, config.options, config.seed) == (None, None, None, None)
    assert config.on_fault == FaultPolicy()
    assert config.on_fault.late == ("skip",)
    assert config.on_fault.raised == ("withdraw",)
    assert config.on_fault.invalid == config.on_fault.illegal == ("repair", "skip")


def test_a_config_is_frozen():
    with pytest.raises(AttributeError):
        NegotiationConfig("bilateral").timeout = 5
    assert msgspec.structs.replace(NegotiationConfig("bilateral", 5), max_rounds=6).max_rounds == 6


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("bilateral", "bilateral"), ("BILATERAL", "bilateral"), (" Bilateral ", "bilateral"),
        (NegotiationType.BILATERAL, "bilateral"), (NegotiationType.CONTRACT_NET, "contract-net"),
        ("CONTRACT_NET", "contract-net"), ("contract_net", "contract-net"),
        ("SEALED_BID", "first-price-auction"), (NegotiationType.SEALED_BID, "first-price-auction"),
        ("VICKREY", "vickrey-auction"), ("vickrey", "vickrey-auction"), (NegotiationType.VICKREY, "vickrey-auction"),
        ("ENGLISH_AUCTION", "english-auction"), ("first-price", "first-price-auction"),
    ],
)  # fmt: skip
def test_spellings(spelling, name):
    config = NegotiationConfig(spelling)
    assert config.type == name
    assert type(config.type) is str


def test_enums_are_plain_strings():
    assert NegotiationType.BILATERAL == "bilateral"
    assert NegotiationState.AGREED == "AGREED"
    assert f"{NegotiationState.DEADLOCK}" == "DEADLOCK"
    assert {"TIMEOUT": 1}[NegotiationState.TIMEOUT] == 1
    assert NegotiationState("FAILED") is NegotiationState.FAILED


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (5, 5.0),
        (0.25, 0.25),
        (timedelta(minutes=2), 120.0),
        (Decimal("1.5"), 1.5),
        (numpy.int64(3), 3.0),
        (None, None),
        (math.inf, None),
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", ["timeout", "turn_timeout"])
def test_durations_are_seconds_or_timedeltas(name, given, seconds):
    assert getattr(NegotiationConfig("bilateral", **{name: given}), name) == seconds


@pytest.mark.parametrize("number", [50, 50.0, Decimal(50), numpy.float32(50), numpy.int64(50)], ids=repr)
def test_figures_are_true_numbers(number):
    config = NegotiationConfig("bilateral", numpy.int64(9), reservation_value=number, initial_offer=number)
    assert (config.reservation_value, config.initial_offer, config.max_rounds) == (50.0, 50.0, 9)
    assert type(config.reservation_value) is float
    assert type(config.max_rounds) is int


@pytest.mark.parametrize("offer", [None, -1, -1.0])
def test_initial_offer_of_none_or_minus_one_is_automatic(offer):
    assert NegotiationConfig("bilateral", initial_offer=offer).initial_offer is None


WRONG = [
    ({"type": ""}, "type: expected the name of a protocol, got ''"),
    ({"type": " "}, "type: expected the name of a protocol, got ' '"),
    ({"type": None}, "type: expected the name of a protocol, got None"),
    ({"type": 7}, "type: expected the name of a protocol, got 7"),
    *(
        ({"max_rounds": rounds}, f"max_rounds: expected a whole number of at least 1, got {rounds!r}")
        for rounds in (0, -3, 2.0, True, None, "5", math.nan)
    ),
    *(
        ({name: seconds}, f"{name}: expected seconds or a timedelta above 0, got {seconds!r}")
        for seconds in (0, -1, math.nan, True, "5", timedelta(0), timedelta(seconds=-1), -math.inf)
        for name in ("timeout", "turn_timeout")
    ),
    *(
        ({name: figure}, f"{name}: expected a finite number, got {figure!r}")
        for figure in (math.nan, math.inf, -math.inf, True, "5", [], 1j)
        for name in ("reservation_value", "initial_offer")
    ),
    ({"concession_strategy": "linear"}, "concession_strategy: expected a callable, got 'linear'"),
    ({"seed": "x"}, "seed: expected a whole number, got 'x'"),
    ({"seed": 1.5}, "seed: expected a whole number, got 1.5"),
    ({"on_fault": 42}, "on_fault: expected a FaultPolicy, a mapping of kinds to remedies, or a remedy, got 42"),
    ({"on_fault": "ski"}, "on_fault.late: expected one of repair, skip, fallback, withdraw, fail or a callable, got 'ski'; did you mean 'skip'?"),  # noqa: E501
    ({"on_fault": {"lte": "skip"}}, "on_fault: unknown kind 'lte'; expected late, raised, invalid, illegal; did you mean 'late'?"),  # noqa: E501
    ({"on_fault": {7: "skip"}}, "on_fault: unknown kind 7; expected late, raised, invalid, illegal"),
    ({"on_fault": {"late": 7}}, "on_fault.late: expected one of repair, skip, fallback, withdraw, fail or a callable, got 7"),
    ({"on_fault": {"late": "repair"}}, "on_fault.late: a late hook is never called twice; repair is for invalid, illegal"),
    ({"on_fault": {"raised": "repair"}}, "on_fault.raised: a raised hook is never called twice; repair is for invalid, illegal"),
    ({"on_fault": "fallback"}, "on_fault.late: 'fallback' needs a strategy: FaultPolicy(..., fallback=strategy)"),
    ({"on_fault": {"fallback": 3}}, "on_fault.fallback: expected a strategy, got 3"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "text"), WRONG, ids=[str(given) for given, _ in WRONG])
def test_what_is_out_of_range_is_refused_with_its_place(given, text):
    with pytest.raises(ConfigurationError) as refusal:
        NegotiationConfig(**{"type": "bilateral", **given})
    assert str(refusal.value) == text
    assert isinstance(refusal.value, ValueError)


def test_one_remedy_stands_for_every_kind_that_can_have_it():
    assert NegotiationConfig("bilateral", on_fault="fail").on_fault == FaultPolicy(
        late="fail", raised="fail", invalid="fail", illegal="fail"
    )
    policy = NegotiationConfig("bilateral", on_fault="repair").on_fault
    assert policy.late == ("skip",)
    assert policy.invalid == ("repair", "skip"), "a repair that does not help is followed by a skip"


def test_remedies_in_order_as_tuple_or_list():
    strategy = LinearConcession()
    mapping = {"invalid": ["repair", "fallback", "fail"], "fallback": strategy}
    policy = NegotiationConfig("bilateral", on_fault=mapping).on_fault
    assert policy.invalid == ("repair", "fallback", "fail")
    assert policy == FaultPolicy(invalid=("repair", "fallback", "fail"), fallback=strategy)
    assert FaultPolicy(late=()).late == ("skip",)
    assert FaultPolicy(late=strategy).late == (strategy,)
