"""Who takes part in a tournament: strategies by name, each made afresh where it has memory or chance of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.strategies.registry import STRATEGIES, make_strategy

Make = Callable[[random.Random], Callable[..., Any]]  # a seeded stream -> a strategy for one seat in one game
FAMILIES: dict[str, tuple[str, dict[str, Any]]] = {
    "boulware": ("time-dependent", {"beta": 0.25}),
    "conceder": ("time-dependent", {"beta": 4.0}),
}
"""Strategies that go by a name of their own: time-dependent concession with the exponents 4 and 1/4 that are customary."""

DEFAULT_FIELD = (
    "boulware", "linear", "conceder", "tit-for-tat", "micro", "nice-tit-for-tat", "hard-headed", "considerate", "reciprocal",
)  # fmt: skip
"""Who plays where nobody is named."""


class Contestant(msgspec.Struct, frozen=True):
    """A strategy under a name of its own.

    strategy: a concession strategy, or a callable of the view, which must keep no memory between games. make: instead, a
    function of a seeded random.Random that returns a fresh strategy; it is called once for each seat in each game.
    Raises ConfigurationError for a name that is empty or holds a line break, and unless exactly one of both is given.
    """

    name: str
    strategy: Callable[..., Any] | None = None
    make: Make | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or not self.name.isprintable():
            raise ConfigurationError(f"a contestant needs a name in one line, got {self.name!r}")
        given = [one for one in (self.strategy, self.make) if one is not None]
        if len(given) != 1:
            raise ConfigurationError(f"contestant {self.name!r}: give either a strategy or a function that makes one")
        if not callable(given[0]):
            raise ConfigurationError(f"contestant {self.name!r}: expected a callable, got {given[0]!r}")

    def strategy_for(self, seed: str) -> Callable[..., Any]:
        """Return the strategy to seat, its chance drawn from `seed`. Raises ConfigurationError if `make` returns none."""
        if self.make is None:
            strategy: Callable[..., Any] = reseeded(self.strategy, seed)
            return strategy
        made = self.make(random.Random(seed))
        if not callable(made):
            raise ConfigurationError(f"contestant {self.name!r}: make returned {made!r}, which is no strategy")
        return made

    def description(self) -> Any:  # what JSON can hold
        """Return what tells this contestant from others of its name, without addresses of memory."""
        return [self.name, described(self.strategy if self.make is None else self.make)]


def contestants(given: Any) -> tuple[Contestant, ...]:
    """Return contestants from names (texts as `parsed` takes them), strategies, contestants, or a mapping of names to these.

    Raises ConfigurationError for what is none, for no contestant at all, and for a name that stands twice.
    """
    if isinstance(given, Mapping):
        found = [_contestant(strategy, name) for name, strategy in given.items()]
    elif isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise ConfigurationError(f"strategies: expected a mapping by name, or names and contestants, got {given!r}")
    else:
        found = [_contestant(one) for one in given]
    if not found:
        raise ConfigurationError("strategies: a tournament needs at least one")
    seen: set[str] = set()
    for one in found:
        if one.name in seen:
            raise ConfigurationError(f"strategies: two go by the name {one.name!r}; call one by another: NAME=STRATEGY")
        seen.add(one.name)
    return tuple(found)


def _contestant(given: Any, name: str | None = None) -> Contestant:
    if isinstance(given, Contestant):
        return given if name is None or name == given.name else Contestant(name, given.strategy, given.make)
    if isinstance(given, str):
        found = parsed(given)
        return found if name is None else Contestant(name, found.strategy)
    if isinstance(given, type):
        raise ConfigurationError(f"strategies: {given.__name__} is a class; give an instance, or Contestant(name, make=...)")
    if not callable(given):
        raise ConfigurationError(f"strategies: expected a name, a strategy or a Contestant, got {given!r}")
    return Contestant(_own_name(given) if name is None else name, given)


def _own_name(strategy: Callable[..., Any]) -> str:
    config = getattr(strategy, "__struct_config__", None)
    if config is not None and isinstance(config.tag, str):
        return str(config.tag)
    name = getattr(strategy, "__name__", None) or type(strategy).__name__
    return str(name)


def named_strategy(name: str, parameters: Mapping[str, Any] | None = None) -> Callable[..., Any]:
    """Return a strategy by its name; beside the registry's names `boulware` and `conceder` are known.

    Raises ConfigurationError for an unknown name or parameter.
    """
    kind, defaults = FAMILIES.get(name, (name, {}))
    if kind not in STRATEGIES:
        known = (*STRATEGIES, *FAMILIES)
        raise ConfigurationError(f"no strategy {name!r}, only {', '.join(known)}{suggest(name, known)}")
    return make_strategy(kind, {**defaults, **(parameters or {})})


def parsed(text: str) -> Contestant:
    """Return the contestant that a text describes: STRATEGY, LABEL=STRATEGY, with :PARAMETER=VALUE,... or :{JSON} behind.

    Raises ConfigurationError that says what is wrong with it.
    """
    head, colon, tail = text.partition(":")
    label, equals, name = head.rpartition("=")
    name, label = name.strip(), label.strip()
    if equals and not label:
        raise ConfigurationError(f"strategy {text!r}: expected NAME, or LABEL=NAME, in front of the colon")
    parameters = _parameters(text, tail) if colon else {}
    return Contestant(label or text.strip(), named_strategy(name, parameters))


def _parameters(text: str, tail: str) -> dict[str, Any]:
    if tail.lstrip().startswith("{"):
        try:
            whole: dict[str, Any] = msgspec.json.decode(tail, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeError) as error:
            raise ConfigurationError(f"strategy {text!r}: the parameters are no JSON object: {error}") from None
        return whole
    found = {}
    for part in tail.split(","):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise ConfigurationError(f"strategy {text!r}: expected PARAMETER=VALUE behind the colon, got {part!r}")
        found[key.strip()] = _value(value.strip())
    return found


def _value(text: str) -> Any:  # a number, true, false, null or a text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def reseeded(strategy: Any, seed: str) -> Any:  # a strategy, and the same kind of it
    """Return a strategy whose every `seed`, in its parts too, is derived from its own and from `seed`; else itself."""
    if not isinstance(strategy, msgspec.Struct):
        return strategy
    changes: dict[str, Any] = {}
    for field in strategy.__struct_fields__:
        value = getattr(strategy, field)
        if field == "seed" and isinstance(value, int):
            changes[field] = random.Random(f"{seed}/{value}").getrandbits(48)
        elif isinstance(value, msgspec.Struct):
            made = reseeded(value, seed)
            if made is not value:
                changes[field] = made
        elif isinstance(value, tuple):
            parts = tuple(reseeded(part, seed) for part in value)
            if any(made is not part for made, part in zip(parts, value, strict=True)):
                changes[field] = parts
    return replace(strategy, **changes) if changes else strategy


def described(value: Any) -> Any:  # anything a strategy is made of -> what JSON can hold
    """Return a strategy as a plain tree: structs by fields, functions by their names, others by type and state."""
    if isinstance(value, msgspec.Struct):
        fields = {name: described(getattr(value, name)) for name in value.__struct_fields__}
        return {"type": _place(type(value)), **fields}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): described(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [described(one) for one in value]
    if hasattr(value, "func") and hasattr(value, "args"):  # functools.partial
        return ["partial", described(value.func), described(value.args), described(value.keywords)]
    if hasattr(value, "__qualname__"):
        return _place(value)
    state = vars(value) if hasattr(value, "__dict__") else {}
    return {"type": _place(type(value)), **{name: described(one) for name, one in state.items() if name[:1] != "_"}}


def _place(value: Any) -> str:  # a class or function
    return f"{value.__module__}.{value.__qualname__}"


