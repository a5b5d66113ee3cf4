"""How a party answers a mediator that it trusts: with the truth, as far as it is willing to tell it.

Full preferences, a ranking, an answer about a pair, or a vote on a draft: who is willing to tell one of these is willing to
tell those after it, and everybody votes.
"""

from __future__ import annotations

from typing import Any

from negotiate_rt.errors import ConfigurationError, InvalidDecision, suggest
from negotiate_rt.messages.performatives import Refuse
from negotiate_rt.messages.view import View
from negotiate_rt.problems.disclosing import told_preferences
from negotiate_rt.problems.mediation import (
    DISCLOSURES,
    Ballot,
    PairAsked,
    PreferencesAsked,
    Preferred,
    Ranked,
    RankingAsked,
)

BELOW = 4.0
"""How much more a change counts where the outcome is worth less than having no deal."""

FAR = 3.0
"""How many times the usual change earns the largest grade."""

_TIED = 1e-12  # of a worth: what counts as equal


def check_disclosure(given: object, where: str) -> str:
    """Return how much a party tells. Raises ConfigurationError."""
    word = str(given).replace("_", "-")
    if word not in DISCLOSURES:
        known = ", ".join(DISCLOSURES)
        raise ConfigurationError(f"{where}: expected one of {known}, got {given!r}{suggest(word, DISCLOSURES)}")
    return word


class Candour:
    """What one party tells a mediator.

    preferences: its own (problems.Preferences). utility: its utility function where that is known, for full preferences.
    limit: "full", "ranking", "pairwise" or "votes". A vote tells how a draft compares with the text: in proportion to the
    change in utility, the largest grade for three times the usual change; a worth below that of no deal counts four times.
    """

    __slots__ = ("changes", "known", "limit", "preferences", "usual", "utility", "worths")

    def __init__(self, preferences: Any, utility: Any = None, limit: str = "full") -> None:
        self.preferences = preferences
        self.utility = utility
        self.limit = limit
        self.changes = 0
        self.usual = 0.0  # of changes in utility so far, how large they were on average
        self.known: Any = None  # the last text
        self.worths = 0.0, 0.0  # what it is worth, and felt to be

    def disclose(self, view: View) -> Any:  # an answer, or a Refuse
        """Answer a question about preferences."""
        call = view.call
        needed = "full" if isinstance(call, PreferencesAsked) else "ranking" if isinstance(call, RankingAsked) else "pairwise"
        if DISCLOSURES.index(needed) < DISCLOSURES.index(self.limit):
            return Refuse("keeps that to itself")
        if not self.preferences.known:
            raise InvalidDecision(f"{view.agent} knows of no preferences: define a `disclose` hook")
        if isinstance(call, PreferencesAsked):
            return self._all(view)
        if isinstance(call, RankingAsked):
            worths = [self.worth(one) for one in call.outcomes]
            return Ranked(tuple(sorted(range(len(worths)), key=lambda place: -worths[place])))
        assert isinstance(call, PairAsked)
        return Preferred(("second", "either", "first")[1 + sign(self.worth(call.first), self.worth(call.second))])

    def _all(self, view: View) -> Any:  # AnyPreferences, or a Refuse
        if self.utility is None:
            return Refuse("its preferences are no function of the outcome alone")
        try:
            return told_preferences(self.utility, view.problem.space, self.preferences.disagreement)
        except ConfigurationError as error:
            return Refuse(str(error))

    def vote(self, view: View) -> tuple[int, ...]:
        """Grade the drafts of a ballot against its text."""
        if not self.preferences.known:
            raise InvalidDecision(f"{view.agent} knows of no preferences: define a `vote` hook")
        ballot: Ballot = view.call
        if ballot.text is not self.known:
            self.known = ballot.text
            own = self.worth(ballot.text)
            self.worths = own, self.felt(own)
        text, felt = self.worths
        grades = []
        for draft in ballot.drafts:
            worth = self.worth(draft)
            change = abs(worth - text)
            if change:
                self.changes += 1
                self.usual += (change - self.usual) / self.changes
            grades.append(self._grade(self.felt(worth) - felt, max(abs(worth), abs(text)), ballot.grades))
        return tuple(grades)

    def worth(self, outcome: Any) -> float:  # a tuple of the space
        """Return what an outcome is worth."""
        return float(self.preferences.utility(outcome, False))

    def felt(self, worth: float) -> float:
        """Return a worth as votes go by it."""
        least = self.preferences.disagreement
        return worth if worth >= least else least - BELOW * (least - worth)

    def _grade(self, change: float, size: float, most: int) -> int:
        if abs(change) <= _TIED * size or not self.usual:
            return 0
        grade = min(most, max(1, round(abs(change) / self.usual * most / FAR)))
        return grade if change > 0 else -grade


def sign(one: float, other: float) -> int:
    """Return 1, 0 or -1 as the first is larger, equal within rounding, or smaller."""
    if abs(one - other) <= _TIED * max(abs(one), abs(other)):
        return 0
    return 1 if one > other else -1
