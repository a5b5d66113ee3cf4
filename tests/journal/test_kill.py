"""kill -9 at random moments of a journalled society, real processes: no durable outcome is lost, none comes twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from negotiate_rt.executor.settings import built_in
from negotiate_rt.journal.journal import Journal
from negotiate_rt.replay.verifying import verify

PROGRAM = Path(__file__).with_name("killed.py")
TALKS = 200  # in each run, over a fifth of a second


def run_and_kill(path: Path, seed: int, writer: str, after: float | None) -> list[str]:
    """Run the program, kill it so many seconds after its society has opened (None: let it end); return what it told."""
    command = [sys.executable, str(PROGRAM), str(path), str(seed), writer, str(TALKS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        if after is not None:
            time.sleep(after)
            process.kill()
        rest = process.stdout.read()
        errors = process.stderr.read()
    lines = [line for line in (first + rest).splitlines() if line not in ("open", "")]
    if after is None:
        assert process.returncode == 0, errors
        assert lines[-1] == "done"
    return [line for line in lines if line != "done"]


def hold_out(path: Path, kills: int, writer: str, seed: int) -> None:
    """Kill a society so many times, let one go on to the end, and compare what was told with what the journal holds."""
    rng = random.Random(seed)
    told: Counter[str] = Counter()
    for number in range(kills):
        told.update(run_and_kill(path, number, writer, rng.random() * 0.4))
    told.update(run_and_kill(path, kills, writer, None))
    assert max(told.values()) == 1  # no outcome is announced twice
    announced = dict(line.split(" ") for line in told)
    assert len(announced) == len(told)
    ended = [record for record in Journal(path).records() if record.kind == "ended"]
    states = {record.negotiation: record.content["state"] for record in ended}
    assert len(states) == len(ended)  # none stands in the journal twice
    assert {talk: states.get(talk) for talk in announced} == announced  # none is lost, none has changed
    found = verify(path, built_in())
    assert found.sound, found
    assert found.open == ()
    assert found.closed
    assert found.negotiations == len(states)


def test_a_society_killed_five_times_loses_no_durable_outcome(tmp_path: Path) -> None:
    """In the default suite though it takes seconds: what a journal is for."""
    hold_out(tmp_path / "x.db", 5, "inline", seed=2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "writer"), [("x.db", "inline"), ("x.db", "process"), ("x.jsonl", "inline"), ("x.jsonl", "process")]
)
def test_kill_at_fifty_moments(tmp_path: Path, name: str, writer: str) -> None:
    """Four times fifty: two hundred moments in all."""
    hold_out(tmp_path / name, 50, writer, seed=3)
