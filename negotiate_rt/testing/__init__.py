"""The public test bench: what users and our own tests check protocols, strategies and agents with."""

from negotiate_rt.testing.check_protocol import check_protocol
from negotiate_rt.testing.check_strategy import check_strategy

__all__ = ["check_protocol", "check_strategy"]
