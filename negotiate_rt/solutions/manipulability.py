"""How often a voting rule can be manipulated, and by whom: some voter gets what it likes better by a false ballot.

Gibbard ("Manipulation of voting schemes", 1973) and Satterthwaite (1975): with three or more alternatives that can win, a rule
that no voter can ever manipulate has a dictator. `gibbard_satterthwaite` looks for all three horns of it.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.voting import RULES, Alternative, Ranking, Rule, all_rankings, check_alternatives, vote

PROFILES = 200_000  # at most, in an exhaustive search
DRAWN = 1_000  # profiles of a sampled one, unless said


class Manipulation(msgspec.Struct, frozen=True, kw_only=True):
    """A voter (from 0) whose ballot `says` instead of its ranking makes `after` win, which it likes better than `before`."""

    rankings: tuple[Ranking, ...]
    voter: int
    says: Ranking
    before: Alternative
    after: Alternative

    @property
    def told(self) -> str:
        """The manipulation in a sentence."""
        truth, false = (" > ".join(map(str, one)) for one in (self.rankings[self.voter], self.says))
        return f"voter {self.voter + 1}, who ranks {truth}, says {false}: {self.after} wins instead of {self.before}"


class Manipulability(msgspec.Struct, frozen=True, kw_only=True):
    """How many profiles of rankings somebody can manipulate. seed: of a sampled search, None of an exhaustive one, whose
    share is exact; error: the standard error of a sampled share."""

    rule: str
    alternatives: int
    voters: int
    profiles: int
    manipulable: int
    seed: int | None
    witness: Manipulation | None

    @property
    def share(self) -> float:
        """The share of profiles that somebody can manipulate."""
        return self.manipulable / self.profiles

    @property
    def error(self) -> float:
        """The standard error of the share."""
        return 0.0 if self.seed is None else math.sqrt(self.share * (1 - self.share) / self.profiles)


class GibbardSatterthwaite(msgspec.Struct, frozen=True, kw_only=True):
    """What the theorem says of a rule: fewer than three alternatives win, or it has a dictator (from 0), or a manipulation."""

    wins: tuple[Alternative, ...]
    dictators: tuple[int, ...]
    witness: Manipulation | None

    @property
    def holds(self) -> bool:
        """Whether one of the three is the case, as the theorem says of every rule on all rankings."""
        return len(self.wins) < 3 or bool(self.dictators) or self.witness is not None


def manipulability(  # one search
    rule: Rule, alternatives: Sequence[Alternative], voters: int, *, rankings: Sequence[Ranking] = (),
    samples: int | None = None, seed: int = 0,
) -> Manipulability:  # fmt: skip
    """Return the share of profiles in which some voter gains by a false ballot, and the first such case.

    rule: a name, or a function of the rankings to the winner. rankings: those that voters may have and say (default: all m!).
    samples: profiles to draw evenly (None: all, up to 200,000 of them; beyond that 1,000 are drawn). Raises
    ConfigurationError. Cost: a call of the rule for each profile; of a sampled one, rankings * voters.
    """
    election = _Election(rule, alternatives, voters, rankings)
    total = len(election.rankings) ** voters
    if samples is not None and (isinstance(samples, bool) or not isinstance(samples, int) or samples < 1):
        raise ConfigurationError(f"samples must be a whole number >= 1, got {samples!r}")
    drawn = samples if samples is not None else (None if total <= PROFILES else DRAWN)
    found: Manipulation | None = None
    count = 0
    for profile in election.profiles(drawn, seed):
        one = election.manipulation(profile)
        count += one is not None
        found = found or one
    return Manipulability(
        rule=election.name, alternatives=len(election.alternatives), voters=voters, profiles=drawn or total,
        manipulable=count, seed=None if drawn is None else seed, witness=found,
    )  # fmt: skip


def gibbard_satterthwaite(rule: Rule, alternatives: Sequence[Alternative], voters: int) -> GibbardSatterthwaite:
    """Return which alternatives can win, who is a dictator, and a manipulation if there is one, over all profiles.

    Raises ConfigurationError where there are more than 200,000 of them. Cost: as an exhaustive `manipulability`.
    """
    election = _Election(rule, alternatives, voters, ())
    if len(election.rankings) ** voters > PROFILES:
        raise ConfigurationError(
            f"{len(election.alternatives)} alternatives and {voters} voters make more than {PROFILES:,} profiles: take fewer, "
            "or a sample of them with `manipulability`"
        )
    wins, dictators, witness = set(), set(range(voters)), None
    for profile in election.profiles(None, 0):
        won = election.winner(profile)
        wins.add(won)
        dictators -= {voter for voter in dictators if election.rankings[profile[voter]][0] != won}
        witness = witness or election.manipulation(profile)
    in_order = tuple(one for one in election.alternatives if one in wins)
    return GibbardSatterthwaite(wins=in_order, dictators=tuple(sorted(dictators)), witness=witness)


class _Election:
    """A rule and the rankings it is asked about, by number; winners are remembered."""

    def __init__(self, rule: Rule, alternatives: Sequence[Alternative], voters: int, rankings: Sequence[Ranking]) -> None:
        self.alternatives = check_alternatives(alternatives)
        if isinstance(voters, bool) or not isinstance(voters, int) or voters < 1:
            raise ConfigurationError(f"voters must be a whole number >= 1, got {voters!r}")
        self.rankings = tuple(rankings) or all_rankings(self.alternatives)
        self.voters = voters
        if callable(rule):
            self.rule, self.name = rule, getattr(rule, "__name__", "rule")
        else:
            vote(rule, self.rankings[:1], self.alternatives)  # is there such a rule, and is this a ranking?
            self.rule, self.name = lambda said: RULES[rule](said, self.alternatives)[0], rule
        self.likes = [{one: -place for place, one in enumerate(ranking)} for ranking in self.rankings]
        self.known: dict[tuple[int, ...], Alternative] = {}

    def profiles(self, drawn: int | None, seed: int) -> Any:
        if drawn is None:
            return itertools.product(range(len(self.rankings)), repeat=self.voters)
        rng = random.Random(f"manipulability {seed}")
        return (tuple(rng.randrange(len(self.rankings)) for _ in range(self.voters)) for _ in range(drawn))

    def winner(self, profile: tuple[int, ...]) -> Alternative:
        won = self.known.get(profile)
        if won is None:
            won = self.rule([self.rankings[place] for place in profile])
            if won not in self.alternatives:
                raise ConfigurationError(f"rule {self.name!r} returned {won!r}, which is no alternative")
            if len(self.known) < PROFILES:
                self.known[profile] = won
        return won

    def manipulation(self, profile: tuple[int, ...]) -> Manipulation | None:
        before = self.winner(profile)
        for voter, own in enumerate(profile):
            likes = self.likes[own]
            if likes[before] == 0:
                continue  # it has its best already
            for said in range(len(self.rankings)):
                after = self.winner((*profile[:voter], said, *profile[voter + 1 :]))
                if likes[after] > likes[before]:
                    return Manipulation(
                        rankings=tuple(self.rankings[place] for place in profile), voter=voter,
                        says=self.rankings[said], before=before, after=after,
                    )  # fmt: skip
        return None
