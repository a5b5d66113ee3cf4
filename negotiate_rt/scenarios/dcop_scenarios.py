"""The problem of a scenario whose agents optimise together: written in it, in a file beside it, or drawn."""

from __future__ import annotations

import random
from pathlib import Path

from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.scenarios.dcop_files import load_dcop
from negotiate_rt.scenarios.dcop_format import AnyDcop, DcopFileSpec, DrawnDcopSpec
from negotiate_rt.scenarios.dcop_generators import draw_dcop
from negotiate_rt.scenarios.dcop_toml import dcop_of
from negotiate_rt.scenarios.reading import ScenarioError


def dcop_problem(spec: AnyDcop, folder: Path) -> DcopProblem:
    """Return the problem that a scenario's [problem] stands for. Raises ConfigurationError, or ScenarioError with all flaws."""
    if isinstance(spec, DcopFileSpec):
        try:
            return load_dcop(folder / spec.path)
        except ScenarioError as error:
            raise ScenarioError([f"problem.path: {error.source}: {flaw}" for flaw in error.flaws]) from None
    if isinstance(spec, DrawnDcopSpec):
        return draw_dcop(spec.generator, random.Random(spec.seed), **spec.parameters)
    return dcop_of(spec, "problem")
