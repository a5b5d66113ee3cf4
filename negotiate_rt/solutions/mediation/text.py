"""A single negotiation text: the mediator changes it step by step, as the parties' votes on drafts tell it.

Fisher (1978) named the procedure; Klein, Faratin, Sayama and Bar-Yam ("Negotiating complex contracts", 2003) ran it over binary
issues that depend on one another. Hill climbing takes a draft when (as many as must accept) nobody votes it worse: it ends where
every single change harms somebody, far below what is possible. The annealed mediator adds up the grades of all
and takes a draft of a negative total -d with probability exp(-d / T), where T falls as time goes by; parties that grade
strongly what matters to them strongly let it weigh a large gain of one against a small loss of another.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence

from negotiate_rt.problems.issues import Outcome, OutcomeSpace
from negotiate_rt.solutions.mediation.changing import changed


class SingleText:
    """The text and how it changes. needed: how many may not vote a draft worse, when climbing. heat: None for hill climbing,
    else the temperature at the start and at the end, in grades.

    `ballots` counts drafts that were voted on, `changes` those that became the text.
    """

    def __init__(
        self, space: OutcomeSpace, rng: random.Random, needed: int, heat: tuple[float, float] | None = None,
        start: Outcome | None = None,
    ) -> None:  # fmt: skip
        self.space, self.rng, self.needed, self.heat = space, rng, needed, heat
        self.text: Outcome = space.sample(rng, 1)[0] if start is None else start
        self.ballots = self.changes = 0

    def draft(self) -> Outcome | None:
        """Return the text with one change, None if nothing can be changed."""
        return changed(self.space, self.text, self.rng)

    def temperature(self, progress: float) -> float:
        """Return the temperature when a share of the time, from 0 to 1, has gone by: it falls in equal proportions."""
        if self.heat is None:
            return 0.0
        hot, cold = self.heat
        return float(hot * (cold / hot) ** min(1.0, max(0.0, progress)))

    def passes(self, grades: Sequence[int], parties: int, progress: float) -> bool:
        """Whether a draft with these grades becomes the text; parties that gave none are indifferent."""
        if self.heat is None:
            return sum(grade >= 0 for grade in grades) + parties - len(grades) >= self.needed
        total = sum(grades)
        return total >= 0 or self.rng.random() < math.exp(max(-700.0, total / self.temperature(progress)))

    def take(self, draft: Outcome, grades: Sequence[int], parties: int, progress: float) -> bool:
        """Count a ballot; the draft becomes the text if it passes."""
        self.ballots += 1
        if not self.passes(grades, parties, progress):
            return False
        self.changes += 1
        self.text = draft
        return True

    def please(self, draft: Outcome, grades: Mapping[str, int], refusing: Sequence[str]) -> bool:
        """Count a ballot after the text was refused: the draft becomes the text if it is better for those who refused, taken
        together, and for none of them worse."""
        self.ballots += 1
        theirs = [grades.get(name, 0) for name in refusing]
        if not theirs or min(theirs) < 0 or not sum(theirs):
            return False
        self.changes += 1
        self.text = draft
        return True
