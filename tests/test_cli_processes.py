"""The command line as a process: exit codes, Ctrl-C, pipes, colours, and how soon help is there."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "negotiate_rt"]
SLOW = """
name = "slow"
protocol = "bilateral"
sessions = 60
max_rounds = 3
timeout = 60
[[agents]]
type = "buyer"
name = "Bea"
limit = 90
behaviour = {kind = "slow", seconds = 30, probability = 0.5}
[[agents]]
type = "seller"
name = "Sam"
limit = 20
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=30, env={**clean, **environment}, check=False
    )


def test_ctrl_c_exits_130_with_partial_results_told_and_kept(tmp_path: Path) -> None:
    """Some sessions end at once, the others would take a minute: the first are what is left."""
    (tmp_path / "slow.toml").write_text(SLOW)
    folder = tmp_path / "out"
    process = subprocess.Popen(
        [*COMMAND, "run", str(tmp_path / "slow.toml"), "--out", str(folder), "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline, kept_in = time.monotonic() + 20, folder / "outcomes.jsonl"
    while not (kept_in.is_file() and kept_in.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=20)
    report = json.loads(stdout)
    kept = [json.loads(line) for line in (folder / "outcomes.jsonl").read_text().splitlines()]
    assert process.returncode == 130
    assert report["interrupted"] is True
    assert 0 < report["total"]["sessions"] == len(kept) < report["asked"] == 60
    assert json.loads((folder / "report.json").read_text()) == report
    assert f"interrupted: {len(kept)} of 60 sessions had ended" in stderr
    assert "Traceback" not in stderr


def test_colours_are_for_terminals_and_for_those_who_want_them() -> None:
    piped = run("run", "vickrey", "--clock", "virtual", "-n", "2")
    assert piped.returncode == 0
    assert "\x1b[" not in piped.stdout
    forced = run("run", "vickrey", "--clock", "virtual", "-n", "2", FORCE_COLOR="1", TERM="xterm-256color")
    assert "\x1b[32m" in forced.stdout
    without = run(
        "run", "vickrey", "--clock", "virtual", "-n", "2", FORCE_COLOR="1", NO_COLOR="1", TERM="xterm-256color"
    )
    assert "\x1b[32m" not in without.stdout


def test_a_pipe_that_closes_is_no_error() -> None:
    process = subprocess.Popen([*COMMAND, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait(20) == 0
    assert told == b""


def test_mistakes_exit_2_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("name = ")
    result = run("run", str(tmp_path / "bad.toml"))
    assert result.returncode == 2
    assert result.stderr.startswith("Error: ")
    assert "not TOML: Invalid value (at" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
@pytest.mark.timing
def test_help_is_there_in_three_tenths_of_a_second_of_cpu() -> None:
    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert run("--help").returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(once() for _ in range(3)) <= 0.3


def test_help_loads_nothing_of_the_runtime() -> None:
    code = (
        "import sys, negotiate_rt.cli; "
        "print(*[n for n in ('numpy', 'structlog', 'asyncio', 'anyio', 'negotiate_rt.runtime') if n in sys.modules])"
    )
    probe = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert probe.stdout.split() == []
