"""Same seed, same world: byte-identical traces, whatever the hash seed, the machine's load, or what ran before."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from negotiate_rt import Bidder, NegotiationConfig, NegotiationExecutor
from tests.faults.determined import chains, disturbed, trace_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def trace():
    return trace_of(7)


def test_trace_holds_everything_that_can_happen(trace):
    records = [msgspec.json.decode(line) for line in trace.splitlines()]
    kinds = Counter(record["kind"] for record in records)
    assert kinds["started"] == kinds["ended"] == 24
    assert kinds["skipped"] > 0
    assert {record["content"]["what"] for record in records if record["kind"] == "fault"} >= {
        "late",
        "raised",
        "invalid",
    }
    states = Counter(record["content"]["state"] for record in records if record["kind"] == "ended")
    assert len(states) >= 3


def test_same_seed_gives_the_same_bytes_again_and_beside_a_busy_thread(trace):
    assert trace_of(7) == trace
    assert disturbed(lambda: trace_of(7)) == trace


def test_chains_of_executions_give_the_same_bytes_again_and_beside_a_busy_thread():
    once = asyncio.run(chains(7))
    assert asyncio.run(chains(7)) == once
    assert disturbed(lambda: asyncio.run(chains(7))) == once


def test_another_seed_gives_another_world(trace):
    assert trace_of(8) != trace


def test_same_seed_gives_the_same_bytes_under_any_hash_seed(trace):
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.faults.determined"], cwd=ROOT, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        for seed in ("0", "4711")
    ]  # fmt: skip
    for process in processes:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert out == trace


def lottery(executor, count=20, **config):
    """Who wins auctions in which everybody bids the same."""
    job = ([Bidder(name, 5) for name in "abcdefgh"], NegotiationConfig("vickrey", **config), "lot")
    return [outcome.result.winner.name for outcome in executor.run_many([job] * count)]


def test_two_societies_of_one_seed_draw_alike_whatever_their_names():
    assert lottery(NegotiationExecutor(seed=1)) == lottery(NegotiationExecutor(seed=1))
    assert lottery(NegotiationExecutor(seed=1)) != lottery(NegotiationExecutor(seed=2))
    assert len(set(lottery(NegotiationExecutor(seed=1)))) > 3  # each negotiation has a stream of its own


def test_seed_of_a_config_replaces_the_societys():
    one = lottery(NegotiationExecutor(seed=1), seed=5)
    assert one == lottery(NegotiationExecutor(seed=2), seed=5)
    assert len(set(one)) == 1
    assert {lottery(NegotiationExecutor(), 1, seed=seed)[0] for seed in range(10)} > {one[0]}
