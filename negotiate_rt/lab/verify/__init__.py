"""Model checking of protocols from their tables: `verify_protocol` proves, or shows a shortest counterexample.

What is explored. One dialogue is two machines on the compiled table (`rules`), what stands on their boards, and the messages on
their way, of which each may be taken later, never, or before others (`dialogue`). The whole is a product of as many dialogues
as there are participants, the joint table of the convener, and the supervisor that writes the ending (`whole`): breadth first,
every state once, participants interchangeable. Any number of messages may be lost or overtaken: what is proved like this holds
for every number of faults, and only a counterexample that needs more than were asked for makes faults count (`verifying`).
Where the product is too large, one participant is followed closely and the others are seen as their convener sees them: they
may do more than any real one can, so a proof stands (`glimpse`).

What is proved (`report.PROPERTIES`), for each reachable state of all that: receptions, deadlock, silence, endings, outcome,
offers, winners, refusals, reach. An acceptance binds when the offer's owner takes it while the offer stands, unless the owner
could still turn it down, or the state that it leads to does not tell it from a vote. A party may end without knowing.

What is abstracted (`report.ABSTRACTED`, told with every result): contents and the rules about them; agents and hooks, which do
anything legal at any moment; the roles' code, which uses less than the tables allow: for protocols whose flow lives in their
roles, the bundle of dialogues and the joint table are what is verified, and a role that steps outside of them is stopped by the
engine; time, of which only the order is left; the supervisor's deadline, which may cut in anywhere and voids what is open.
"""

from negotiate_rt.lab.verify.finding import find_protocol, verify_all
from negotiate_rt.lab.verify.report import Bounds, Counterexample, Judgement, Verification
from negotiate_rt.lab.verify.verifying import verify_protocol

__all__ = ["Bounds", "Counterexample", "Judgement", "Verification", "find_protocol", "verify_all", "verify_protocol"]
