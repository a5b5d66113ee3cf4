"""What a society and the worker processes of its isolated agents say to each other.

A frame is eight bytes of length (big-endian) and a pickle: both ends run the same code and trust each other; isolation
protects against time, crashes and the interpreter lock, not against malice. First a Boot, answered by Ready or Failure;
then Calls, one at a time, each answered by an Answer or a Failure, after any number of Notes. Agents' own values are
pickles within, so that one that cannot be rebuilt does not spoil the frame.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, NamedTuple

MAIN, COPY = "__main__", "__mp_main__"  # the program's module, and its name in a worker (that of multiprocessing)
HEADER = struct.Struct(">Q")


class Main(NamedTuple):
    """Where the program is, so that a worker can import it when a class or function of it is needed."""

    module: str | None  # as in `python -m module`
    path: str | None


class Boot(NamedTuple):
    """What a new worker needs: where to import from, and the agent."""

    import_path: list[str]
    arguments: list[str]
    main: Main | None
    agent: bytes


class Ready(NamedTuple):
    """The agent has been rebuilt."""


class Call(NamedTuple):
    """Call one hook; `arguments` is a pickled tuple."""

    hook: str
    arguments: bytes


class Note(NamedTuple):
    """What a hook tells on its way to an answer, pickled."""

    content: bytes


class Answer(NamedTuple):
    """What the hook returned, pickled."""

    value: bytes


class Failure(NamedTuple):
    """What went wrong: `error` is the exception, pickled, or empty if it cannot be; the rest is always there."""

    error: bytes
    type: str
    text: str
    trace: str


speaker: Callable[[NamedTuple], None] | None = None  # in a worker process: what sends to its parent


def tell(content: Any) -> bool:
    """Send a Note to the parent from inside a hook; False where there is none. Raises what pickling the content raises."""
    if speaker is None:
        return False
    speaker(Note(pack(content)))
    return True


def frame(message: NamedTuple) -> bytes:
    """Return a message of ours as bytes to send."""
    body = pickle.dumps(message, 5)
    return HEADER.pack(len(body)) + body


def take_frame(buffer: bytearray) -> Any:
    """Take the first message out of what has arrived, or return None while it is not complete."""
    if len(buffer) < HEADER.size:
        return None
    end = HEADER.size + HEADER.unpack_from(buffer)[0]
    if len(buffer) < end:
        return None
    message = unpack(bytes(buffer[HEADER.size : end]))
    del buffer[:end]
    return message


def read_body(reader: BinaryIO) -> bytes | None:
    """Wait for a frame and return the pickle in it; None at end of file."""
    header = reader.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    length = HEADER.unpack(header)[0]
    body = reader.read(length)
    return body if len(body) == length else None


class Packer(pickle.Pickler):
    """Pickles values for the other end. `shared` maps id(object) -> name: what both ends have is sent as its name."""

    def __init__(self, file: BinaryIO, shared: Mapping[int, str]) -> None:
        super().__init__(file, 5)
        self.shared = shared

    def persistent_id(self, value: Any) -> str | None:
        """Name what the other end holds already."""
        return self.shared.get(id(value))


class Unpacker(pickle.Unpickler):
    """Unpickles values from the other end: finds the program's own classes, and what both ends share in `owner`."""

    def __init__(self, file: BinaryIO, main: Callable[[], str], owner: Any) -> None:
        super().__init__(file)
        self.main = main
        self.owner = owner

    def find_class(self, module: str, name: str) -> Any:
        """Look in the program's module under the name that it has here."""
        return super().find_class(self.main() if module in (MAIN, COPY) else module, name)

    def persistent_load(self, name: str) -> Any:
        """Return what the name stands for at this end."""
        return getattr(self.owner, name)


def pack(value: Any, shared: Mapping[int, str] | None = None) -> bytes:
    """Return a value pickled. Raises whatever its pickling raises."""
    file = io.BytesIO()
    Packer(file, shared or {}).dump(value)
    return file.getvalue()


def unpack(packed: bytes, main: Callable[[], str] = lambda: MAIN, owner: Any = None) -> Any:
    """Return a value; `main()` says what the program's module is called here. Raises whatever its unpickling raises."""
    return Unpacker(io.BytesIO(packed), main, owner).load()
