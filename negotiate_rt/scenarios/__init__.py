"""Scenario files in and out: who negotiates what, under which protocol, written down as TOML or JSON."""

from negotiate_rt.scenarios.files import built_in, built_in_text, load, loads, schema
from negotiate_rt.scenarios.format import ScenarioSpec
from negotiate_rt.scenarios.reading import ScenarioError
from negotiate_rt.scenarios.scenario import Scenario

__all__ = ["Scenario", "ScenarioError", "ScenarioSpec", "built_in", "built_in_text", "load", "loads", "schema"]
