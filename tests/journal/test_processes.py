"""Journals of whole programs: the same bytes whatever the hash seed, and a disk that really is full."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from negotiate_rt.executor.settings import built_in
from negotiate_rt.replay.verifying import verify

pytestmark = pytest.mark.slow  # each starts interpreters

WORLD = """
import sys
from pathlib import Path
from negotiate_rt import Journal, Network, scenarios
for name in ("combinatorial", "contract-net", "english", "haggling", "mediation", "subscribe"):
    scenario = scenarios.load(name)
    for form in ("db", "jsonl"):
        executor = scenario.executor("virtual", 3, journal=Journal(Path(sys.argv[1]) / f"{name}.{form}", durable=True))
        executor.run_many(scenario.jobs(4, 3))
"""

FULL = """
import resource, signal, sys
from negotiate_rt import Buyer, Journal, JournalError, NegotiationConfig, NegotiationExecutor, Seller
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
executor = NegotiationExecutor(name="n", journal=Journal(sys.argv[1], durable=True, on_error=sys.argv[2]))
jobs = [([Buyer("Bea", 80, 40), Seller("Sam", 60, 120)], NegotiationConfig("bilateral", 50)) for _ in range(200)]
try:
    print(sum(outcome.agreed for outcome in executor.run_many(jobs, 10)))
except JournalError as error:
    print(error)
"""


def test_journals_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    digests = []
    for seed in ("0", "1", "77"):
        folder = tmp_path / seed
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", WORLD, str(folder)], check=True, env=environment, capture_output=True)
        digests.append([hashlib.sha256(one.read_bytes()).hexdigest() for one in sorted(folder.iterdir())])
    assert digests[0] == digests[1] == digests[2]
    assert len(digests[0]) == 8


@pytest.mark.parametrize("name", ["x.db", "x.jsonl"])
@pytest.mark.parametrize("on_error", ["stop", "continue"])
@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_disk_that_is_full_spoils_nothing_that_was_written(tmp_path: Path, name: str, on_error: str) -> None:
    path = tmp_path / name
    command = [sys.executable, "-c", FULL, str(path), on_error]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    if on_error == "stop":
        assert done.stdout.startswith(f"journal {path}: cannot be written: "), done.stdout + done.stderr
    else:
        assert done.stdout == "200\n"
    assert "journal_failed" in done.stderr
    found = verify(path, built_in())
    assert found.sound, found
    assert not found.closed
    assert sum(found.ended.values()) > 0
