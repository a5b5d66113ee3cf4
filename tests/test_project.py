"""The project keeps its own promises: sizes, layout, a light import, and a README that is true."""

from __future__ import annotations

import ast
import asyncio
import doctest
import importlib
import inspect
import re
import subprocess
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "negotiate_rt"
README = ROOT / "README.md"

MODULE_LINES = 400
FUNCTION_LINES = 50
LONG_MODULES: dict[str, str] = {}  # path -> why it reads better in one piece
TOP_LEVEL = {"pyproject.toml", "README.md", "LICENSE", "negotiate_rt", "tests", "benchmarks", "examples"}
LOADED_LATE = ("numpy", "click", "rich", "rich_click", "structlog", "highspy")

# Absolute paths under folders that exist on somebody's machine only; a relative path or a URL may hold the same words.
MACHINE_PATH = re.compile(r"(?<![\w.\-/])(?:/(?:home|root|Users|work)/|[A-Z]:\\Users\\)")
RUNNING_BLOCK = re.compile(r"^<!-- runs -->\n+```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tracked_files() -> list[str]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nobody can say which files belong to the project")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [name for name in listing.stdout.split("\0") if name]


def readme() -> str:
    assert README.is_file(), "there is no README.md"
    return README.read_text(encoding="utf-8")


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, with those of nested functions and without the docstring's."""

    def span(node: ast.stmt) -> int:
        assert node.end_lineno is not None  # ast.parse always sets it
        return node.end_lineno - node.lineno + 1

    documented = ast.get_docstring(function, clean=False) is not None
    return span(function) - (span(function.body[0]) if documented else 0)


# ---------------------------------------------------------------------------------------------------------------- sizes
def test_no_module_is_longer_than_its_limit() -> None:
    length = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    long = {name: lines for name, lines in length.items() if lines > MODULE_LINES and name not in LONG_MODULES}
    assert length, "the package holds no module"
    assert not long, f"longer than {MODULE_LINES} lines: {long}"


def test_list_of_long_modules_names_long_modules_only() -> None:
    for name in LONG_MODULES:
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) > MODULE_LINES, f"{name} is short: delist it"


def test_no_function_is_longer_than_its_limit() -> None:
    long = [
        f"{name_of(path)}:{node.lineno} {node.name}: {lines_of(node)} lines"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > FUNCTION_LINES
    ]
    assert not long, f"longer than {FUNCTION_LINES} lines:\n" + "\n".join(long)


# --------------------------------------------------------------------------------------------------------------- layout
def test_top_level_holds_the_agreed_names_only() -> None:
    found = {name.split("/", 1)[0] for name in tracked_files()}
    extra = {name for name in found if name not in TOP_LEVEL and not name.startswith(".")}
    assert not extra, f"the top level holds {sorted(extra)}; allowed are {sorted(TOP_LEVEL)} and dot-files"


def test_no_tracked_file_names_a_path_of_somebodys_machine() -> None:
    found = []
    for name in tracked_files():
        path = ROOT / name
        if path.is_file():  # one deleted but not yet committed is tracked too
            text = path.read_bytes().decode("utf-8", errors="replace")
            found += [f"{name}:{n}: {line}" for n, line in enumerate(text.splitlines(), 1) if MACHINE_PATH.search(line)]
    assert not found, "paths of a machine:\n" + "\n".join(found)


# --------------------------------------------------------------------------------------------------------------- import
def test_import_loads_no_heavy_dependency() -> None:
    code = f"import sys, negotiate_rt; print(*[name for name in {LOADED_LATE} if name in sys.modules])"
    probe = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert probe.returncode == 0, probe.stderr
    assert probe.stdout.split() == [], f"import negotiate_rt also loads {probe.stdout}"


# -------------------------------------------------------------------------------------------------- README and examples
def running_blocks() -> Iterator[tuple[int, str]]:
    """Line number and code of each python block of the README under a line `<!-- runs -->`."""
    text = README.read_text(encoding="utf-8") if README.is_file() else ""
    for found in RUNNING_BLOCK.finditer(text):
        yield text.count("\n", 0, found.start(1)) + 1, found.group(1)


def test_readme_has_blocks_that_run() -> None:
    marked = readme().count("<!-- runs -->")
    assert marked, "no python block of README.md stands under a line `<!-- runs -->`"
    assert marked == len(list(running_blocks())), "a line `<!-- runs -->` has no ```python block right after it"


@pytest.mark.parametrize(("line", "code"), [pytest.param(*block, id=f"line-{block[0]}") for block in running_blocks()])
def test_readme_block_runs_and_prints_what_its_comments_say(
    line: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block stands alone, and may await at its top level as in a notebook."""
    module = types.ModuleType(f"readme_line_{line}")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # where classes defined in the block are looked up
    monkeypatch.chdir(tmp_path)
    source = "\n" * (line - 1) + code  # a traceback names README's own lines
    compiled = compile(source, str(README), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    if compiled.co_flags & inspect.CO_COROUTINE:
        asyncio.run(types.FunctionType(compiled, module.__dict__)())
    else:
        exec(compiled, module.__dict__)
    told = [comment.strip() for comment in re.findall(r"(?:^|\s)# (.*)$", code, re.MULTILINE)]
    missing = [printed for printed in capsys.readouterr().out.splitlines() if printed.strip() not in told]
    assert not missing, f"README.md, block at line {line}: no comment says that it prints {missing}"


def test_docstring_examples_run() -> None:
    failed = []
    for path in modules():
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            module = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
            if doctest.testmod(module).failed:
                failed.append(name_of(path))
    assert not failed, f"examples in docstrings of {failed} print something else (see above)"


def test_every_example_has_its_tests_and_a_place_in_the_readme() -> None:
    names = sorted(path.stem for path in (ROOT / "examples").glob("*.py") if path.stem != "__init__")
    text = readme()
    untested = [name for name in names if not (ROOT / "tests" / "examples" / f"test_{name}.py").is_file()]
    unnamed = [name for name in names if f"{name}.py" not in text]
    assert names, "examples/ holds no program"
    assert not untested, f"no tests/examples/test_NAME.py for {untested}"
    assert not unnamed, f"README.md does not name examples {unnamed}"


def test_every_protocol_has_a_row_in_the_readme() -> None:
    import negotiate_rt

    names = sorted(str(name) for name in negotiate_rt.NegotiationExecutor().protocols)
    first_cells = re.findall(r"^\|([^|\n]*)\|", readme(), re.MULTILINE)
    listed = {name for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)}
    missing = [name for name in names if name not in listed]
    assert names, "no protocol is registered"
    assert not missing, f"README.md has no table row that begins with {missing}"
