"""The fixtures that users get by installing the package: bench, networks, seeds, scripted opponents."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from textwrap import dedent

import pytest

from negotiate_rt import AGREED, Accept, Bidder, Buyer, Contractor, NegotiationConfig, Propose, Seller, Task, Walk
from negotiate_rt.lab.invariants import Violation
from negotiate_rt.testing import Bench, Late, scripted
from negotiate_rt.testing.bench import check_kept

HERE = any(one.name == "negotiate-rt" for one in entry_points(group="pytest11"))  # an older installation knows no plugin

OWN_TESTS = """
    from negotiate_rt import Accept, Buyer, Negotiator, Seller

    class Patient(Buyer):
        def decide(self, view):
            good = view.standing_offer and view.standing_offer.value <= 70
            return Accept() if good else view.parse({"move": "propose", "value": 40})

    def test_waits_for_a_good_offer(negotiation_bench, scripted):
        seller = scripted(Seller("Sam", 60), 100, 80, 65)
        outcome = negotiation_bench.run([Patient("Pat", 80), seller], "bilateral")
        assert outcome.accepted_offer.value == 65
        assert len(seller.script.views) == 3

    async def test_inside_a_loop(negotiation_bench):
        assert (await negotiation_bench.execute([Buyer("Bea", 80), Seller("Sam", 60)])).agreed

    def test_ends_over_any_network(negotiation_bench, negotiation_network):
        outcome = negotiation_bench.run([Buyer("Bea", 80), Seller("Sam", 60)], network=negotiation_network)
        assert outcome.final_state in ("AGREED", "TIMEOUT", "DEADLOCK", "FAILED")

    def test_knows_its_seed(negotiation_bench, negotiation_seed):
        assert negotiation_bench.seed == negotiation_seed
"""


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_own.py").write_text(dedent(OWN_TESTS))
    plugin = [] if HERE else ["-p", "negotiate_rt.testing.plugin"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", *plugin, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_fixtures_serve_tests_of_ones_own(tmp_path: Path) -> None:
    run = pytest_in(tmp_path)
    assert "9 passed" in run.stdout, run.stdout + run.stderr


@pytest.mark.slow
def test_seeds_multiply_the_tests_that_use_chance(tmp_path: Path) -> None:
    run = pytest_in(tmp_path, "--negotiation-seeds", "3")
    assert "27 passed" in run.stdout, run.stdout + run.stderr
    refused = pytest_in(tmp_path, "--negotiation-seeds", "0")
    assert "expected at least 1" in refused.stdout + refused.stderr


def test_plugin_loads_nothing_of_the_runtime() -> None:
    code = "import sys, negotiate_rt.testing.plugin; print([one for one in sys.modules if one.startswith('negotiate_rt.') "
    code += "and one not in ('negotiate_rt.testing', 'negotiate_rt.testing.plugin')], 'numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "[] False"


def test_script_is_played_one_decision_a_call() -> None:
    seller = scripted(Seller("Sam", 60), 100, Propose(90), lambda view: view.standing_offer and Accept())
    outcome = Bench().run([Buyer("Bea", 80, opening=65), seller], NegotiationConfig("bilateral", 10))
    assert outcome.final_state == AGREED
    assert [offer.value for offer in outcome.all_offers if offer.agent == "Sam"] == [100, 90]
    assert [view.round for view in seller.script.views] == [1, 2, 3]
    assert not seller.script.left


def test_script_that_is_over_walks_away() -> None:
    outcome = Bench().run([Buyer("Bea", 80), scripted(Seller("Sam", 60), 100)], NegotiationConfig("bilateral", 10))
    assert outcome.failure_reason == "walked-away: Sam: the script is over"
    stays = scripted(Seller("Sam", 60), then=95)
    assert Bench().run([Buyer("Bea", 80), stays], NegotiationConfig("bilateral", 3)).final_state == "DEADLOCK"


def test_script_may_raise_and_be_late() -> None:
    bench = Bench()
    outcome = bench.run([Buyer("Bea", 80), scripted(Seller("Sam", 60), OSError("line dead"))])
    assert outcome.reason_code == "agent-crashed"
    slow = scripted(Seller("Sam", 60), Late(3, 70), Late(100, 65), then=Walk())
    outcome = bench.run([Buyer("Bea", 80), slow], NegotiationConfig("bilateral", 5, turn_timeout=5))
    assert [fault.what for fault in outcome.faults] == ["late"]
    assert 3_000 <= outcome.duration_ms <= 9_000


def test_other_hooks_are_scripted_too() -> None:
    bench = Bench()
    bidder = scripted(Bidder("b", 10), 7.5)
    outcome = bench.run([bidder, Bidder("c", 4)], "vickrey", problem="a lot")
    assert outcome.result.pay_price == 4
    assert bidder.script.views[0].task == "a lot"
    worker = scripted(Contractor("w", bid=lambda task: 9), 5, hook="bid")
    assert bench.run([worker], NegotiationConfig("contract-net"), Task(hours=1)).agreed
    assert worker.script.asked[0][0]["hours"] == 1
    with pytest.raises(ValueError, match="none of the hooks"):
        scripted(object(), 1)


def test_bench_keeps_what_was_said_and_repeats_with_its_seed() -> None:
    def told(seed: int) -> tuple[bytes, int]:
        bench = Bench(seed)
        outcome = bench.run([Buyer("Bea", 80), Seller("Sam", 60)], network="mobile")
        assert bench.said(by="Bea", act="propose")
        assert bench.worlds == 1
        return bench.trace.to_jsonl(), outcome.messages

    assert told(1) == told(1)
    assert told(1) != told(2)


@pytest.mark.parametrize("network", ["lan", "wan", "mobile", "flaky", "hostile"])
def test_invariants_hold_over_every_preset(network: str) -> None:
    for seed in range(3):
        Bench(seed).run([Buyer("Bea", 80), Seller("Sam", 60)], network=network)


def test_broken_invariant_fails_the_test() -> None:
    check_kept([])
    with pytest.raises(AssertionError, match="rational: x/1: below reservation"):
        check_kept([Violation("rational", "x/1", "below reservation")])
