"""The front door: names load on first use, the static face agrees with it, and importing costs next to nothing."""

from __future__ import annotations

import ast
import importlib
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import negotiate_rt

ROOT = Path(__file__).resolve().parents[1]
STUB = ROOT / "negotiate_rt" / "__init__.pyi"
HEAVY = (
    "numpy",
    "click",
    "rich",
    "rich_click",
    "structlog",
    "multiprocessing",
    "concurrent.futures.process",
    "json.decoder",
)

PROMISED = [
    "Buyer",
    "Seller",
    "Negotiator",
    "Agent",
    "Bidder",
    "Contractor",
    "Manager",
    "NegotiationExecutor",
    "NegotiationConfig",
    "Auction",
    "Task",
    "Society",
    "NegotiationProtocol",
    "Propose",
    "Accept",
    "Reject",
    "Walk",
    "Skip",
    "AGREED",
    "FAILED",
    "TIMEOUT",
    "DEADLOCK",
    "NegotiationType",
    "NegotiationState",
    "LinearConcession",
    "ExponentialConcession",
    "TimeDependentConcession",
    "TitForTatConcession",
    "ConcessionStrategy",
    "BidStrategy",
    "NegotiationListener",
    "NegotiationOutcome",
    "NegotiationOffer",
    "AuctionOptions",
    "AuctionResult",
    "Bid",
    "Negotiation",
    "InvalidDecision",
]


def stub_names() -> dict[str, str]:
    """Name -> module, as type checkers see it."""
    found = {}
    for node in ast.parse(STUB.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                assert alias.asname == alias.name, f"{alias.name} must be re-exported as itself"
                found[alias.name] = node.module
    return found


def test_static_face_and_front_door_agree():
    loaded = {name: f"negotiate_rt.{module}" for name, module in negotiate_rt._HOME.items()}
    assert stub_names() == loaded
    assert set(negotiate_rt.__all__) == {*loaded, "__version__"}


@pytest.mark.parametrize("name", sorted(negotiate_rt._HOME))
def test_name_loads_from_where_it_is_said_to_be(name):
    value = getattr(negotiate_rt, name)
    module = importlib.import_module(f"negotiate_rt.{negotiate_rt._HOME[name]}")
    assert value is getattr(module, name)
    assert value is getattr(negotiate_rt, name), "kept after the first use"


@pytest.mark.parametrize("name", PROMISED)
def test_promised_name_is_there(name):
    assert name in dir(negotiate_rt)
    assert hasattr(negotiate_rt, name)


def test_strategies_may_be_classes_of_the_named_shapes():
    class Half(negotiate_rt.ConcessionStrategy):
        def __call__(self, round, max_rounds, reservation_value, current_value, history):
            return (current_value + reservation_value) / 2

    class Twice(negotiate_rt.BidStrategy):
        async def __call__(self, agent, task, current_price, round, previous_bids):
            return 2 * agent.value

    buyer, seller = negotiate_rt.Buyer("B", 80, 40, Half()), negotiate_rt.Seller("S", 60)
    assert negotiate_rt.NegotiationExecutor().run([buyer, seller], negotiate_rt.NegotiationConfig("bilateral", 9)).agreed
    result = negotiate_rt.Auction("vickrey", "lot", [negotiate_rt.Bidder("a", 4)], Twice()).run()
    assert result.winning_bid.value == 8


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'negotiate_rt' has no attribute 'Byer'"):
        _ = negotiate_rt.Byer
    with pytest.raises(ImportError):
        exec("from negotiate_rt import Byer")


def test_star_import_brings_all_names():
    names: dict[str, object] = {}
    exec("from negotiate_rt import *", names)
    assert set(negotiate_rt.__all__) <= set(names)


def test_values_pickle_under_their_own_modules():
    task = negotiate_rt.Task(hours=4)
    assert pickle.loads(pickle.dumps(task)) == task
    assert pickle.loads(pickle.dumps(negotiate_rt.AGREED)) is negotiate_rt.AGREED


def probe(code: str) -> list[str]:
    # what start-up itself brings does not count: a coverage run measures its child processes, too
    before = "import sys; before = set(sys.modules)\n"
    show = f"\nprint(*[name for name in {HEAVY!r} if name in sys.modules and name not in before])"
    run = subprocess.run([sys.executable, "-c", before + code + show], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


def test_importing_loads_nothing_heavy():
    assert probe("import negotiate_rt") == []


@pytest.mark.slow
def test_haggling_over_a_price_loads_nothing_heavy():
    code = (
        "from negotiate_rt import *\n"
        "a = [Buyer('b', 80), Seller('s', 60)]\n"
        "assert NegotiationExecutor().run(a, NegotiationConfig('bilateral')).agreed"
    )
    assert not set(probe(code)) & {"numpy", "click", "rich", "rich_click", "structlog"}


def test_docstring_starts_from_names_that_there_are():
    told = set(re.findall(r"\b[A-Z][a-z]\w+\b|\b[a-z]+_[a-z_]+\b", negotiate_rt.__doc__ or ""))
    words = {"Start", "Names", "negotiate_rt", "check_protocol"}
    assert {name for name in told - words if not hasattr(negotiate_rt, name)} == set()
    assert len(told) > 40
