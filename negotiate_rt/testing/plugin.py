"""pytest's fixtures for agents of one's own: a bench on the virtual clock, faulty networks, scripted opponents, seeds.

Installed with the package: pytest finds it by its entry point. Nothing of the runtime is loaded before a fixture is used.

- `negotiation_bench`: a `Bench`, whose `run(agents, config, problem, network="flaky")` plays a negotiation and checks its
invariants; - `negotiation_seed`: the seed of its chance; `--negotiation-seeds 20` runs every test that uses it, or the bench,
under so many; - `negotiation_network`: the names of the presets, one test each: perfect, lan, wan, mobile, flaky, hostile; -
`scripted`: writes an agent's decisions down beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from negotiate_rt.testing.bench import Bench

SEEDS = "--negotiation-seeds"
NETWORKS = ("perfect", "lan", "wan", "mobile", "flaky", "hostile")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our option."""
    group = parser.getgroup("negotiate-rt")
    group.addoption(
        SEEDS, type=int, default=1, metavar="N", help="run each test that uses negotiation_seed under N seeds (default: 1)"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test run once for each seed, and once for each network, if it asks for one."""
    if "negotiation_seed" in metafunc.fixturenames and not _given(metafunc, "negotiation_seed"):
        seeds = metafunc.config.getoption(SEEDS)
        if seeds < 1:
            raise pytest.UsageError(f"{SEEDS}: expected at least 1, got {seeds}")
        metafunc.parametrize("negotiation_seed", range(seeds), ids="seed-{}".format, indirect=True)
    if "negotiation_network" in metafunc.fixturenames and not _given(metafunc, "negotiation_network"):
        metafunc.parametrize("negotiation_network", NETWORKS, indirect=True)


def _given(metafunc: pytest.Metafunc, name: str) -> bool:
    """Whether the test says itself which values a fixture takes."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        names = mark.args[0] if mark.args else mark.kwargs.get("argnames", "")
        if name in (names.replace(" ", "").split(",") if isinstance(names, str) else names):
            return True
    return False


@pytest.fixture
def negotiation_seed(request: pytest.FixtureRequest) -> int:
    """The seed of all chance on the bench."""
    return int(getattr(request, "param", 0))


@pytest.fixture
def negotiation_network(request: pytest.FixtureRequest) -> str:
    """The name of a network with faults, for `Bench.run(network=...)`."""
    return str(getattr(request, "param", "perfect"))


@pytest.fixture
def negotiation_bench(negotiation_seed: int) -> Bench:
    """A bench for negotiations on the virtual clock."""
    from negotiate_rt.testing.bench import Bench  # late: every pytest of the environment loads this plugin

    return Bench(negotiation_seed)


@pytest.fixture
def scripted() -> Callable[..., Any]:
    """`scripted(agent, *decisions)`: let an agent play a script; `agent.script.views` is what it saw."""
    from negotiate_rt.testing.scripts import scripted as play

    return play
