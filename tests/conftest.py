"""What all tests share: hypothesis draws the same examples on every run; data that is not ours is found or skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("ci", derandomize=True, deadline=None, database=None)
settings.register_profile("hunt", deadline=None, max_examples=2_000, print_blob=True)  # new examples on every run
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def casino_path() -> Path:
    """The folder that holds casino.jsonl, human campsite negotiations (CaSiNo, CC-BY-4.0, not part of this project).

    It is looked for in $NEGOTIATE_RT_DATA, which may name the folder itself or its parent, else beside the project.
    """
    named = os.environ.get("NEGOTIATE_RT_DATA")
    data = Path(named) if named else ROOT.parent / "shared" / "data"
    for folder in (data / "casino", data):
        if (folder / "casino.jsonl").is_file():
            return folder
    pytest.skip(f"no casino.jsonl in {data}: let NEGOTIATE_RT_DATA name the folder that holds the CaSiNo corpus")


@pytest.fixture(scope="session")
def genius_path() -> Path:
    """The folder of five published domains in Genius XML (GPL-family data, not part of this project); found likewise."""
    named = os.environ.get("NEGOTIATE_RT_DATA")
    data = Path(named) if named else ROOT.parent / "shared" / "data"
    for folder in (data / "genius", data):
        if (folder / "Laptop").is_dir():
            return folder
    pytest.skip(f"no Genius domains in {data}: let NEGOTIATE_RT_DATA name the folder that holds them")
