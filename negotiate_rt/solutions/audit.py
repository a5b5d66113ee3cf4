"""Does a mechanism keep its promises? A search for what breaks them, each failure with its counterexample.

With finitely many types all profiles and misreports are searched if they are few enough, else a seeded sample. A pass means what
was searched and no more: no search proves a theorem for types it has not seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.solutions.audit_exhaustive import TOLERANCE, Exhaustive
from negotiate_rt.solutions.audit_findings import unjudged
from negotiate_rt.solutions.audit_report import PROPERTIES, AuditReport, Finding
from negotiate_rt.solutions.audit_sampled import Sampled
from negotiate_rt.solutions.mechanisms import DirectMechanism

BUDGET = 200_000  # calls of a mechanism's rule: a second or three
CELLS = 100  # utilities looked at in arrays for each call of the budget
MONEY = ("no-deficit", "balanced", "expected-no-deficit", "expected-balance")
BALANCE = ("balanced", "expected-balance")
AVERAGES = ("bayesian", "interim-rational")


def audit(  # noqa: PLR0913  # the options of one search
    mechanism: DirectMechanism, *, samples: int | None = None, seed: int = 0, bayesian: bool = False,
    budget: int = BUDGET, properties: Iterable[str] = (), tolerance: float = TOLERANCE,
) -> AuditReport:  # fmt: skip
    """Search a mechanism for breaches of its promises.

    samples: how many profiles to draw (None: all of them where types are lists and the budget suffices, else 1,000). bayesian:
    look at expectations, too, where profiles are drawn (an exhaustive search always does). budget: calls of the rule at
    most, and 100 times as many utilities in an exhaustive search. properties: which of PROPERTIES to judge (none: all).
    tolerance: what counts as no gain, of the largest value or payment. Same arguments, same report. Raises
    ConfigurationError for wrong arguments, and for what a mechanism's functions may not return; what they raise goes through.
    """
    if not isinstance(mechanism, DirectMechanism):
        raise ConfigurationError(f"expected a DirectMechanism, got {mechanism!r}")
    for name, value, least in (("samples", samples, 2), ("budget", budget, 100), ("seed", seed, None)):
        _check_whole(name, value, least)
    given = tuple(properties)
    wanted = wanted_properties(given)
    if not 0 <= tolerance < 1:
        raise ConfigurationError(f"tolerance must be at least 0 and below 1, got {tolerance!r}")
    if samples is None and mechanism.finite and _affordable(mechanism, budget):
        return _report(mechanism, Exhaustive(mechanism, tolerance), wanted, bool(given), True)
    averages = bayesian or bool(set(AVERAGES) & set(given))
    sampled = Sampled(mechanism, 1000 if samples is None else samples, seed, budget // (1 + averages), tolerance)
    return _report(mechanism, sampled, wanted, bool(given), averages)


def wanted_properties(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of properties in the order of reports; all if there are none. Raises ConfigurationError."""
    given = tuple(names)
    for name in given:
        if name not in PROPERTIES:
            raise ConfigurationError(
                f"unknown property {name!r}; there are {', '.join(PROPERTIES)}{suggest(str(name), PROPERTIES)}"
            )
    return tuple(name for name in PROPERTIES if not given or name in given)


def _check_whole(name: str, value: int | None, least: int | None) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or (least is not None and value < least):
        raise ConfigurationError(f"{name} must be a whole number{'' if least is None else f' >= {least}'}, got {value!r}")


def _affordable(mechanism: DirectMechanism, budget: int) -> bool:
    sizes = [len(space.types) for space in mechanism.types]
    count = math.prod(sizes)
    return count <= budget and count * sum(sizes) <= budget * CELLS


def _report(
    mechanism: DirectMechanism, search: Exhaustive | Sampled, wanted: tuple[str, ...], asked: bool, averages: bool
) -> AuditReport:
    exhaustive = isinstance(search, Exhaustive)
    found = _exhaustive(search, wanted) if isinstance(search, Exhaustive) else _sampled(search, wanted, averages)
    if not mechanism.money:
        found |= {name: unjudged(name, "no payments are made") for name in MONEY}
    elif mechanism.residual and not asked:
        found |= {name: unjudged(name, f"{mechanism.residual} keeps what is paid") for name in BALANCE}
    return AuditReport(
        mechanism=mechanism.name, agents=mechanism.names, assumes=mechanism.assumes, exhaustive=exhaustive,
        seed=None if isinstance(search, Exhaustive) else search.seed,
        profiles=search.count if isinstance(search, Exhaustive) else search.samples,
        evaluations=search.count if isinstance(search, Exhaustive) else search.evaluations,
        findings=tuple(found[name] for name in wanted), revenue=search.revenue() if mechanism.money else None,
    )  # fmt: skip


def _exhaustive(search: Exhaustive, wanted: tuple[str, ...]) -> dict[str, Finding]:
    looks = {
        "dominant-strategy": search.dominant,
        "bayesian": search.bayesian,
        "individually-rational": search.rational,
        "interim-rational": search.interim_rational,
        "no-deficit": lambda: search.budget(strict=False),
        "balanced": lambda: search.budget(strict=True),
        "expected-no-deficit": lambda: search.expected_budget(strict=False),
        "expected-balance": lambda: search.expected_budget(strict=True),
        "efficient": search.efficient,
        "monotone": search.monotone,
    }
    return {name: looks[name]() for name in wanted}


def _sampled(search: Sampled, wanted: tuple[str, ...], averages: bool) -> dict[str, Finding]:
    looks = {
        "individually-rational": search.rational,
        "no-deficit": lambda: search.budget_kept(strict=False),
        "balanced": lambda: search.budget_kept(strict=True),
        "expected-no-deficit": lambda: search.expected_budget(strict=False),
        "expected-balance": lambda: search.expected_budget(strict=True),
        "efficient": search.efficient,
    }
    found = {name: looks[name]() for name in wanted if name in looks}
    if {"dominant-strategy", "monotone"} & set(wanted):
        found |= {one.property: one for one in search.dominant_and_monotone()}
    if averages and set(AVERAGES) & set(wanted):
        found |= {one.property: one for one in search.on_average()}
    else:
        why = "types are drawn: ask for expectations (bayesian=True, --bayesian)"
        found |= {name: unjudged(name, why) for name in AVERAGES}
    return found
