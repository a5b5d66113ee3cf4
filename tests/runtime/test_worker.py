"""A worker's parts, in this process: what the parent sees of them is in test_isolation.py."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

import pytest

from negotiate_rt.runtime import worker
from negotiate_rt.runtime.isolation import ConfigurationError, Worker
from negotiate_rt.runtime.pipe import (
    COPY,
    MAIN,
    Answer,
    Boot,
    Call,
    Failure,
    Main,
    Ready,
    frame,
    pack,
    read_body,
    take_frame,
    unpack,
)
from negotiate_rt.runtime.worker import Attendant, Inbox, Program, leave_at_once, serve
from tests.runtime.isolated_agents import Scholar, Unborn

ENDING = Call("leave", b"")


class Channel:
    """Both ends of a worker's pipes."""

    def __init__(self) -> None:
        (requests_out, requests_in), (replies_out, replies_in) = os.pipe(), os.pipe()
        self.requests: BinaryIO = os.fdopen(requests_in, "wb", buffering=0)
        self.replies: BinaryIO = os.fdopen(replies_out, "rb")
        self.reader: BinaryIO = os.fdopen(requests_out, "rb")
        self.writer: BinaryIO = os.fdopen(replies_in, "wb")

    def say(self, message: Any) -> None:
        self.requests.write(frame(message))

    def hear(self) -> Any:
        body = read_body(self.replies)
        return None if body is None else unpack(body)

    def close(self) -> None:
        for file in (self.requests, self.replies, self.writer, self.reader):
            file.close()


@pytest.fixture
def channel(monkeypatch) -> Iterator[Channel]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(worker, "LINGER", 0.0)
    channel = Channel()
    yield channel
    channel.close()


@pytest.fixture
def program_modules(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, COPY, None)
    monkeypatch.setitem(sys.modules, MAIN, sys.modules[MAIN])


def boot(agent: Any) -> Boot:
    return Boot(sys.path, ["program"], None, pack(agent))


# -------------------------------------------------------------------------------------------------------------- serving
def test_worker_answers_in_order_and_leaves_when_the_parent_has_let_go(channel):
    left = threading.Event()
    serving = threading.Thread(target=serve, args=(channel.reader, channel.writer, left.set), daemon=True)
    serving.start()
    channel.say(boot(Scholar()))
    assert channel.hear() == Ready()
    for number in (1, 2):
        channel.say(Call("decide", pack((70,))))
        assert unpack(channel.hear().value) == (70, number)
    channel.say(Call("ponder", pack(())))
    assert unpack(channel.hear().value) is False
    channel.requests.close()
    serving.join(5)
    assert not serving.is_alive()
    assert left.wait(5), "exit handlers may not take longer than LINGER"


def test_worker_says_why_an_agent_cannot_be_rebuilt(channel):
    channel.say(boot(Unborn()))
    serve(channel.reader, channel.writer, lambda: None)
    failed = channel.hear()
    assert (failed.type, failed.text) == ("OSError", "no library")


def test_worker_without_a_word_from_its_parent_leaves(channel):
    channel.requests.close()
    serve(channel.reader, channel.writer, lambda: None)


def test_worker_that_is_busy_when_its_parent_lets_go_dies_at_once(channel):
    left = threading.Event()
    inbox = Inbox(channel.reader, left.set)
    channel.say(ENDING)
    assert inbox.next() == ENDING
    channel.requests.close()
    assert left.wait(5)


def test_half_a_frame_is_the_end(channel):
    channel.requests.write(frame(ENDING)[:-1])
    channel.requests.close()
    assert read_body(channel.reader) is None


def test_frames_are_taken_as_they_arrive():
    buffer = bytearray()
    taken = []
    for byte in frame(ENDING) + frame(Ready()):
        buffer.append(byte)
        message = take_frame(buffer)
        taken += [message] if message is not None else []
    assert taken == [ENDING, Ready()]
    assert not buffer


def test_hook_that_raises_is_answered_by_a_failure():
    attendant = Attendant(boot(Scholar()))
    answers = [attendant.serve(Call(hook, pack(()))) for hook in ("invalid", "picky", "stubborn", "unsayable", "where")]
    assert [type(one) for one in answers] == [Failure] * 4 + [Answer]
    assert [bool(one.error) for one in answers[:4]] == [True, False, False, False]
    assert [one.text for one in answers[1:3]] == ["picky", "(its text raised ZeroDivisionError)"]
    attendant.close()


def test_interrupt_in_a_worker_is_not_the_parents():
    failed = worker.failure(KeyboardInterrupt())
    assert (failed.error, failed.type) == (b"", "KeyboardInterrupt")


# -------------------------------------------------------------------------------------------------------------- program
@pytest.mark.usefixtures("program_modules")
def test_program_is_imported_once_and_under_another_name(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("class Mine:\n    pass\n\nassert __name__ != '__main__'\n")
    program = Program(Main(None, str(path)))
    assert program.name() == program.name() == COPY
    mine = sys.modules[MAIN].Mine  # type: ignore[attr-defined]
    assert mine.__module__ == COPY
    assert unpack(pack(mine), program.name) is mine


@pytest.mark.usefixtures("program_modules")
def test_program_run_as_a_module_is_imported_by_its_name(tmp_path, monkeypatch):
    (tmp_path / "some_program.py").write_text("ANSWER = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    Program(Main("some_program", None)).name()
    assert sys.modules[COPY].ANSWER == 42


def test_program_without_a_main_guard_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "program.py"
    path.write_text(
        "from negotiate_rt.runtime.isolation import Worker\nfrom tests.runtime.isolated_agents import Scholar\n"
        "Worker(Scholar())\n"
    )
    with pytest.raises(ImportError, match="under `if __name__ == '__main__':`, or keeps its agents") as refused:
        Program(Main(None, str(path))).name()
    assert isinstance(refused.value.__cause__, ConfigurationError)
    assert not Program.importing
    Worker(Scholar())  # fine again


def test_program_that_exits_while_it_is_imported_is_refused(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("raise SystemExit(2)\n")
    with pytest.raises(ImportError, match=r"failed \(SystemExit: 2\)"):
        Program(Main(None, str(path))).name()


def test_program_that_is_no_file_is_refused():
    with pytest.raises(ImportError, match="it was typed in"):
        Program(None).name()


# -------------------------------------------------------------------------------------------------------------- process
def test_answer_that_nobody_hears_ends_the_process(channel, monkeypatch):
    left = []
    monkeypatch.setattr(worker, "die_with_parent", lambda: None)
    monkeypatch.setattr(worker, "take_channel", lambda: (channel.reader, channel.writer))
    monkeypatch.setattr(worker, "leave_at_once", lambda: left.append("at once"))
    channel.replies.close()
    channel.say(boot(Scholar()))
    worker.main()
    assert left == ["at once"]


@pytest.mark.skipif(sys.platform == "win32", reason="process groups of POSIX")
def test_worker_takes_its_own_processes_with_it_and_nobody_elses(monkeypatch):
    ended = []
    monkeypatch.setattr(os, "killpg", lambda *group: ended.append(group))
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(os, "getpgrp", os.getpid)
    leave_at_once()
    assert ended == [(0, signal.SIGKILL), 1]
    monkeypatch.setattr(os, "getpgrp", lambda: 1)
    ended.clear()
    leave_at_once()
    assert ended == [1]
