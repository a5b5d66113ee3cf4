"""What a journal can be asked afterwards: whether it is whole and by the rules, what was said, and how it looks elsewhere."""

from negotiate_rt.replay.agreement import Agreement, agreement
from negotiate_rt.replay.filtering import Wanted
from negotiate_rt.replay.rerunning import Answers, Rerun, rerun
from negotiate_rt.replay.stepping import Step, steps
from negotiate_rt.replay.verifying import Verification, verify

__all__ = ["Agreement", "Answers", "Rerun", "Step", "Verification", "Wanted", "agreement", "rerun", "steps", "verify"]
