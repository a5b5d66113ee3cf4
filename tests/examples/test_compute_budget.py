from __future__ import annotations

import pytest

from examples.compute_budget import BETAS, BUDGET, PROBLEM, SPACE, main


@pytest.fixture(scope="module")
def found():
    return main()


def test_every_division_shares_out_all_of_the_budget():
    assert SPACE.size == 25 * 26 // 2
    assert all(sum(division) == BUDGET for division in SPACE)


def test_a_team_cares_for_its_own_gpus_alone():
    vision = PROBLEM.utility_of("vision", 0)
    assert vision((6, 18, 0)) == vision((6, 0, 18)) == 0.5
    assert vision((24, 0, 0)) == 1


def test_teams_of_equal_patience_end_where_theory_says_that_equals_should(found):
    theory, deals = found
    assert theory["Kalai-Smorodinsky"] == theory["egalitarian"] == (4, 10, 10)
    assert deals[0.5, 0.5, 0.5] == deals[1, 1, 1] == theory["Kalai-Smorodinsky"]


def test_who_gives_way_later_gets_more_and_who_gives_way_earlier_less(found):
    _, deals = found
    equal = deals[0.5, 0.5, 0.5]
    for betas in BETAS[2:]:
        odd = next(place for place, beta in enumerate(betas) if beta != 0.5)
        if betas[odd] < 0.5:
            assert deals[betas][odd] > equal[odd]
        else:
            assert deals[betas][odd] < equal[odd]
