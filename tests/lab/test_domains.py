"""On four published two-party domains: the strongest composed strategies finish above Boulware and tit-for-tat."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from negotiate_rt.lab import Tournament, run_tournament

ROOT = Path(__file__).resolve().parents[2]
DOMAINS = ("NiceOrDie", "Laptop", "ItexvsCypress", "EnglandZimbabwe")
FIELD = (
    "boulware", "linear", "conceder", "tit-for-tat", "relative-tit-for-tat", "averaged-tit-for-tat", "nice-tit-for-tat",
    "micro", "random-walker", "trade-off", "optimal-stopping", "hard-headed", "considerate", "reciprocal",
)  # fmt: skip


def genius_folder() -> Path:
    named = os.environ.get("NEGOTIATE_RT_DATA")
    data = Path(named) if named else ROOT.parent / "shared" / "data"
    for folder in (data / "genius", data):
        if (folder / "NiceOrDie").is_dir():
            return folder
    pytest.skip(f"no Genius domains in {data}: let NEGOTIATE_RT_DATA name the folder that holds them")


@pytest.mark.slow
def test_strongest_composed_strategies_finish_above_boulware_and_every_tit_for_tat() -> None:
    folder = genius_folder()
    report = run_tournament(Tournament([folder / name for name in DOMAINS], FIELD, rounds=100))
    rank = {one.strategy: one.rank for one in report.ranking}
    assert [one.name for one in report.scenarios] == list(DOMAINS)
    best_known = min(rank[name] for name in FIELD if name == "boulware" or "tit-for-tat" in name)
    for strong in ("considerate", "reciprocal", "hard-headed"):
        assert rank[strong] < best_known, rank
