"""Which agents can move to a worker process: what cannot be pickled is named up front, with what to write instead."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.runtime.pipe import COPY, MAIN, Main, Packer, pack

MAX_DEPTH = 8  # of the search for what cannot be pickled


def check_isolatable(agent: Any) -> None:  # anything with a name
    """Raise ConfigurationError if an agent cannot move to a worker process, naming the part that cannot be pickled and
    what to write instead. Cost: pickles the agent once."""
    frozen(agent)


class _Surveyor(Packer):
    """Notes which classes and functions of the program's own module a value needs."""

    def __init__(self, file: Any, shared: Any) -> None:  # as Packer has it
        super().__init__(file, shared)
        self.own: set[str] = set()

    def reducer_override(self, value: Any) -> Any:  # as pickle has it
        if getattr(value, "__module__", None) in (MAIN, COPY) and hasattr(value, "__qualname__"):
            self.own.add(value.__qualname__)
        return NotImplemented


def frozen(agent: Any) -> bytes:  # anything with a name
    """Return the agent pickled. Raises ConfigurationError as `check_isolatable` does."""
    file = io.BytesIO()
    surveyor = _Surveyor(file, {})
    try:
        surveyor.dump(agent)
    except Exception as error:  # pickling calls the agent's own code
        path, part, reason = _culprit(agent, error)
        raise ConfigurationError(
            f"agent {agent.name!r} cannot be isolated: {path} ({_kind(part)}) cannot be pickled ({reason}); "
            f"{_advice(part)}"
        ) from error
    if surveyor.own and program() is None:
        raise ConfigurationError(
            f"agent {agent.name!r} cannot be isolated: {', '.join(sorted(surveyor.own))} is defined in an interactive "
            "session or notebook, which a worker process cannot import; put it in a module (a .py file) and import it"
        )
    return file.getvalue()


def _culprit(agent: Any, error: Exception) -> tuple[str, Any, str]:
    """Return the innermost part that cannot be pickled: its path, itself, and why."""
    path, part, reason = f"{type(agent).__name__}({agent.name!r})", agent, str(error)
    for _ in range(MAX_DEPTH):
        for step, child in _parts(part):
            why = _refusal(child)
            if why is not None:
                path, part, reason = path + step, child, why
                break
        else:
            break
    return path, part, reason


def _refusal(part: Any) -> str | None:
    try:
        pack(part)
    except Exception as error:  # noqa: BLE001  # pickling calls the agent's own code
        return str(error) or type(error).__name__
    return None


def _parts(whole: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value is made of, each with its step in a path."""
    if isinstance(whole, dict):
        yield from ((f"[{key!r}]", value) for key, value in whole.items())
    elif isinstance(whole, list | tuple | set | frozenset):
        yield from ((f"[{place}]", value) for place, value in enumerate(whole))
    elif isinstance(whole, partial):
        yield from ((".func", whole.func), (".args", whole.args), (".keywords", whole.keywords))
    elif isinstance(whole, msgspec.Struct):
        yield from ((f".{name}", getattr(whole, name)) for name in whole.__struct_fields__)
    elif not callable(whole) or hasattr(whole, "__dict__"):
        yield from ((f".{name}", value) for name, value in getattr(whole, "__dict__", {}).items())
        if hasattr(whole, "__self__"):
            yield ".__self__", whole.__self__


def _kind(part: Any) -> str:
    name = getattr(part, "__qualname__", None)
    return f"{type(part).__name__} {name}" if name else f"a {type(part).__name__}"


def _advice(part: Any) -> str:
    name = getattr(part, "__qualname__", type(part).__qualname__)
    if "<lambda>" in name or "<locals>" in name:
        return "write it with `def` or `class` at the top level of a module, so that the worker can import it"
    return "make it inside the hook when first needed, or leave it out in `__getstate__`"


def program() -> Main | None:
    """Return where this process's program can be imported from, or None: an interactive session or notebook."""
    main = sys.modules.get(MAIN)
    spec, path = getattr(main, "__spec__", None), getattr(main, "__file__", None)
    if spec is not None and spec.name != MAIN:
        return Main(spec.name, None)
    return Main(None, str(Path(path).resolve())) if path is not None and Path(path).is_file() else None


def own_module() -> str:
    """Return what the program's own module is called in this process."""
    return COPY if COPY in sys.modules else MAIN
