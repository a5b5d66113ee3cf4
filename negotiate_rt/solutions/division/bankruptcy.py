"""Bankruptcy: claims on an estate that does not suffice for all, and the rules to divide it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.exact import Exact, fraction_of, is_exact, told
from negotiate_rt.problems.goods import Party
from negotiate_rt.problems.known_games import named_amounts

Claims = Mapping[Party, Exact] | Sequence[Exact]
Awards = dict[Party, Exact]


def proportional_awards(claims: Claims, estate: Exact) -> Awards:
    """Return awards in proportion to claims, c_i E / C. Exact in fractions; errors as for `divide_estate`."""
    return _awards(claims, estate, _proportional)


def constrained_equal_awards(claims: Claims, estate: Exact) -> Awards:
    """Return awards that are equal, but no more than claimed: min(c_i, a), with a so that they add up to the estate."""
    return _awards(claims, estate, _equal_awards)


def constrained_equal_losses(claims: Claims, estate: Exact) -> Awards:
    """Return awards that leave equal losses, but none below 0: max(0, c_i - l), with l so that they add up to the estate."""
    return _awards(claims, estate, _equal_losses)


def talmud(claims: Claims, estate: Exact) -> Awards:
    """Return the Talmud's awards: equal awards on half-claims up to half of all claims, beyond that equal losses on them.

    The one rule that treats every two claimants as a contested garment, and the nucleolus of the bankruptcy game (Aumann and
    Maschler 1985). Exact in fractions. Cost: O(n log n).
    """
    return _awards(claims, estate, _talmud)


def contested_garment(claims: Claims, estate: Exact) -> Awards:
    """Return how two claimants divide: each gets what the other does not claim, and half of what both claim.

    The Mishna's rule (Baba Metzia 2a). ConfigurationError unless there are two claims.
    """
    if len(claims) != 2:
        raise ConfigurationError(f"contested garment: expected two claims, got {len(claims)}; talmud is for any number")
    return _awards(claims, estate, _garment)


def divide_estate(claims: Claims, estate: Exact, rule: str = "talmud") -> Awards:
    """Return what each claimant is awarded under a rule: talmud, proportional, equal-awards, equal-losses, contested-garment.

    claims: by claimant, or a sequence (claimants are then 1, 2, ...), none negative. estate: from 0 to the sum of the claims.
    ConfigurationError otherwise. Fractions where all numbers are exact, else floats; the awards add up to the estate.

    >>> list(map(str, divide_estate([100, 200, 300], 200).values()))
    ['50', '75', '75']
    """
    if rule not in RULES:
        raise ConfigurationError(f"rule: expected one of {', '.join(RULES)}, got {rule!r}" + suggest(str(rule), RULES))
    return RULES[rule](claims, estate)


RULES: dict[str, Callable[[Claims, Exact], Awards]] = {
    "talmud": talmud, "proportional": proportional_awards, "equal-awards": constrained_equal_awards,
    "equal-losses": constrained_equal_losses, "contested-garment": contested_garment,
}  # fmt: skip


def _awards(
    claims: Claims, estate: Exact, rule: Callable[[list[Fraction], Fraction], list[Fraction]]
) -> Awards:
    named = named_amounts(claims, "claims")
    exact = [fraction_of(claim, "a claim") for claim in named.values()]
    whole = fraction_of(estate, "estate")
    if not 0 <= whole <= sum(exact):
        raise ConfigurationError(
            f"estate: expected from 0 to the sum of the claims, {float(sum(exact)):g}, got {estate}"
        )
    kept = all(map(is_exact, (*named.values(), estate)))
    return {name: told(award, kept) for name, award in zip(named, rule(exact, whole), strict=True)}


def _proportional(claims: list[Fraction], estate: Fraction) -> list[Fraction]:
    total = sum(claims)
    return [claim * estate / total if total else Fraction() for claim in claims]


def _equal_awards(claims: list[Fraction], estate: Fraction) -> list[Fraction]:
    """From the smallest claim on: who claims less than an equal part of what is left gets the claim."""
    awards = [Fraction()] * len(claims)
    left = estate
    for rank, place in enumerate(sorted(range(len(claims)), key=claims.__getitem__)):
        awards[place] = min(claims[place], left / (len(claims) - rank))
        left -= awards[place]
    return awards


def _equal_losses(claims: list[Fraction], estate: Fraction) -> list[Fraction]:
    losses = _equal_awards(claims, sum(claims, Fraction()) - estate)
    return [claim - loss for claim, loss in zip(claims, losses, strict=True)]


def _talmud(claims: list[Fraction], estate: Fraction) -> list[Fraction]:
    halves = [claim / 2 for claim in claims]
    half = sum(halves, Fraction())
    if estate <= half:
        return _equal_awards(halves, estate)
    above = _equal_losses(halves, estate - half)
    return [one + other for one, other in zip(halves, above, strict=True)]


def _garment(claims: list[Fraction], estate: Fraction) -> list[Fraction]:
    one, two = (min(claim, estate) for claim in claims)
    both = one + two - estate
    return [one - both / 2, two - both / 2]
