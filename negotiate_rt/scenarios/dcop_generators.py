"""The generators of problems of distributed constraint optimisation by name, for files and the command line."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Mapping
from typing import Any, get_args, get_type_hints

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.scenarios.dcop_drawing import draw_colouring, draw_ising
from negotiate_rt.scenarios.dcop_worlds import draw_meetings, draw_secp, draw_sensors

Generator = Callable[..., DcopProblem]
GENERATORS: Mapping[str, Generator] = {
    "colouring": draw_colouring, "ising": draw_ising, "meetings": draw_meetings, "secp": draw_secp, "sensors": draw_sensors,
}  # fmt: skip
SIZES: Mapping[str, Mapping[str, int]] = {  # of a first problem: small enough to be solved at once
    "colouring": {"variables": 20}, "ising": {"rows": 5, "columns": 5},
    "meetings": {"events": 6, "people": 4, "slots": 5}, "secp": {"lights": 8, "models": 3, "rules": 4},
    "sensors": {"rows": 4, "columns": 5, "targets": 6},
}  # fmt: skip


def draw_dcop(kind: str, rng: random.Random | None = None, **parameters: Any) -> DcopProblem:
    """Return a problem of a kind: "colouring", "ising", "meetings", "secp" or "sensors", with the parameters of its `draw_`
    function; sizes that are not given are those of a small one. Without `rng` it is the one of seed 0.

    A parameter may be given as text, as from a command line. Raises ConfigurationError for what is unknown or out of range.
    """
    if kind not in GENERATORS:
        raise ConfigurationError(
            f"generator must be one of {', '.join(GENERATORS)}, got {kind!r}{suggest(kind, GENERATORS)}"
        )
    kinds = parameters_of(kind)
    for name in parameters:
        if name not in kinds:
            raise ConfigurationError(
                f"{kind} has no parameter {name!r}{suggest(name, kinds)}; it has {', '.join(kinds)}"
            )
    given = {name: _read(f"{kind}: {name}", value, kinds[name]) for name, value in parameters.items()}
    return GENERATORS[kind](**{**SIZES[kind], **given}, rng=random.Random(0) if rng is None else rng)


def parameters_of(kind: str) -> dict[str, Any]:
    """Return the parameters of a generator and their types, without its stream of chance."""
    hints = get_type_hints(GENERATORS[kind])
    return {name: hints[name] for name in inspect.signature(GENERATORS[kind]).parameters if name != "rng"}


def _read(what: str, value: Any, kind: Any) -> Any:
    if choices := get_args(kind):  # words
        if value not in choices:
            raise ConfigurationError(
                f"{what} must be one of {', '.join(choices)}, got {value!r}{suggest(str(value), choices)}"
            )
        return value
    try:
        if kind is bool:
            return {"true": True, "false": False, "yes": True, "no": False}[str(value).lower()]
        number = float(value) if kind is float else int(str(value))
    except (KeyError, TypeError, ValueError):
        words = {bool: "true or false", int: "a whole number", float: "a number"}
        raise ConfigurationError(f"{what} must be {words[kind]}, got {value!r}") from None
    return number
