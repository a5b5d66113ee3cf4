"""The public test bench: what users and our own tests check protocols, strategies and agents with.

Names load on first use: pytest looks into this room whenever it starts, for the fixtures in plugin.py.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from negotiate_rt.testing.bench import Bench
    from negotiate_rt.testing.check_protocol import check_protocol
    from negotiate_rt.testing.check_strategy import check_strategy
    from negotiate_rt.testing.scripts import Late, Script, scripted

__all__ = ["Bench", "Late", "Script", "check_protocol", "check_strategy", "scripted"]
_WHERE = {
    "Bench": "bench", "Late": "scripts", "Script": "scripts", "check_protocol": "check_protocol",
    "check_strategy": "check_strategy", "scripted": "scripts",
}  # fmt: skip


def __getattr__(name: str) -> Any:  # whatever the name is in its own module
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{module}"), name)
    globals()[name] = value  # in the place of the module of the same name
    return value
