"""Scenario and domain files in and out: who negotiates what, under which protocol, and what the parties want."""

from negotiate_rt.scenarios.domain import Domain
from negotiate_rt.scenarios.domain_format import DomainSpec
from negotiate_rt.scenarios.domains import load_domain, read_domain, write_domain
from negotiate_rt.scenarios.files import built_in, built_in_text, load, load_any, loads, schema
from negotiate_rt.scenarios.format import ScenarioSpec
from negotiate_rt.scenarios.genius import read_genius, read_genius_folder
from negotiate_rt.scenarios.genius_writing import write_genius
from negotiate_rt.scenarios.geniusweb import read_geniusweb, read_geniusweb_folder
from negotiate_rt.scenarios.geniusweb_writing import write_geniusweb
from negotiate_rt.scenarios.reading import ScenarioError
from negotiate_rt.scenarios.scenario import Scenario

__all__ = [
    "Domain", "DomainSpec", "Scenario", "ScenarioError", "ScenarioSpec", "built_in", "built_in_text", "load", "load_any",
    "load_domain", "loads", "read_domain", "read_genius", "read_genius_folder", "read_geniusweb", "read_geniusweb_folder",
    "schema", "write_domain", "write_genius", "write_geniusweb",
]  # fmt: skip
