"""Files of problems of distributed constraint optimisation: our TOML or pyDCOP's YAML, as the name of the file says."""

from __future__ import annotations

import random
from pathlib import Path

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.dcop import DcopProblem
from negotiate_rt.scenarios.dcop_toml import dcop_toml_text, read_dcop_toml
from negotiate_rt.scenarios.reading import ScenarioError, hint

FORMS = {".toml": "toml", ".yaml": "yaml", ".yml": "yaml"}


def load_dcop(path: str | Path, rng: random.Random | None = None) -> DcopProblem:
    """Return the problem in a .toml file of ours or a .yaml file of pyDCOP, whose noise is drawn from `rng`.

    Raises ScenarioError, which names the file and each faulty path, and ConfigurationError for YAML without PyYAML.
    """
    if _form(path) == "yaml":
        from negotiate_rt.scenarios.dcop_yaml import load_dcop as load_yaml

        return load_yaml(path, rng)
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ScenarioError([f"cannot be read: {error.strerror or error}"], str(path)) from None
    return read_dcop_toml(content, str(path))


def dcop_file_text(problem: DcopProblem, form: str = "toml") -> str:
    """Return a problem as text in `form`, "toml" or "yaml". Raises ConfigurationError for what the form cannot hold."""
    if form == "toml":
        return dcop_toml_text(problem)
    if form != "yaml":
        raise ConfigurationError(f"a DCOP is written as toml or yaml, not as {form!r}")
    from negotiate_rt.scenarios.dcop_writing import dcop_text

    return dcop_text(problem)


def write_dcop(problem: DcopProblem, path: str | Path) -> None:
    """Write a problem as TOML of ours (.toml) or pyDCOP YAML (.yaml); reading it back gives the same problem.

    Raises ConfigurationError for what the form cannot hold, and where the file cannot be written.
    """
    text = dcop_file_text(problem, _form(path))
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror or error}") from None


def _form(path: str | Path) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in FORMS:
        raise ScenarioError([f"expected a file named .toml (ours) or .yaml (pyDCOP's){hint(suffix, FORMS)}"], str(path))
    return FORMS[suffix]
