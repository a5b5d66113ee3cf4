"""What must hold of every negotiation and every world, whatever faults befall them; checked by tests and campaigns alike.

`Witness` follows one negotiation from its start; `violations_of` tells what it has seen broken. `check_world` looks at what
a whole world has left behind. INVARIANTS names them all.
"""

from negotiate_rt.lab.invariants.checking import INVARIANTS, violations_of
from negotiate_rt.lab.invariants.violation import Violation
from negotiate_rt.lab.invariants.witness import Witness
from negotiate_rt.lab.invariants.worlds import Surroundings, check_world

__all__ = ["INVARIANTS", "Surroundings", "Violation", "Witness", "check_world", "violations_of"]
