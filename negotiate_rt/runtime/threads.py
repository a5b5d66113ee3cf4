"""Worker threads for `compute`, which live no longer than there is something to compute.

The event loop's own pool keeps its threads for ever, and the host cannot see that they are idle: after one auction with a
solver it would pause after every slice to let them have the interpreter.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any


class Threads:
    """A pool of a few threads, made for the first piece of work and let go after the last."""

    __slots__ = ("pool", "running")

    def __init__(self) -> None:
        self.pool: ThreadPoolExecutor | None = None
        self.running = 0

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:  # Any: the function's own types
        """Return what a function returns that runs in a thread, in the context of the caller. Raises what it raises.

        A caller that is cancelled does not wait: the thread ends when the function does.
        """
        pool = self.pool
        if pool is None:
            pool = self.pool = ThreadPoolExecutor(thread_name_prefix="compute")
        self.running += 1
        try:
            work = partial(copy_context().run, function, *args)
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        finally:
            self.running -= 1
            if not self.running:
                self.pool = None
                pool.shutdown(wait=False)
