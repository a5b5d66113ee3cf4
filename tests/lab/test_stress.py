"""Campaigns: what is swept, what is told, how a broken world is found again and shrunk, and what counts as worse."""

from __future__ import annotations

import random

import msgspec
import pytest

from negotiate_rt import Buyer, ConfigurationError, NegotiationConfig, Seller
from negotiate_rt.executor.executor import run_sync
from negotiate_rt.lab.invariants import INVARIANTS
from negotiate_rt.lab.stress import Campaign, run_campaign, running, stress_agents
from negotiate_rt.lab.stress.baseline import load_baseline, regressions
from negotiate_rt.lab.stress.report import StressReport, Tally, time_class, time_of
from negotiate_rt.lab.stress.running import SPAN, Plan, play_safely, world_numbered
from negotiate_rt.lab.stress.shrinking import shrink
from tests.lab.planted import PLANTS, plant

SMALL = Campaign(scenarios=("haggling",), latencies=(0.0, 0.1), losses=(0.0, 0.2), negotiations=80, sessions=10, seed=5)
QUICK = frozenset(
    (
        "haggling", "rubinstein", "demands", "signals", "first-price", "propose", "query", "vickrey", "contract-net", "request",
        "campsite", "all-pay", "gsp", "discriminatory", "brokering", "subscribe",
    )
)  # fmt: skip


def without_times(report: StressReport) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(report, seconds=0.0, jobs=1))


def mostly_quick(cells):
    """Weights without measuring: what is known to be quick is played most."""
    return [1.0 if cell.label[0] in QUICK else 0.01 for cell in cells]


@pytest.fixture(scope="module")
def small():
    return run_campaign(SMALL)


def test_every_combination_is_a_row(small):
    assert [(cell.latency, cell.loss) for cell in small.cells] == [(0.0, 0.0), (0.0, 0.2), (0.1, 0.0), (0.1, 0.2)]
    assert small.negotiations == sum(cell.negotiations for cell in small.cells) == small.asked == 80
    assert small.worlds == 8


def test_loss_costs_agreements_and_latency_time(small):
    perfect, lossy, slow, _ = small.cells
    assert perfect.agreement_rate > 0.9 > lossy.agreement_rate
    assert perfect.p99 == 0.0
    assert slow.p50 > 1000
    assert perfect.welfare_lost == pytest.approx(0.0)
    assert lossy.welfare_lost > 0.5


def test_nothing_is_broken(small):
    assert small.violations == 0
    assert not small.failures


def test_the_same_campaign_gives_the_same_report(small):
    assert without_times(run_campaign(SMALL)) == without_times(small)


@pytest.mark.slow
def test_the_report_does_not_depend_on_the_number_of_processes(small):
    assert without_times(run_campaign(SMALL, jobs=2)) == without_times(small)


