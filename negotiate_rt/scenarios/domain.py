"""A domain as it is read and written: a named bargaining problem, the files it comes from, and numbers that stay exact."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems import AdditiveUtility, BargainingProblem, Issue, LinearEvaluation, OptionalIssue
from negotiate_rt.problems.bargaining import Discount
from negotiate_rt.problems.derived import DiscountedUtility
from negotiate_rt.problems.utility import UtilityFunction
from negotiate_rt.scenarios.reading import MAX_BYTES, MOST_FLAWS, ScenarioError, shown

MOST_DIGITS = 1_500  # of a number: more than any float needs to be written exactly
NEGLIGIBLE = 1e-12  # what rounding may leave between 1 and a sum that is meant to be 1


class Domain(NamedTuple):
    """A problem with the name it goes by, and in which form it was found: genius, geniusweb, toml or json.

    The problem's utilities are a mapping by party name, in the order of the parties.
    """

    name: str
    problem: BargainingProblem
    form: str


class Source(NamedTuple):
    """A file that was read: what to call it in errors, its name without folders and suffix, and its bytes."""

    path: str
    stem: str
    content: bytes


def read_source(path: str | Path) -> Source:
    """Return a file's content. Raises ScenarioError if it cannot be read, or is larger than any domain."""
    place = Path(path)
    try:
        with place.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        known = "there is no such file" if isinstance(error, FileNotFoundError) else getattr(error, "strerror", None)
        raise ScenarioError([known or str(error)], str(path)) from None
    if len(content) > MAX_BYTES:
        raise ScenarioError([f"expected at most {MAX_BYTES} bytes"], str(path))
    return Source(str(path), place.stem, content)


