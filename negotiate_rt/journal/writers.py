"""Who writes segments: this process, in place, or one of its own that goes on to the end when this one is killed."""

from __future__ import annotations

import asyncio
import os
import select
import sqlite3
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from negotiate_rt.errors import JournalError
from negotiate_rt.journal.store import Store, open_store, told

FRAME = struct.Struct(">QI")  # bytes of the body, rows in it
WORD = struct.Struct(">q")  # from the writer: segments that are committed, or minus the length of an error text
PACKAGE_FOLDER = str(Path(__file__).parents[2])
COMMAND = "import sys; sys.path.insert(0, sys.argv[1]); from negotiate_rt.journal.writer import main; main(*sys.argv[2:])"
MOST_WAITING = 4 << 20  # bytes on their way to the writer, above which the society pauses
START_LIMIT = 20.0  # seconds for a writer process to open the file
STOP_LIMIT = 30.0  # seconds for it to write what it has, on the way out


class Writer(Protocol):
    """Takes segments in order. `committed` counts those that are safe; `on_word` is called when that may have changed."""

    committed: int
    on_word: Callable[[], None]

    @property
    def crowded(self) -> bool:
        """Whether no more should come for now."""

    def write(self, body: bytes, count: int) -> None:
        """Take one segment. Raises JournalError."""

    def poll(self) -> None:
        """Hear what has become safe. Raises JournalError."""

    async def room(self) -> None:
        """Wait until more may come."""

    async def drain(self) -> None:
        """Wait until everything is safe. Raises JournalError."""

    def close(self) -> None:
        """Let the file go; what has been taken is written first. Raises JournalError."""


class InlineWriter:
    """Writes in place: a segment is safe when `write` returns."""

    crowded = False

    def __init__(self, path: Path, durable: bool) -> None:
        self.path = path
        self.store: Store = open_store(path, durable)
        self.on_word: Callable[[], None] = _nobody
        self.committed = 0

    def write(self, body: bytes, count: int) -> None:
        """Write and commit one segment. Raises JournalError."""
        try:
            self.store.append(body, count)
        except (OSError, sqlite3.Error) as error:
            raise JournalError(f"journal {self.path}: {told(error, self.path)}") from None
        self.committed += 1

    def poll(self) -> None:
        """Nothing is under way."""

    async def room(self) -> None:
        """There always is."""

    async def drain(self) -> None:
        """Everything is."""

    def close(self) -> None:
        """Let the file go."""
        try:
            self.store.close()
        except (OSError, sqlite3.Error) as error:
            raise JournalError(f"journal {self.path}: {told(error, self.path)}") from None


class ProcessWriter:
    """Hands segments to a process of its own over a pipe. It commits what has reached it even when this process is killed."""

    def __init__(self, path: Path, durable: bool) -> None:
        self.path = path
        self.committed = self.sent = 0
        self.waiting = 0  # bytes that are not known to be safe
        self.sizes: deque[int] = deque()
        self.outbox: deque[memoryview] = deque()
        self.inbox = bytearray()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.bell: asyncio.Future[None] | None = None
        self.on_word: Callable[[], None] = _nobody  # the writer has said something, and nobody waits for it
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, PACKAGE_FOLDER, str(path), "durable" if durable else ""],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,  # Ctrl-C is ours to answer
        )  # fmt: skip
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.to, self.back = self.process.stdin.fileno(), self.process.stdout.fileno()
        os.set_blocking(self.to, False)
        os.set_blocking(self.back, False)
        try:
            self._wait_for_opening()
        except BaseException:
            self.close()
            raise

    def _wait_for_opening(self) -> None:
        """Wait until the writer holds the file. Raises JournalError with its words if it cannot."""
        self.committed = -1  # the first word says 0
        while self.committed < 0:
            if not select.select([self.back], [], [], START_LIMIT)[0]:
                raise JournalError(f"journal {self.path}: its writer process did not start within {START_LIMIT:g} s")
            self.poll()

    @property
    def crowded(self) -> bool:
        """Whether so much is on its way that no more should come."""
        return self.waiting > MOST_WAITING

    def write(self, body: bytes, count: int) -> None:
        """Send one segment; what the pipe does not take at once follows from the event loop. Raises JournalError."""
        self.sent += 1
        self.sizes.append(len(body))
        self.waiting += len(body)
        self.outbox.append(memoryview(FRAME.pack(len(body), count) + body))
        self._push()
        if self.loop is None:
            self.loop = asyncio.get_running_loop()
            self.loop.add_reader(self.back, self._ring)

    def _push(self) -> None:
        while self.outbox:
            try:
                taken = os.write(self.to, self.outbox[0])
            except BlockingIOError:
                break
            except OSError:
                self.outbox.clear()
                self.poll()  # it says why it has gone
                raise JournalError(f"journal {self.path}: its writer process has ended") from None
            self.outbox[0] = self.outbox[0][taken:]
            if not self.outbox[0]:
                self.outbox.popleft()
        if self.loop is not None:
            if self.outbox:
                self.loop.add_writer(self.to, self._push_on)
            else:
                self.loop.remove_writer(self.to)

    def _push_on(self) -> None:
        try:
            self._push()
        except JournalError:  # told by the next poll
            self._ring()

    def _ring(self) -> None:
        """The writer has said something, or gone: whoever waits looks."""
        if self.bell is not None and not self.bell.done():
            self.bell.set_result(None)
        elif self.bell is None:
            self.on_word()

    def poll(self) -> None:
        """Hear what has become safe. Raises JournalError with the writer's own words when it could not write."""
        try:
            heard = os.read(self.back, 1 << 16)
        except BlockingIOError:
            return
        if not heard:
            raise JournalError(f"journal {self.path}: its writer process has ended")
        self.inbox += heard
        while len(self.inbox) >= WORD.size:
            (word,) = WORD.unpack_from(self.inbox)
            if word < 0:
                text = bytes(self.inbox[WORD.size :]).decode("utf-8", "replace")
                raise JournalError(text or f"journal {self.path}: cannot be written")
            del self.inbox[: WORD.size]
            while self.committed < word:
                self.committed += 1
                self.waiting -= self.sizes.popleft() if self.committed > 0 else 0

    async def room(self) -> None:
        """Wait until the writer has caught up. Raises JournalError."""
        while self.crowded:
            await self._word()

    async def _word(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.bell = self.loop.create_future()
        self.loop.add_reader(self.back, self._ring)
        try:
            await self.bell
        finally:
            self.bell = None
        self.poll()

    async def drain(self) -> None:
        """Wait until everything is safe. Raises JournalError."""
        try:
            async with asyncio.timeout(STOP_LIMIT):
                while self.committed < self.sent:
                    await self._word()
        except TimeoutError:
            raise JournalError(f"journal {self.path}: its writer process did not keep up for {STOP_LIMIT:g} s") from None

    def close(self) -> None:
        """Let the writer commit what has reached it, and end."""
        if self.loop is not None:
            self.loop.remove_reader(self.back)
            self.loop.remove_writer(self.to)
            self.loop = None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        try:
            while 0 <= self.committed < self.sent:
                self.poll()  # to the last word, and raises there if it ended before it had done all
        finally:
            self.process.stdout.close()


def _nobody() -> None:
    """Nobody waits."""
