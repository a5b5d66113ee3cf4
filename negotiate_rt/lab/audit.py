"""Audits as the command line asks for them: a mechanism by name or from a file of the user's, its types in words."""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.solutions.audit import BUDGET, audit
from negotiate_rt.solutions.audit_report import AuditReport, kept
from negotiate_rt.solutions.mechanism_library import MECHANISMS, known_mechanism, ready_mechanism
from negotiate_rt.solutions.mechanisms import DirectMechanism, TypeSpace
from negotiate_rt.solutions.probes import ProbeReport, collusion, false_names

TYPES = 1_000  # at most, in a range
DRAWN = re.compile(r"(uniform|exponential)\(([^()]*)\)")


def audit_mechanism(  # the options of one search
    mechanism: DirectMechanism, *, samples: int | None = None, seed: int = 0, bayesian: bool = False,
    budget: int = BUDGET, properties: tuple[str, ...] = (),
) -> AuditReport:  # fmt: skip
    """Audit a mechanism of the user's: what its functions raise becomes a ConfigurationError that names the line."""
    try:
        return audit(
            mechanism, samples=samples, seed=seed, bayesian=bayesian, budget=budget, properties=properties
        )
    except ConfigurationError:
        raise
    except Exception as error:  # the mechanism's own functions: whatever they raise is told
        raise ConfigurationError(f"mechanism {mechanism.name!r} raised {raised(error)}") from error


def probe_false_names(  # what to make, and one search
    source: str, agents: int, types: TypeSpace | None, options: Mapping[str, Any], samples: int | None, seed: int
) -> ProbeReport:
    """Look for agents that gain by taking part under two names in a ready-made mechanism. Raises ConfigurationError."""
    own = ".py" in source or ":" in source
    name = source if own else known_mechanism(source)
    merge = None if own else MECHANISMS[name].merge
    if merge is None:
        able = ", ".join(name for name, one in MECHANISMS.items() if one.merge is not None)
        raise ConfigurationError(f"{source}: false names are probed in {able}; elsewhere with solutions.probes.false_names")
    return false_names(lambda n: ready_mechanism(name, n, types, **options), agents, merge, samples=samples, seed=seed)


def probe_collusion(found: DirectMechanism, size: int, samples: int | None = None, seed: int = 0) -> ProbeReport:
    """Look for coalitions that gain together; errors as of `audit_mechanism`."""
    try:
        return collusion(found, size, samples=samples, seed=seed)
    except ConfigurationError:
        raise
    except Exception as error:  # the mechanism's own functions: whatever they raise is told
        raise ConfigurationError(f"mechanism {found.name!r} raised {raised(error)}") from error


