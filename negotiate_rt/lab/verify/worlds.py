"""What a dialogue's state is made of, what can happen in it, and how far to look: plain values and small integers.

A message on its way is one integer: its act, whether it used up the rounds, and the age of the offer that it is about. Offers
of one maker are told apart by age (latest, the one before, older): that is all that legality asks.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from negotiate_rt.lab.verify.rules import OLDEST

UNLIMITED = -1
CANCELLED = 2  # own offer: stands for the board, but its maker has called the matter off
PAST = OLDEST + 1  # added to a standing offer's code once it stands no longer
GONE = -1
RECEPTION, OFFER, OUTCOME, SILENCE, DEADLOCK, DECLINE = (
    "receptions", "offers", "outcome", "silence", "deadlock", "refusals"
)  # fmt: skip
Ints: TypeAlias = tuple[int, ...]
Key: TypeAlias = tuple[Ints, Ints, Ints, Ints, int, int, int, Ints]
Bad: TypeAlias = tuple[str, str]  # a property, and how it fails


class Event(NamedTuple):
    """What happened in a step: which end, what it did (says, hears, drops, skips, waits, leaves, is called again), which act,
    what became of it (arrives, lost, twice; late, overtaking, expired), and the state it is in afterwards."""

    end: int
    what: str
    act: str
    fate: str
    state: str


class Step(NamedTuple):
    """One step. `act`: the convener's, which the joint table must allow, or -1; `to`: the state after it; `outcome`: how it
    ends the whole; `kind`: talk, silence or fault."""

    act: int
    to: int
    outcome: str
    kind: str
    event: Event
    bad: Bad | None = None


class Limits(NamedTuple):
    """faults by way (UNLIMITED, or a count), messages on each way, whether copies are dropped by serial number."""

    faults: int = UNLIMITED
    in_flight: int = 2
    deduplicate: bool = True


class World:
    """One state, taken apart to be changed. `ends`: [state, own offer, standing offer, state before a tentative agreement + 1];
    `boxes[e]`: on the way to end e; `stained`: something was lost, late or out of order; `held`, `bound`: an award that the
    convener has made, and that its offer's owner has heard; `left`: faults that each way still may have."""

    __slots__ = ("bound", "boxes", "ends", "held", "left", "stained")

    def __init__(self, key: Key) -> None:
        first, second, to_first, to_second, stained, held, bound, left = key
        self.ends = [list(first), list(second)]
        self.boxes = [to_first, to_second]
        self.stained, self.held, self.bound = stained, held, bound
        self.left = list(left)

    def key(self) -> Key:
        """Return it as a value."""
        first, second = self.ends
        return (
            tuple(first), tuple(second), self.boxes[0], self.boxes[1], self.stained, self.held, self.bound, tuple(self.left),
        )  # fmt: skip

    def copy(self) -> World:
        """Return another one like it."""
        other = World.__new__(World)
        first, second = self.ends
        other.ends = [first.copy(), second.copy()]
        other.boxes = self.boxes.copy()
        other.stained, other.held, other.bound = self.stained, self.held, self.bound
        other.left = self.left.copy()
        return other

    def stain(self, way: int) -> None:
        """A fault of the channel: one fewer is left on this way, by the number of the end that speaks on it."""
        self.stained = 1
        if self.left[way] > 0:
            self.left[way] -= 1


def older(standing: int, oldest: int) -> int:
    """Return the code of the other side's offer once its maker has made another: one age older, standing or not."""
    past = PAST if standing > PAST else 0
    return min(standing - past + 1, oldest + 1) + past
