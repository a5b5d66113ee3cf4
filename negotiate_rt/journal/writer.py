"""The writer process: segments come in through stdin, are committed, and each is answered on stdout.

It holds the file for the society that started it, and outlives it by what has reached the pipe: when that closes, it
commits what is whole and ends.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import BinaryIO

from negotiate_rt.errors import JournalError
from negotiate_rt.journal.store import open_store, told
from negotiate_rt.journal.writers import FRAME, WORD


def main(path: str, durable: str) -> None:
    """Serve one journal until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(Path(path), bool(durable), sys.stdin.buffer)
    except BrokenPipeError:  # nobody listens any more; what came has been committed
        os._exit(0)


def serve(path: Path, durable: bool, frames: BinaryIO) -> None:
    """Commit each segment that comes, and say so; the first failure is told and ends it."""
    try:
        store = open_store(path, durable)
    except JournalError as error:
        say_failure(str(error))
        return
    done, listening = 0, True
    try:
        listening = say(done, listening)
        while True:
            head = frames.read(FRAME.size)
            if len(head) < FRAME.size:
                return
            size, count = FRAME.unpack(head)
            body = frames.read(size)
            if len(body) < size:  # the society was killed in the middle of a segment
                return
            store.append(body, count)
            done += 1
            listening = say(done, listening)
    except (OSError, sqlite3.Error) as error:
        say_failure(f"journal {path}: {told(error, path)}")
    finally:
        store.close()


def say(word: int, listening: bool) -> bool:
    """Tell how many segments are safe; False from when nobody listens any more (what came is committed all the same)."""
    if listening:
        try:
            os.write(1, WORD.pack(word))
        except BrokenPipeError:
            return False
    return listening


def say_failure(text: str) -> None:
    """Tell why nothing more can be written."""
    data = text.encode()
    os.write(1, WORD.pack(-len(data)) + data)
