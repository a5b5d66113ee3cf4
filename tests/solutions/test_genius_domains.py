"""The reference values of five published domains (Genius XML), which are not part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from negotiate_rt import BargainingProblem
from negotiate_rt.scenarios.genius import read_genius_folder
from negotiate_rt.solutions.frontier import frontier, utility_matrix
from negotiate_rt.solutions.points import bargaining_solutions
from negotiate_rt.solutions.quality import assess_outcome, opposition, zone_of_agreement

ROOT = Path(__file__).resolve().parents[2]

# outcomes, undominated vectors, Nash point, max-min Kalai-Smorodinsky point (to six digits), both for disagreement 0.
REFERENCE = {
    "NiceOrDie": (3, 3, (1, 0.16), (0.299, 0.299)),
    "Laptop": (27, 4, (1, 0.815063), (0.873979, 0.873979)),
    "ItexvsCypress": (180, 18, (0.670478, 0.721478), (0.670478, 0.721478)),
    "EnglandZimbabwe": (576, 25, (0.910916, 0.733218), (0.822286, 0.78657)),
    "Party": (3072, 99, (0.785, 0.928565, 0.717657), (0.800833, 0.758375, 0.808212)),
}


def genius_folder() -> Path:
    named = os.environ.get("NEGOTIATE_RT_DATA")
    data = Path(named) if named else ROOT.parent / "shared" / "data"
    for folder in (data / "genius", data):
        if (folder / "NiceOrDie").is_dir():
            return folder
    pytest.skip(f"no Genius domains in {data}: let NEGOTIATE_RT_DATA name the folder that holds them")


@pytest.mark.parametrize("name", REFERENCE)
def test_a_published_domain_gives_its_reference_values(name: str) -> None:
    outcomes, vectors, nash, kalai_smorodinsky = REFERENCE[name]
    problem = read_genius_folder(genius_folder() / name)
    found = bargaining_solutions(problem)
    assert problem.space.size == outcomes
    assert len(found.frontier) == vectors
    assert found.nash.utilities == pytest.approx(nash, abs=5e-7)
    assert found.kalai_smorodinsky.utilities == pytest.approx(kalai_smorodinsky, abs=5e-7)
    every = utility_matrix(problem.space, list(problem.utilities.values()))
    assert opposition(found.frontier) == pytest.approx(np.sqrt(((every - 1) ** 2).sum(axis=1)).min(), abs=1e-12)


@pytest.mark.parametrize("name", REFERENCE)
def test_listing_a_published_domain_finds_what_its_issues_tell(name: str) -> None:
    problem = read_genius_folder(genius_folder() / name)
    listed = BargainingProblem(
        problem.space, {name: lambda outcome, u=u: u(outcome) for name, u in problem.utilities.items()}
    )
    one, other = frontier(problem), frontier(listed)
    assert (one.utilities == other.utilities).all()
    assert [one.outcome(k) for k in range(len(one))] == [other.outcome(k) for k in range(len(other))]


@pytest.mark.parametrize("name", REFERENCE)
def test_a_solution_of_a_published_domain_is_assessed_as_one(name: str) -> None:
    problem = read_genius_folder(genius_folder() / name)
    found = bargaining_solutions(problem)
    nash = assess_outcome(problem, found.nash.outcome, found)
    assert nash.efficient
    assert nash.rational
    assert nash.to_frontier == nash.to_points["Nash"] == 0
    assert zone_of_agreement(found.frontier).efficient == len(found.frontier)
