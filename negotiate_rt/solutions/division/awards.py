"""Verdicts on the awards of a bankruptcy: do they add up, stay within claims, and treat larger claims as larger."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import permutations

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact, fraction_of, is_exact, told
from negotiate_rt.problems.goods import ROUNDING, Party
from negotiate_rt.solutions.division.fairness import FairnessVerdict, Inequity, Shortfall


def assess_awards(
    claims: Mapping[Party, Exact], estate: Exact, awards: Mapping[Party, Exact]
) -> dict[str, FairnessVerdict]:
    """Return verdicts on awards, by property.

    balanced: they add up to the estate. claims-bounded: each is from 0 to the claim. order-preserving: a larger claim gets no
    less, and loses no less (Aumann and Maschler 1985); equal claims are then treated equally. Exact where all numbers are, else
    to one part in 10**9 of the estate. ConfigurationError unless awards and claims name the same parties.
    """
    if set(claims) != set(awards):
        odd = next(party for party in (*claims, *awards) if (party in claims) != (party in awards))
        raise ConfigurationError(f"awards: {odd!r} has only one of claim and award")
    asked = {party: fraction_of(claim, "a claim") for party, claim in claims.items()}
    given = {party: fraction_of(awards[party], "an award") for party in claims}
    whole = fraction_of(estate, "estate")
    exact = all(map(is_exact, (*claims.values(), *awards.values(), estate)))
    slack = Fraction() if exact else ROUNDING * max(whole, Fraction(1))
    found = (_balanced(given, whole, slack), _bounded(asked, given, slack, exact), _ordered(asked, given, slack, exact))
    return {verdict.property: verdict for verdict in found}


def _balanced(given: Mapping[Party, Fraction], whole: Fraction, slack: Fraction) -> FairnessVerdict:
    total = sum(given.values(), Fraction())
    holds = abs(total - whole) <= slack
    return FairnessVerdict(
        property="balanced", holds=holds,
        reason="the awards add up to the estate" if holds else f"the awards add up to {float(total):.6g} of {float(whole):.6g}",
    )  # fmt: skip


def _bounded(
    asked: Mapping[Party, Fraction], given: Mapping[Party, Fraction], slack: Fraction, exact: bool
) -> FairnessVerdict:
    for party, award in given.items():
        if not -slack <= award <= asked[party] + slack:
            witness = Shortfall(party=party, own=told(award, exact), due=told(asked[party], exact))
            reason = f"{party} gets {float(award):.6g} of a claim of {float(asked[party]):.6g}"
            return FairnessVerdict(property="claims-bounded", holds=False, witness=witness, reason=reason)
    return FairnessVerdict(property="claims-bounded", holds=True, reason="every award is from 0 to the claim")


def _ordered(
    asked: Mapping[Party, Fraction], given: Mapping[Party, Fraction], slack: Fraction, exact: bool
) -> FairnessVerdict:
    for party, other in permutations(asked, 2):
        if asked[party] < asked[other]:
            continue  # `party` claims as much at least
        for what, own, theirs in (
            ("gets", given[party], given[other]), ("loses", asked[party] - given[party], asked[other] - given[other])
        ):  # fmt: skip
            if own + slack < theirs:
                witness = Inequity(party=party, better=other, own=told(own, exact), other=told(theirs, exact))
                reason = f"{party} claims no less than {other} and {what} {float(own):.6g} against {float(theirs):.6g}"
                return FairnessVerdict(property="order-preserving", holds=False, witness=witness, reason=reason)
    return FairnessVerdict(property="order-preserving", holds=True, reason="larger claims get no less, and lose no less")
