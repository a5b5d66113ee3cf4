from __future__ import annotations

import itertools
import random

import pytest

from examples import annealed_mediation
from examples.annealed_mediation import best_welfare, main
from negotiate_rt import Issue, OutcomeSpace, draw_influence


def test_best_welfare_is_that_of_all_contracts(monkeypatch):
    space = OutcomeSpace([Issue(f"clause {number}", (0, 1)) for number in range(9)])
    monkeypatch.setattr(annealed_mediation, "SPACE", space)
    rng = random.Random(5)
    utilities = [draw_influence(space, rng, 3) for _ in range(3)]
    every = (sum(one(contract) for one in utilities) for contract in itertools.product((0, 1), repeat=9))
    assert best_welfare(utilities) == pytest.approx(max(every))


@pytest.mark.slow
def test_annealed_mediation_comes_within_five_per_cent_of_the_best_where_hill_climbing_does_not(capsys):
    reports = main()
    assert [report.parties for report in reports] == [2, 3, 4]
    for report in reports:
        assert report.annealed >= 0.95 * report.best
        assert report.climbed < 0.6 * report.best
        assert report.annealed <= report.best + 1e-9
    told = capsys.readouterr().out
    assert "annealed mediation reaches at least 97.3% of the best social welfare, hill climbing at most 47.8%" in told
