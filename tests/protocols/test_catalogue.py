"""The catalogue: every built-in protocol is listed under its own name, and none is loaded before it is looked up."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

from negotiate_rt import NegotiationExecutor, NegotiationType, protocols
from negotiate_rt.protocols import BUILT_IN, NegotiationProtocol
from negotiate_rt.protocols.catalogue import PLACES, Catalogue, built_in


def test_every_protocol_of_the_package_is_listed_under_its_own_name():
    found = {}
    for module in pkgutil.iter_modules(protocols.__path__):
        for kind in vars(import_module(f"{protocols.__name__}.{module.name}")).values():
            if isinstance(kind, type) and issubclass(kind, NegotiationProtocol) and kind.name:
                found[kind.name] = f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}"
    assert found == PLACES
    assert [kind.name for kind in BUILT_IN] == list(PLACES)
    assert {str(one) for one in NegotiationType} == set(PLACES)


def test_importing_and_running_one_protocol_loads_no_other():
    program = (
        "import sys; from negotiate_rt import Buyer, NegotiationConfig, NegotiationExecutor, Seller\n"
        "executor = NegotiationExecutor(clock='virtual'); assert len(executor.protocols) > 20\n"
        "assert executor.run([Buyer('B', 80, 40), Seller('S', 60, 120)], NegotiationConfig('bilateral')).agreed\n"
        "print(*(name for name in sys.modules if name.startswith('negotiate_rt.protocols.') and 'auction' in name))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_catalogue_is_a_mapping_of_its_own_over_shared_protocols():
    one, other = Catalogue(), Catalogue()
    assert one["bilateral"] is other["bilateral"] is built_in("bilateral")
    assert "nonsense" not in one
    with pytest.raises(KeyError, match="nonsense"):
        one["nonsense"]
    del one["bilateral"]
    assert "bilateral" not in one
    assert len(one) == len(other) - 1
    with pytest.raises(KeyError):
        one["bilateral"]
    one["bilateral"] = other["rubinstein"]
    assert one["bilateral"] is other["rubinstein"] is not other["bilateral"]
    assert repr(one).startswith("<Catalogue: rubinstein, ")


def test_replacing_a_protocol_in_one_executor_leaves_the_others_alone():
    class Mine(type(built_in("bilateral"))):  # type: ignore[misc]  # the class of the built-in one
        pass

    executor = NegotiationExecutor()
    executor.register(Mine())
    assert type(executor.protocols["bilateral"]) is Mine
    assert type(NegotiationExecutor().protocols["bilateral"]) is not Mine


def test_the_package_knows_no_other_names():
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        _ = protocols.Nonsense
