"""Written and read back, a problem is the same to the last bit: in every form, for random problems and real files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from negotiate_rt.problems import BargainingProblem
from negotiate_rt.scenarios import load_domain, read_domain, write_domain
from negotiate_rt.scenarios.domain import Source
from negotiate_rt.scenarios.domain_files import domain_of, domain_text
from negotiate_rt.scenarios.genius import genius_folder
from negotiate_rt.scenarios.genius_writing import genius_texts
from negotiate_rt.scenarios.geniusweb import geniusweb_domain
from negotiate_rt.scenarios.geniusweb_writing import geniusweb_texts
from negotiate_rt.solutions.frontier import frontier
from negotiate_rt.solutions.points import kalai_smorodinsky_point, nash_point
from tests.scenarios.domains_at_random import (
    GENIUS,
    GENIUSWEB,
    TOML,
    any_problem,
    facts,
    genius_problem,
    geniusweb_problem,
)

REFERENCE = {  # ../shared/data/README.md: outcomes, size of the frontier, Nash point, Kalai-Smorodinsky
    "NiceOrDie": (3, 3, (1, 0.16), (0.299, 0.299)),
    "Laptop": (27, 4, (1, 0.815063), (0.873979, 0.873979)),
    "ItexvsCypress": (180, 18, (0.670478, 0.721478), (0.670478, 0.721478)),
    "EnglandZimbabwe": (576, 25, (0.910916, 0.733218), (0.822286, 0.78657)),
    "Party": (3072, 99, (0.785, 0.928565, 0.717657), (0.800833, 0.758375, 0.808212)),
}
FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])


def sources(texts: dict[str, str]) -> list[Source]:
    return [Source(name, Path(name).stem, texts[name].encode()) for name in sorted(texts)]


def through(problem: BargainingProblem, form: str) -> BargainingProblem:
    if form == "genius":
        return genius_folder(sources(genius_texts(problem)), "").problem
    if form == "geniusweb":
        return geniusweb_domain(sources(geniusweb_texts(problem))).problem
    return domain_of(Source("domain", "domain", domain_text(problem, "", form).encode()), form).problem


@FEW
@given(problem=any_problem())
def test_toml_and_json_keep_everything(problem: BargainingProblem) -> None:
    for form in ("toml", "json"):
        back = through(problem, form)
        assert facts(back) == facts(problem)


@FEW
@given(problem=genius_problem())
def test_genius_keeps_everything(problem: BargainingProblem) -> None:
    assert facts(through(problem, "genius")) == facts(problem)


@FEW
@given(problem=geniusweb_problem())
def test_geniusweb_keeps_everything(problem: BargainingProblem) -> None:
    assert facts(through(problem, "geniusweb")) == facts(problem)


@given(problem=genius_problem())
@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
def test_files_of_random_parties_sort_in_their_order(problem: BargainingProblem) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written = write_domain(problem, Path(folder) / "new", "genius")
        assert sorted(written[1:]) == written[1:]
        assert facts(load_domain(Path(folder) / "new")) == facts(problem)


def written(folder: Path, texts: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("form", ["genius", "toml", "json"])
def test_a_genius_domain_survives_every_form(tmp_path: Path, form: str) -> None:
    problem = load_domain(written(tmp_path / "in", GENIUS))
    target = tmp_path / ("out" if form == "genius" else f"out.{form}")
    write_domain(problem, target, form)
    assert facts(load_domain(target)) == facts(problem)


@pytest.mark.parametrize("form", ["geniusweb", "toml", "json"])
def test_a_geniusweb_domain_survives_every_form(tmp_path: Path, form: str) -> None:
    problem = load_domain(written(tmp_path / "in", GENIUSWEB))
    target = tmp_path / ("out" if form == "geniusweb" else f"out.{form}")
    write_domain(problem, target, form)
    assert facts(load_domain(target)) == facts(problem)


def test_our_own_domain_survives_both_forms(tmp_path: Path) -> None:
    found = domain_of(Source("x", "x", TOML.encode()), "toml")
    for suffix in ("toml", "json"):
        write_domain(found.problem, tmp_path / f"d.{suffix}", name=found.name)
        again = read_domain(tmp_path / f"d.{suffix}")
        assert (again.name, again.form) == ("service", suffix)
        assert facts(again.problem) == facts(found.problem)


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize("form", ["genius", "geniusweb", "toml", "json"])
def test_published_domains_come_back_equal_and_give_the_reference_values(
    genius_path: Path, tmp_path: Path, name: str, form: str
) -> None:
    problem = load_domain(genius_path / name)
    target = tmp_path / ("out" if form.startswith("genius") else f"out.{form}")
    write_domain(problem, target, form, lossy=form == "geniusweb")  # which has no discount, and no 0 that no bid is worth
    back = load_domain(target)
    assert facts(back)[:3] == facts(problem)[:3]
    if form != "geniusweb":
        assert facts(back) == facts(problem)
    outcomes, size, nash, kalai = REFERENCE[name]
    nothing = [0.0] * len(back.utilities)
    assert (back.space.size, len(frontier(back))) == (outcomes, size)
    points = nash_point(back, nothing), kalai_smorodinsky_point(back, nothing)
    for point, expected in zip(points, (nash, kalai), strict=True):
        assert point is not None
        assert point.utilities == pytest.approx(expected, abs=1e-6)
