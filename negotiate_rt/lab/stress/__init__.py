"""Stress campaigns: thousands of seeded worlds with faults, every invariant checked in each, in one table."""

from negotiate_rt.lab.stress.campaign import Campaign
from negotiate_rt.lab.stress.own import stress_agents
from negotiate_rt.lab.stress.report import CellReport, StressReport
from negotiate_rt.lab.stress.running import run_campaign

__all__ = ["Campaign", "CellReport", "StressReport", "run_campaign", "stress_agents"]