def unmet(report: AuditReport, required: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of these properties an audit found broken, or could not judge."""
    return tuple(name for name in required if not kept(report[name]))


def find_mechanism(
    source: str, agents: int | None = None, types: TypeSpace | None = None, options: Mapping[str, Any] | None = None
) -> DirectMechanism:
    """Return a mechanism: a ready-made one by its name, or an object of a file or module of the user's.

    source: a name; `file.py` that holds one mechanism; `file.py:object` or `module:object`. The object is a DirectMechanism, or a
    function that returns one, which gets agents, types and options as far as they are given. Raises ConfigurationError.
    """
    place, _, wanted = source.rpartition(":") if ":" in source and not source.endswith(".py") else (source, "", "")
    if not place.endswith(".py") and not wanted:
        return ready_mechanism(source, agents, types, **(options or {}))
    module = loaded_file(Path(place)) if place.endswith(".py") else loaded_module(place)
    found = named(module, wanted, source) if wanted else only(module, source)
    given = {"agents": agents, "types": types, **(options or {})}
    given = {name: one for name, one in given.items() if one is not None}
    if isinstance(found, DirectMechanism):
        if given:
            raise ConfigurationError(
                f"{source} is a finished mechanism and takes no {', '.join(given)}: name a function that makes one"
            )
        return found
    if not callable(found):
        raise ConfigurationError(f"{source} is no DirectMechanism and no function that returns one: {found!r}")
    try:
        made = found(**given)
    except ConfigurationError:
        raise
    except Exception as error:  # code of the user's
        raise ConfigurationError(f"{source} raised {raised(error)}") from error
    if not isinstance(made, DirectMechanism):
        raise ConfigurationError(f"{source} must return a DirectMechanism, got {made!r}")
    return made


def loaded_file(path: Path) -> ModuleType:
    """Run a Python file as a module. Raises ConfigurationError."""
    if not path.is_file():
        raise ConfigurationError(f"{path}: there is no such file")
    name = f"negotiate_rt_mechanism_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{path}: this is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where what it defines is looked up, by pickle for one
    try:
        spec.loader.exec_module(module)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: {error}") from error
    except Exception as error:  # code of the user's
        raise ConfigurationError(f"{path} raised {raised(error)}") from error
    return module


def loaded_module(name: str) -> ModuleType:
    """Import a module by its name, also from the working directory. Raises ConfigurationError."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except Exception as error:  # code of the user's, or no such module
        raise ConfigurationError(f"{name}: cannot be imported: {raised(error)}") from error
    finally:
        sys.path.pop(0)


def named(module: ModuleType, name: str, source: str) -> Any:
    """Return an object of a module. Raises ConfigurationError."""
    found: Any = module
    for part in name.split("."):
        known = [one for one in vars(found) if not one.startswith("_")] if hasattr(found, "__dict__") else []
        if not hasattr(found, part):
            raise ConfigurationError(f"{source}: there is no {part!r}{suggest(part, known)}")
        found = getattr(found, part)
    return found


def only(module: ModuleType, source: str) -> DirectMechanism:
    """Return the one mechanism of a module. Raises ConfigurationError unless there is exactly one."""
    found = {name: one for name, one in vars(module).items() if isinstance(one, DirectMechanism)}
    if len(found) != 1:
        there = f"there are {', '.join(found)}: say {source}:NAME" if found else f"there is none; say {source}:FUNCTION"
        raise ConfigurationError(f"{source} must hold one DirectMechanism; {there}")
    return next(iter(found.values()))


def raised(error: Exception) -> str:
    """Return an error in words, with the line of the user's code that raised it."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} (line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    line = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{line}"


# -- types and options in words ----------------------------------------------------------------------------------------


def types_in_words(text: str) -> TypeSpace:
    """Return a type space from words: `0,1,5` (a list), `0:10` or `0:1:0.25` (a range with its end), `uniform(0, 1)` or
    `exponential(1)` (drawn; its rate). Raises ConfigurationError.
    """
    told = text.strip()
    drawn = DRAWN.fullmatch(told.lower())
    if drawn is not None:
        return _drawn(text, drawn[1], [one for one in drawn[2].split(",") if one.strip()])
    if ":" in told:
        return TypeSpace(_range(text, [number_in(one, text) for one in told.split(":")]))
    parts = [one for one in told.split(",") if one.strip()]
    if not parts:
        raise ConfigurationError(f"--types {text!r}: {EXPECTED}")
    return TypeSpace([number_in(one, text) for one in parts])


EXPECTED = "expected a list 0,1,5, a range 0:10 or 0:1:0.25, uniform(0, 1) or exponential(1)"


def number_in(word: str, text: str) -> float:
    """Return a number, whole where it can be. Raises ConfigurationError."""
    try:
        number = float(word)
    except ValueError:
        raise ConfigurationError(f"--types {text!r}: {word.strip()!r} is no number; {EXPECTED}") from None
    if number - number != 0:
        raise ConfigurationError(f"--types {text!r}: {word.strip()!r} is not finite; {EXPECTED}")
    return int(number) if number.is_integer() and "." not in word and "e" not in word.lower() else number


def _range(text: str, ends: list[float]) -> list[float]:
    low, high, step = ends if len(ends) == 3 else (*ends[:2], 1)
    if not 2 <= len(ends) <= 3 or step <= 0 or high < low:
        raise ConfigurationError(f"--types {text!r}: a range is low:high or low:high:step, with a step above 0; {EXPECTED}")
    count = int((high - low) / step + 1e-9) + 1
    if count > TYPES:
        draw = f"draw them: uniform({low}, {high})"
        raise ConfigurationError(f"--types {text!r}: {count:,} types are too many, {TYPES:,} the most; {draw}")
    return [low + step * place for place in range(count)]


def _drawn(text: str, kind: str, words: list[str]) -> TypeSpace:
    given = [number_in(one, text) for one in words]
    if kind == "exponential":
        rate = given[0] if given else 1
        if len(given) > 1 or rate <= 0:
            raise ConfigurationError(f"--types {text!r}: an exponential has one rate, above 0")
        return TypeSpace(draw=lambda rng: rng.expovariate(rate))
    low, high = given if len(given) == 2 else (0, 1)
    if len(given) not in (0, 2) or not low < high:
        raise ConfigurationError(f"--types {text!r}: a uniform distribution has two ends, low < high")
    return TypeSpace(draw=lambda rng: rng.uniform(low, high))


def options_in_words(texts: tuple[str, ...]) -> dict[str, Any]:
    """Return options from words `name=value`: numbers, lists with commas, or text. Raises ConfigurationError."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise ConfigurationError(f"--set {text!r}: expected NAME=VALUE")
        found[name.strip().replace("-", "_")] = _option(value.strip())
    return found


def _option(word: str) -> Any:
    if "," in word:
        return tuple(_option(one.strip()) for one in word.split(",") if one.strip())
    if word in ("true", "false"):
        return word == "true"
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    return word
