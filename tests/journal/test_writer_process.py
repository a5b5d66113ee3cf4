"""The writer process: it commits what has reached it, says why it cannot, and outlives a society that is killed."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from negotiate_rt import Journal, JournalError, NegotiationExecutor, Society
from negotiate_rt.journal.writer import serve
from negotiate_rt.journal.writers import FRAME, ProcessWriter
from tests.journal.worlds import HAGGLE, haggled, jobs, kinds, pair

pytestmark = pytest.mark.slow  # each starts an interpreter


@pytest.mark.parametrize("name", ["x.db", "x.jsonl"])
@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_a_process_writes_what_the_society_would(tmp_path: Path, name: str, clock: str) -> None:
    haggled(tmp_path / name, 50, clock=clock, writer="process", durable=True)
    assert len(kinds(tmp_path / name, "ended")) == 50
    if clock == "virtual":
        inline = tmp_path / f"inline-{name}"
        haggled(inline, 50, durable=True)
        assert inline.read_bytes() == (tmp_path / name).read_bytes()


def test_what_a_process_cannot_open_is_told_in_its_words(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "no" / "x.db", writer="process")
    with pytest.raises(JournalError, match=r"x\.db: cannot be written: there is no folder"):
        NegotiationExecutor(journal=journal).run(pair(), HAGGLE)


async def test_a_writer_that_is_killed_stops_the_society(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ProcessWriter] = []
    start = ProcessWriter.__init__

    def noted(self: ProcessWriter, path: Path, durable: bool) -> None:
        start(self, path, durable)
        made.append(self)

    monkeypatch.setattr(ProcessWriter, "__init__", noted)

    async def busy() -> None:
        async with Society(journal=Journal(tmp_path / "x.db", writer="process", durable=True)) as society:
            assert (await society.negotiate(pair(), HAGGLE)).agreed
            os.kill(made[0].process.pid, signal.SIGKILL)
            while True:
                await society.negotiate(pair(), HAGGLE)

    with pytest.raises(JournalError, match="its writer process has ended"):
        await busy()


def test_a_segment_that_came_in_part_is_not_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "frames"
    body = b"\x91\x92\x0c\x00"
    source.write_bytes(FRAME.pack(len(body), 1) + body + FRAME.pack(100, 1) + b"half of it")
    with source.open("rb") as frames:
        serve(tmp_path / "x.jsonl", True, frames)
    assert (tmp_path / "x.jsonl").read_bytes().count(b'{"segment":') == 1
    assert len(capfd.readouterr().out) > 0


def test_the_process_leaves_nothing_behind(tmp_path: Path) -> None:
    before = set(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else set()
    executor = NegotiationExecutor(journal=Journal(tmp_path / "x.db", writer="process"))
    executor.run_many(jobs(3))
    after = set(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else set()
    assert after == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["x.db"]
