from __future__ import annotations

import asyncio
import csv
from itertools import islice

import pytest

from examples.airport_slots import (
    FADE,
    FLIGHTS,
    LARGE,
    SLOTS,
    all_at_once,
    bid_for,
    main,
    one_by_one,
    read_flights,
    worth,
)
from negotiate_rt import NegotiationExecutor, solve_winners
from negotiate_rt.problems.combinatorial import bids_from


@pytest.fixture(scope="module")
def few():
    """The first six flights: a solver is done with them at once."""
    return dict(islice(read_flights(FLIGHTS).items(), 6))


def sell(way, *arguments):
    return asyncio.run(way(NegotiationExecutor(clock="virtual", seed=1), *arguments))


def best(flights):
    return solve_winners([bids_from(ways, name) for name, ways in flights.items()]).value


def test_the_slice_is_one_hour_with_all_seats_known():
    with FLIGHTS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 29
    assert len({row["carrier"] for row in rows}) == 9
    assert all(1300 <= int(row["sched_dep_time"]) < 1400 and int(row["seats"]) > 50 for row in rows)
    assert len({(row["carrier"], row["flight"]) for row in rows}) == 29


def test_no_flight_leaves_early_and_a_large_one_needs_two_slots_in_a_row():
    flights = read_flights(FLIGHTS)
    small, large = flights["AA 300"], flights["UA 578"]  # 172 and 200 seats, both at 13:00
    assert small[frozenset({"13:00"})] == 172
    assert small[frozenset({"13:15"})] == pytest.approx(172 / 2)
    assert large[frozenset({"13:00", "13:03"})] == LARGE
    assert worth(large, frozenset({"13:00"})) == 0
    assert min(map(min, flights["UA 294"])) == "13:12", "13:10 falls between two slots"
    assert max(map(min, small)) < f"13:{FADE}"


def test_the_cautious_bid_nothing_for_half_a_pair_and_the_hopeful_half_its_worth():
    large = read_flights(FLIGHTS)["UA 578"]
    assert bid_for(0, large, frozenset(), hopeful=False) == 0
    assert bid_for(0, large, frozenset(), hopeful=True) == 100
    assert bid_for(1, large, frozenset({SLOTS[0]}), hopeful=False) == 200


def test_nobody_holds_a_slot_twice_and_all_at_once_is_worth_the_most(few):
    bound = best(few)
    for one in (sell(one_by_one, few, False), sell(one_by_one, few, True), sell(all_at_once, few)):
        slots = [slot for held in one.held.values() for slot in held]
        assert len(slots) == len(set(slots))
        assert one.welfare <= bound + 1e-9
        assert one.revenue > 0
    assert one.welfare == pytest.approx(bound)
    assert one.revenue <= one.welfare


@pytest.mark.slow
def test_bids_on_pairs_are_worth_something(capsys):
    cautious, hopeful, together = main()
    assert together.welfare == pytest.approx(best(read_flights(FLIGHTS))) == pytest.approx(2605.4)
    assert cautious.welfare < hopeful.welfare < together.welfare
    assert together.revenue == pytest.approx(1607.7667, abs=1e-3)
    assert "29 flights, 20 slots" in capsys.readouterr().out
