"""What executors and societies may be made with: mistakes are told at once, by the name of the argument."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy
import pytest

from negotiate_rt import Buyer, ConfigurationError, NegotiationConfig, NegotiationExecutor, Network, Seller, Society


@pytest.mark.parametrize("make", [NegotiationExecutor, Society])
@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"clock": "reel"}, "clock: expected 'real' or 'virtual', got 'reel'; did you mean 'real'?"),
        ({"network": 3}, "network: expected a Network or None, got 3"),
        ({"network": Network}, "network: expected a Network or None, got <class"),
        ({"journal": 3}, "journal: expected a path"),
        ({"seed": "x"}, "seed: expected a whole number, got 'x'"),
        ({"seed": 1.5}, "seed: expected a whole number, got 1.5"),
        ({"seed": True}, "seed: expected a whole number, got True"),
        ({"max_in_flight": 0}, "max_in_flight: expected a whole number of at least 1, got 0"),
        ({"max_in_flight": 1.5}, "max_in_flight: expected a whole number of at least 1"),
        ({"mailbox_capacity": 0}, "mailbox_capacity: expected a whole number of at least 1"),
        ({"overflow": "drop-newst"}, "overflow: expected one of .*; did you mean 'drop-newest'?"),
        ({"start_timeout": "x"}, "start_timeout: expected seconds or a timedelta above 0, got 'x'"),
        ({"stop_timeout": 0}, "stop_timeout: expected seconds or a timedelta above 0, got 0"),
        ({"grace": -1}, "grace: expected seconds or a timedelta above 0, got -1"),
        ({"watchdog": math.nan}, "watchdog: expected seconds or a timedelta above 0, got nan"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_mistake_is_told_when_it_is_made(make, wrong, text):
    with pytest.raises(ConfigurationError, match=text.replace("?", r"\?")):
        make(**wrong)


def test_name_must_be_text():
    with pytest.raises(ConfigurationError, match="name: expected text, got 3"):
        Society(3)


@pytest.mark.parametrize(
    "fine",
    [
        {"seed": numpy.int64(3), "max_in_flight": None}, {"max_in_flight": math.inf, "watchdog": 0, "grace": 0},
        {"start_timeout": None, "stop_timeout": timedelta(seconds=1), "mailbox_capacity": 1, "overflow": "wait"},
        {"network": Network(), "max_in_flight": 1},
    ],
)  # fmt: skip
def test_what_is_fine(fine):
    assert NegotiationExecutor(**fine).run([Buyer("B", 80), Seller("S", 60)], NegotiationConfig("bilateral", 10)).agreed
