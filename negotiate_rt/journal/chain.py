"""The chain that makes tampering show: each segment's hash covers its own bytes, its number and the hash before it."""

from __future__ import annotations

import hashlib
import struct

VERSION = 1  # of what stands in a journal; readers refuse any other
MAGIC = "negotiate_rt journal"
PLACE = struct.Struct(">QQ")


def origin(form: str) -> bytes:
    """Return the hash that the first segment of a journal is chained to."""
    return hashlib.sha256(f"{MAGIC} {VERSION} {form}".encode()).digest()


def chained(previous: bytes, number: int, count: int, body: bytes) -> bytes:
    """Return the hash of a segment: SHA-256 over the hash before it, its number, its count of rows, and its body."""
    digest = hashlib.sha256(previous)
    digest.update(PLACE.pack(number, count))
    digest.update(body)
    return digest.digest()
