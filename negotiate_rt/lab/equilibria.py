"""Mixed equilibria of the game that a tournament is, found by nashpy (the extra `games`)."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.lab.empirical import EXTINCT, TIE, Matrix, PayoffMatrix, checked_matrix

INSTALL = "finding mixed equilibria needs nashpy: pip install 'negotiate-rt[games]'"
ALL_OF = 7  # strategies up to which all supports are tried; of 7 there are 3,432 pairs, and each more makes it four times that
SAME = 6  # decimals to which two equilibria are the same


class Equilibrium(msgspec.Struct, frozen=True, kw_only=True):
    """A Nash equilibrium of a symmetric game, a mixture for each seat; `symmetric`: both are the same.

    payoffs: what each seat gets. regret: the most that anybody could gain by another strategy; 0 but for rounding.
    """

    first: tuple[float, ...]
    second: tuple[float, ...]
    payoffs: tuple[float, float]
    regret: float
    symmetric: bool


class Equilibria(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. complete: whether these are all of them (in a degenerate game: all isolated ones).

    method: by which algorithm. degenerate: whether nashpy warned that there may be infinitely many.
    """

    found: tuple[Equilibrium, ...]
    complete: bool
    method: str
    degenerate: bool = False


def mixed_equilibria(payoffs: PayoffMatrix | ArrayLike) -> Equilibria:
    """Return the Nash equilibria, pure ones included, of the symmetric game in which payoffs[i][j] is i's against j.

    Strategies that another one dominates strictly are put aside first, again and again, which loses none. Of at most 7 that
    remain all supports are tried; of more, Lemke and Howson's algorithm runs from every label and finds some. Of two that
    are mirror images one is told. Raises ConfigurationError if nashpy is not installed.
    """
    nashpy = _nashpy()
    matrix, _ = checked_matrix(payoffs)
    kept = undominated_strategies(matrix)
    part = matrix[np.ix_(kept, kept)]
    spread = float(np.ptp(part))
    game = nashpy.Game(part, part.T)
    complete = len(kept) <= ALL_OF
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        pairs = list(game.support_enumeration() if complete else game.lemke_howson_enumeration())
    found: dict[tuple[tuple[float, ...], tuple[float, ...]], Equilibrium] = {}
    for one, other in pairs:
        if one.shape != other.shape or one.shape != (len(kept),) or not (np.isfinite(one).all() and np.isfinite(other).all()):
            continue  # what Lemke and Howson's algorithm returns when it goes astray in a degenerate game
        made = _equilibrium(matrix, _placed(one, kept, len(matrix)), _placed(other, kept, len(matrix)))
        if made.regret <= max(TIE * spread, 1e-9) * 10:
            key = _key(made.first), _key(made.second)
            if key not in found and (key[1], key[0]) not in found:
                found[key] = made
    return Equilibria(
        found=tuple(found[key] for key in sorted(found, reverse=True)),
        complete=complete,
        method="support enumeration" if complete else "Lemke and Howson's algorithm from every label",
        degenerate=any("degenerate" in str(one.message) for one in told),
    )


def undominated_strategies(matrix: Matrix) -> list[int]:
    """Return the strategies of a symmetric game that survive when strictly dominated ones are put aside in turn."""
    kept = list(range(len(matrix)))
    while True:
        part = matrix[np.ix_(kept, kept)]
        worse = [place for place, row in enumerate(part) if (part > row).all(axis=1).any()]
        if not worse:
            return kept
        kept = [name for place, name in enumerate(kept) if place not in worse]


def _equilibrium(matrix: Matrix, one: Matrix, other: Matrix) -> Equilibrium:
    against, opposite = matrix @ other, matrix @ one
    worth = float(one @ against), float(other @ opposite)
    return Equilibrium(
        first=tuple(one.tolist()),
        second=tuple(other.tolist()),
        payoffs=worth,
        regret=max(0.0, float(against.max()) - worth[0], float(opposite.max()) - worth[1]),
        symmetric=bool(np.abs(one - other).max() < EXTINCT),
    )


def _placed(part: Matrix, kept: list[int], count: int) -> Matrix:
    whole = np.zeros(count)
    whole[kept] = np.maximum(part, 0.0)
    return np.asarray(whole / whole.sum())


def _key(shares: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(share, SAME) for share in shares)


def _nashpy() -> Any:  # the module
    try:
        return import_module("nashpy")  # late: with scipy it takes a second, and few need it
    except ImportError as error:
        raise ConfigurationError(f"{INSTALL} ({error})") from None
