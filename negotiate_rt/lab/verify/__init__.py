"""Model checking of protocols from their tables: `verify_protocol` proves, or shows a shortest counterexample."""

from negotiate_rt.lab.verify.finding import find_protocol, verify_all
from negotiate_rt.lab.verify.report import Bounds, Counterexample, Judgement, Verification
from negotiate_rt.lab.verify.verifying import verify_protocol

__all__ = ["Bounds", "Counterexample", "Judgement", "Verification", "find_protocol", "verify_all", "verify_protocol"]