def write_files(folder: str | Path, texts: Mapping[str, str], force: bool = False) -> list[Path]:
    """Write texts by file name into a folder, made if it is missing; return the paths.

    Raises ConfigurationError if that cannot be done, if a file is there and `force` is not given, or if other files of
    the same kind are there: read back, they would be more parties.
    """
    place = Path(folder)
    kinds = {Path(name).suffix for name in texts}
    try:
        encoded = {name: text.encode("utf-8") for name, text in texts.items()}
        place.mkdir(parents=True, exist_ok=True)
        there = sorted(one.name for one in place.iterdir() if one.suffix.lower() in kinds)
        foreign = [name for name in there if name not in texts]
        if foreign:
            raise ConfigurationError(f"{folder}: holds {', '.join(foreign)} already, which would be read as parts of it")
        if there and not force:
            raise ConfigurationError(f"{folder}: holds {', '.join(there)} already; force (--force) replaces it")
        for name, content in encoded.items():
            (place / name).write_bytes(content)
    except UnicodeEncodeError as error:
        wrong = error.object[error.start : error.end]
        raise ConfigurationError(f"{folder}: {wrong!r} cannot be written as UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f"{folder}: cannot write there: {error.strerror or error}") from None
    return [place / name for name in texts]


def file_stems(parties: Sequence[str], taken: str) -> list[str]:
    """Return file names without suffix, none of them `taken`, that sort in the order of the parties."""
    safe = [re.sub(r"[^\w.-]", "_", name)[:40].strip("._") or "party" for name in parties]
    folded = [stem.casefold() for stem in safe]
    if safe == sorted(safe) and folded == sorted(set(folded)) and taken not in folded:
        return safe
    width = len(str(len(safe)))
    return [f"{number:0{width}}_{stem}" for number, stem in enumerate(safe, 1)]


def refuse_flaws(flaws: Sequence[str], source: str) -> None:
    """Raise ScenarioError if there are flaws; of very many only the first are told."""
    if len(flaws) > MOST_FLAWS:
        flaws = [*flaws[:MOST_FLAWS], f"and {len(flaws) - MOST_FLAWS} more"]
    if flaws:
        raise ScenarioError(flaws, source)


# -- numbers ----------------------------------------------------------------------------------------------------------


def exact(text: str) -> Fraction | None:
    """Return a decimal number as it is written, not as a float would round it; None if it is none that a float can hold."""
    if len(text) > MOST_DIGITS or "_" in text:
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > 400:  # Fraction would write out all the zeros
        return Fraction(0) if number.is_finite() and number == 0 else None
    try:
        return Fraction(number) if math.isfinite(float(number)) else None
    except OverflowError:
        return None


def decimal_text(number: Fraction) -> str:
    """Return a sum or product of floats as a decimal: as a float writes it if that says it exactly, else with all digits."""
    nearest = float(number)
    text = repr(nearest)
    if exact(text) == number:
        return text
    with localcontext() as context:
        context.prec = MOST_DIGITS
        return str(Decimal(number.numerator) / Decimal(number.denominator))


def short_text(number: Fraction, keeps: Callable[[Fraction], bool]) -> str:
    """Return a number as a decimal, with as few digits as still say what matters by `keeps`, else with all."""
    for digits in (15, 17):
        text = f"{float(number):.{digits}g}"
        read = exact(text)
        if read is not None and keeps(read):
            return text
    return decimal_text(number)


def line_through(low: Fraction, low_worth: Fraction, high: Fraction, high_worth: Fraction) -> LinearEvaluation:
    """Return the straight line through two points, computed exactly and rounded once; low < high."""
    slope = (high_worth - low_worth) / (high - low)
    return LinearEvaluation(float(slope), float(low_worth - slope * low))


def normalized(numbers: Sequence[float], total: float) -> list[float]:
    """Return numbers divided by what they sum or rise to; as they are where that is 1 but for rounding, or 0.

    So what was divided once is not divided again when it is read back, and stays the same to the last bit.
    """
    if total == 0 or abs(total - 1) <= NEGLIGIBLE:
        return list(numbers)
    return [number / total for number in numbers]


# -- what a format can hold -------------------------------------------------------------------------------------------


class Party(NamedTuple):
    """What a problem says of one party; `weights` and `values` are those of its utility if that is additive."""

    name: str
    utility: UtilityFunction | None
    weights: Mapping[str, float]
    values: Mapping[str, Any]  # Any: tables and evaluations
    reservation_value: float | None
    outside_option: float | None
    discount: Discount | None


def parties_of(problem: BargainingProblem) -> list[Party]:
    """Return the parties of a problem; those known by seat only are called party1, party2 and so on."""
    given = problem.utilities
    names = list(given) if isinstance(given, Mapping) else [f"party{seat}" for seat in range(1, len(given) + 1)]
    known = {name for one in _facts(problem) if isinstance(one, Mapping) for name in one}
    names += sorted(known - set(names))
    most = max([len(names), *(len(one) for one in _facts(problem) if not isinstance(one, Mapping))])
    names += [f"party{seat}" for seat in range(len(names) + 1, most + 1)]
    if problem.types is not None:
        raise ConfigurationError("a prior over types cannot be written to a domain file")
    return [_party(problem, name, seat) for seat, name in enumerate(names)]


def _facts(problem: BargainingProblem) -> Iterable[Any]:  # mappings by name or tuples by seat
    return problem.utilities, problem.reservation_values, problem.outside_options, problem.discounts


def _party(problem: BargainingProblem, name: str, seat: int) -> Party:
    utility = problem.utility_of(name, seat)
    while isinstance(utility, DiscountedUtility):
        utility = utility.base
    weights, values = (utility.weights, utility.values) if isinstance(utility, AdditiveUtility) else ({}, {})
    return Party(
        name, utility, dict(weights), dict(values),
        problem.reservation_of(name, seat), problem.outside_option_of(name, seat), problem.discount_of(name, seat),
    )  # fmt: skip


def additive_parties_of(problem: BargainingProblem, form: str) -> list[Party]:
    """Return the parties of a problem. Raises ConfigurationError for utilities that `form` cannot hold: not additive ones."""
    parties = parties_of(problem)
    for party in parties:
        if party.utility is not None and not party.weights:
            kind = type(party.utility).__name__
            raise ConfigurationError(
                f"party {party.name!r}: {form} holds additive utilities only, not a {kind}; TOML and JSON hold others, too"
            )
    return parties


class Losses:
    """What a format cannot hold: refused all at once, or let go where the caller says so."""

    def __init__(self, form: str, lossy: bool) -> None:
        self.form = form
        self.lossy = lossy
        self.lost: list[str] = []

    def lose(self, what: str) -> None:
        """Note that something would be lost."""
        self.lost.append(what)

    def check(self) -> None:
        """Raise ConfigurationError if anything would be lost, unless that was allowed."""
        if self.lost and not self.lossy:
            listed = "; ".join(dict.fromkeys(self.lost))
            raise ConfigurationError(
                f"{self.form} cannot hold this problem as it is: {listed}. Allow the loss (lossy=True, --lossy), or write "
                "TOML or JSON, which hold all of it"
            )

    def text(self, value: object, where: str) -> str:
        """Return a value as the text that the format holds."""
        if not isinstance(value, str):
            self.lose(f"{where}: the value {shown(value)} would become text")
        return str(value).lower() if isinstance(value, bool) else str(value)

    def check_issue(self, issue: Any) -> None:  # any issue
        """Refuse an issue that may be left out: neither format knows any."""
        if isinstance(issue, OptionalIssue):
            raise ConfigurationError(f"issue {issue.name!r}: {self.form} has no optional issues; TOML and JSON have")
        if isinstance(issue, Issue) and issue.ordered:
            self.lose(f"issue {issue.name!r} would lose the order of its values")
