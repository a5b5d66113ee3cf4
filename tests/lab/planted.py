"""Planted bugs: a function of the runtime with one thing wrong in its text, put in its place for as long as a test lasts."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from negotiate_rt import protocols


class Plant(NamedTuple):
    """A bug: where ("module:Class.function"), what stands there, what is put instead, and worlds in which it shows."""

    name: str
    where: str
    right: str
    wrong: str
    scenarios: tuple[str, ...] = ("haggling",)
    network: str = "plain"


def load_all() -> None:
    """Load every protocol first: a module that loads while a bug is planted would keep it."""
    for one in pkgutil.iter_modules(protocols.__path__, "negotiate_rt.protocols."):
        importlib.import_module(one.name)


def plant(bug: Plant, monkeypatch: Any) -> None:
    """Put a bug in place of the right function, wherever it has been imported to."""
    load_all()
    module_name, path = bug.where.split(":")
    module = importlib.import_module(f"negotiate_rt.{module_name}")
    owner_name, _, name = path.rpartition(".")
    owner = getattr(module, owner_name) if owner_name else module
    raw = owner.__dict__[name]
    kind = type(raw) if isinstance(raw, (staticmethod, classmethod, property)) else None
    function = raw.fget if kind is property else raw.__func__ if kind else raw
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(getattr(function, "__wrapped__", function))))
    assert source.count(bug.right) >= 1, f"{bug.name}: {bug.right!r} does not stand in {bug.where}"
    text = source.replace(bug.right, bug.wrong, 1)
    if kind is not None:  # the decorator is put back below
        text = text[text.index("def ") :]
    names: dict[str, Any] = {}
    exec(
        compile("from __future__ import annotations\n" + text, f"<planted {bug.name}>", "exec"), module.__dict__, names
    )
    made = names[name]
    monkeypatch.setattr(owner, name, kind(made) if kind is not None else made)
    if not owner_name:
        for other in [one for key, one in list(sys.modules.items()) if key.startswith("negotiate_rt.")]:
            if vars(other).get(name) is function and other is not module:
                monkeypatch.setattr(other, name, made)


def _read() -> Iterator[Plant]:
    for bug in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["bug"]:
        yield Plant(**{**bug, "scenarios": tuple(bug.get("scenarios", ["haggling"]))})


PLANTS = tuple(_read())
