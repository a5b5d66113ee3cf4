from __future__ import annotations

import asyncio

import pytest

from examples.job_shop import CONFIG, DRAWS, FT06, RULES, Machine, call, check, gantt, main, read, schedule
from negotiate_rt import NegotiationExecutor

MOST_WORK = RULES["most work remaining"]


@pytest.fixture(scope="module")
def plan():
    return asyncio.run(schedule(NegotiationExecutor(clock="virtual", seed=1), read(FT06), MOST_WORK))


def test_the_instance_is_the_published_one():
    shop = read(FT06)
    assert (shop.name, shop.optimum) == ("ft06", 55)
    assert sum(map(sum, shop.durations)) == 197
    assert all(sorted(order) == [0, 1, 2, 3, 4, 5] for order in shop.machines)


def test_makespans_stand_beside_the_optimum(capsys):
    makespans = main(draws=1)
    assert makespans == {
        "most work remaining": 67,
        "most work after it": 57,
        "shortest operation": 94,
        "longest operation": 86,
        "first come": 65,
        "blurred, seed 0": makespans["blurred, seed 0"],
    }
    printed = capsys.readouterr().out
    assert "216 contract nets made 6 schedules, all feasible; the optimum is 55" in printed
    assert "machine 5" in printed


@pytest.mark.slow
def test_the_best_of_forty_blurred_schedules_is_optimal():
    makespans = main()
    assert len(makespans) == len(RULES) + DRAWS
    assert min(makespans.values()) == makespans["blurred, seed 14"] == 55  # `main` has checked that it is feasible


def test_in_the_first_net_three_machines_bid_and_the_earliest_is_awarded():
    shop = read(FT06)
    crew = [Machine(number, MOST_WORK) for number in range(6)]
    outcome = NegotiationExecutor(clock="virtual").run(crew, CONFIG, call(shop, [0] * 6, [0] * 6))
    # Machine 1 is needed first by jobs 1, 3 and 5 (8, 5 and 3 long), machine 2 by 0, 2 and 4 (1, 5 and 9).
    assert {bid.agent: dict(bid.value) for bid in outcome.result.bids} == {
        "machine 1": {"time": 3},
        "machine 2": {"time": 1},
    }
    assert outcome.result.awarded == ("machine 2",)
    # Jobs 2 and 4 could begin before 1 as well; most work is left of job 2 (34, against 26 of job 0 and 25 of job 4).
    assert outcome.result.reports["machine 2"] == {"job": 2, "start": 0, "end": 5}


def test_a_feasible_plan_is_told_from_others(plan):
    shop = read(FT06)
    assert check(shop, plan) == 67
    first = plan[0]
    with pytest.raises(ValueError, match="exactly once"):
        check(shop, plan[1:])
    with pytest.raises(ValueError, match="wrong machine or length"):
        check(shop, [first._replace(end=first.end + 1), *plan[1:]])
    late = max(plan, key=lambda one: one.start)
    with pytest.raises(ValueError, match="before the job's step"):
        check(shop, [one if one is not late else one._replace(start=0, end=late.end - late.start) for one in plan])
    rival = next(one for one in plan if one.machine == first.machine and one.step == 0 and one is not first)
    moved = rival._replace(start=first.start, end=first.start + rival.end - rival.start)
    with pytest.raises(ValueError, match="is busy"):
        check(shop, [one if one is not rival else moved for one in plan])


def test_the_schedule_is_active(plan):
    """Nothing fits into a gap before it without moving something else."""
    ends = {(one.job, one.step): one.end for one in plan}
    for one in plan:
        ready = ends.get((one.job, one.step - 1), 0)
        before = sorted(
            (other.start, other.end) for other in plan if other.machine == one.machine and other.start < one.start
        )
        for (_, idle_from), (idle_to, _) in zip([(0, 0), *before], [*before, (one.start, one.start)], strict=True):
            begin = max(idle_from, ready)
            assert begin >= one.start or begin + one.end - one.start > idle_to


def test_the_chart_shows_every_unit_of_work(plan):
    shop = read(FT06)
    lines = gantt(shop, plan).splitlines()
    assert len(lines) == 7
    charts = [line.removeprefix(f"machine {number} ") for number, line in enumerate(lines[1:])]
    assert {len(chart) for chart in charts} == {67}
    assert sum(character != "." for chart in charts for character in chart) == 197