def test_every_second_world_has_a_schedule_of_its_own(small):
    assert all(cell.shuffled == cell.worlds // 2 for cell in small.cells)
    assert sum(cell.shuffled for cell in run_campaign(msgspec.structs.replace(SMALL, schedules=False)).cells) == 0


def test_acknowledged_delivery_wins_the_agreements_back(small):
    report = run_campaign(msgspec.structs.replace(SMALL, acknowledged=True))
    assert {cell.agreed for cell in report.cells} == {small.cells[0].agreed}


def test_protocols_strategies_and_populations_are_swept():
    campaign = Campaign(
        scenarios=("english",), protocols=("vickrey", "first-price"), populations=(2, 4), negotiations=8, sessions=2
    )
    names = [cell.name for cell in run_campaign(campaign).cells]
    assert names == [
        "english, vickrey, 2 agents, perfect", "english, vickrey, 4 agents, perfect",
        "english, first-price, 2 agents, perfect", "english, first-price, 4 agents, perfect",
    ]  # fmt: skip
    haggling = Campaign(scenarios=("haggling",), strategies=("linear", "exponential"), negotiations=4, sessions=2)
    assert len(haggling.cells()) == 2


@pytest.mark.parametrize(
    ("fields", "flaw"),
    [
        ({"losses": (1.5,)}, "expected a number from 0 to 1, got 1.5"),
        ({"latencies": (-1.0,)}, "latency: expected a number from 0"),
        ({"networks": ("lann",)}, "did you mean 'lan'"),
        ({"networks": ("lan",), "losses": (0.1,)}, "sweep over presets or over these"),
        ({"negotiations": 0}, "negotiations: expected a whole number of at least 1"),
        ({"scenarios": ()}, "scenarios: expected at least one"),
        ({"populations": (0,)}, "population: expected a whole number of at least 1"),
        ({"troubles": float("nan")}, "expected a number from 0 to 1"),
    ],
)
def test_impossible_campaigns_are_refused(fields, flaw):
    with pytest.raises(ConfigurationError, match=flaw):
        Campaign(**{"scenarios": ("haggling",), **fields})


@pytest.mark.parametrize(
    ("fields", "flaw"),
    [
        ({"scenarios": ("hagling",)}, "did you mean 'haggling'"),
        ({"strategies": ("liner",)}, "strategy"),
        ({"populations": (5,)}, "bilateral"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_runs(fields, flaw):
    with pytest.raises(ConfigurationError, match=flaw):
        Plan(Campaign(**{"scenarios": ("haggling",), **fields}))


def test_a_broken_world_is_told_with_the_command_that_plays_it_again(monkeypatch):
    plant(next(bug for bug in PLANTS if bug.name == "messages are not numbered"), monkeypatch)
    report = run_campaign(SMALL)
    assert report.violations
    failure = report.failures[0]
    assert failure.violation.invariant in INVARIANTS
    assert failure.command.startswith("negotiate-rt stress haggling --negotiations 80")
    assert failure.command.endswith(f"--world {failure.world}")
    assert world_numbered(SMALL, failure.world).sessions == tuple(range(1, 11))


def test_a_broken_world_is_shrunk_to_a_minimal_trace(monkeypatch):
    plant(next(bug for bug in PLANTS if bug.name == "anything is accepted"), monkeypatch)
    campaign = msgspec.structs.replace(SMALL, troubles=0.2)
    broken = next(failure.world for failure in run_campaign(campaign).failures)
    found = shrink(world_numbered(campaign, broken))
    assert found.violation.invariant == "rational"
    assert found.negotiations == 1
    assert found.world.network is None
    assert found.world.shuffle is None
    assert found.world.troubles == 0.0
    assert found.world.spec.max_rounds == 1
    assert found.messages == 2
    assert "said propose" in found.trace[0]


def test_a_sound_world_shrinks_to_nothing():
    assert shrink(world_numbered(SMALL, 0)) is None


def test_a_world_that_the_campaign_does_not_have_is_refused():
    with pytest.raises(ConfigurationError, match="has 4 cells"):
        world_numbered(SMALL, 4 * SPAN)


def test_a_report_beside_itself_is_no_worse(small, tmp_path):
    path = tmp_path / "before.json"
    path.write_bytes(msgspec.json.encode(small))
    assert regressions(load_baseline(path), small) == []


def test_what_is_worse_is_told_by_measure(small):
    lossy = run_campaign(msgspec.structs.replace(SMALL, duplicate=0.3, losses=(0.3, 0.4), negotiations=400))
    worse = msgspec.structs.replace(
        lossy,
        cells=tuple(
            msgspec.structs.replace(one, label=two.label) for one, two in zip(lossy.cells, small.cells, strict=True)
        ),
    )
    found = {(one.cell, one.measure) for one in regressions(small, worse)}
    assert (small.cells[0].name, "agreement rate") in found
    assert (small.cells[0].name, "welfare lost") in found


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"format": 1}'])
def test_a_baseline_that_is_none_is_refused(content, tmp_path):
    path = tmp_path / "before.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="expected what `negotiate-rt stress --json` prints"):
        load_baseline(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_baseline(tmp_path / "nowhere.json")


def test_percentiles_come_within_their_class():
    tally = Tally(agreed=1000)
    times = [random.Random(1).lognormvariate(5, 2) for _ in range(1000)]
    for time in times:
        tally.times[time_class(time)] = tally.times.get(time_class(time), 0) + 1
    for share in (0.5, 0.99):
        assert tally.percentile(share) == pytest.approx(sorted(times)[round(share * 1000) - 1], rel=0.03)
    assert time_of(time_class(0.0)) == 0.0


def test_tallies_add_up_in_any_order(small):
    assert Tally().percentile(0.5) is None
    one, two = (
        Tally(agreed=1, times={3: 1}, states={"AGREED": 1}),
        Tally(agreed=2, times={3: 1, 4: 1}, states={"TIMEOUT": 1}),
    )
    one.plus(two)
    assert (one.agreed, one.times, one.states) == (3, {3: 2, 4: 1}, {"AGREED": 1, "TIMEOUT": 1})


def test_agents_of_ones_own_run_in_many_worlds():
    def make(chance):
        return [([Buyer("b", chance.uniform(60, 100)), Seller("s", 50)], NegotiationConfig("bilateral"))]

    report = stress_agents(make, networks={"perfect": None, "lossy": "flaky"}, worlds=6)
    assert [cell.name for cell in report.cells] == ["perfect", "lossy"]
    assert report.violations == 0
    assert report.cells[0].agreed == 6
    told = stress_agents(make, worlds=2, checks={"never": lambda outcomes: ["always"]})
    assert told.violations == 2


def test_a_maker_of_nothing_is_refused():
    with pytest.raises(ConfigurationError, match="expected at least one negotiation"):
        stress_agents(lambda chance: [], worlds=1)


def test_two_thousand_negotiations_of_all_protocols_under_mixed_faults_break_nothing(monkeypatch):
    monkeypatch.setattr(running, "weights_of", mostly_quick)
    monkeypatch.setattr(running, "COMPARED", 0)
    monkeypatch.setattr(running, "LOOKED_AT_TWICE", 10**9)
    campaign = Campaign(scenarios=("all",), networks=("flaky",), troubles=0.15, negotiations=2000, sessions=5)
    report = run_campaign(campaign)
    assert [str(failure.violation) for failure in report.failures] == []
    assert report.negotiations >= 2000


@pytest.mark.slow
def test_twenty_thousand_negotiations_of_all_protocols_under_mixed_faults_break_nothing():
    campaign = Campaign(
        scenarios=("all",), networks=("wan", "mobile", "hostile"), troubles=0.15, negotiations=20_000, seed=1
    )
    report = run_campaign(campaign, jobs=2)
    assert [f"{failure.violation} {failure.command}" for failure in report.failures] == []
    assert report.negotiations >= 20_000


def test_a_turn_let_pass_in_an_earlier_dialogue_is_not_taken_for_one_of_the_next():
    """An English bidder hears an overtaken call of its last dialogue when it has already outbid all others in a new one."""
    campaign = Campaign(scenarios=("english",), networks=("flaky",), troubles=0.12, sessions=6, seed=1)
    world = msgspec.structs.replace(world_numbered(campaign, 42), sessions=tuple(range(1, 41)))
    played = run_sync(lambda: play_safely(world))
    assert played.violations == []
    bought = played.outcomes[6].result
    assert bought.winning_bid == bought.bids[-1]
    assert bought.pay_price == 57.5
