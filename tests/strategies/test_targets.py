"""Our strongest strategies win where they should: a round robin on four published domains, in both seats."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from negotiate_rt.lab.running import run_tournament
from negotiate_rt.lab.tournament import Tournament

DOMAINS = ("NiceOrDie", "Laptop", "ItexvsCypress", "EnglandZimbabwe")
FIELD = (
    "time-dependent:beta=0.2", "time-dependent:beta=0.5", "linear", "time-dependent:beta=2", "tit-for-tat", "micro",
    "nice-tit-for-tat", "hard-headed", "considerate", "reciprocal",
)  # fmt: skip


@pytest.fixture
def folders() -> list[Path]:
    named = os.environ.get("NEGOTIATE_RT_DATA")
    data = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "data"
    for folder in (data / "genius", data):
        if all((folder / name).is_dir() for name in DOMAINS):
            return [folder / name for name in DOMAINS]
    pytest.skip(f"no Genius domains in {data}: let NEGOTIATE_RT_DATA name the folder that holds them")


@pytest.mark.slow
def test_reciprocal_and_considerate_finish_above_boulware_and_tit_for_tat(folders):
    report = run_tournament(Tournament([str(folder) for folder in folders], list(FIELD), rounds=100))
    utility = {row.strategy: row.utility for row in report.ranking}
    best_boulware = max(worth for name, worth in utility.items() if name.startswith("time-dependent"))
    for ours in ("reciprocal", "considerate", "hard-headed"):
        assert utility[ours] > best_boulware
        assert utility[ours] > utility["tit-for-tat"]
    assert utility["reciprocal"] > best_boulware + 0.05
