"""One call that says whether a protocol is sound."""

from __future__ import annotations

from typing import Protocol

from negotiate_rt.machine import Table
from negotiate_rt.machine.check import problems_of
from negotiate_rt.machine.joint import JointTable
from negotiate_rt.protocols import NegotiationProtocol


class HasTables(Protocol):
    """A protocol, as far as its rules go."""

    @property
    def table(self) -> Table:
        """The rows of its dialogues."""

    @property
    def joint_table(self) -> JointTable | None:
        """The second table, of one-to-many protocols."""


def check_protocol(protocol: HasTables | type[HasTables] | Table, joint: JointTable | None = None) -> None:
    """Raise AssertionError that lists what is wrong with a protocol, or with a table and its joint table.

    Checked are unreachable states, dead ends, states without a deadline, joint tables that do not fit, and messages
    that can arrive where no row receives them, each with a shortest way there; of a protocol also its name, seats and
    roles. Raises ProtocolDefinitionError where a table cannot even be compiled. Cost: tens of milliseconds.
    """
    channels: tuple[Table, ...] = ()
    if isinstance(protocol, Table):
        table, problems = protocol, []
    else:
        whole = protocol() if isinstance(protocol, type) else protocol
        table, joint = whole.table, whole.joint_table
        problems = whole.misfits() if isinstance(whole, NegotiationProtocol) else []
        channels = whole.channels() if isinstance(whole, NegotiationProtocol) else ()
    problems += problems_of(table, joint)
    problems += [problem for channel in channels for problem in problems_of(channel)]
    if problems:
        lines = "\n".join(f"  - {one}" for one in problems)
        raise AssertionError(f"protocol {table.protocol!r} is not sound:\n{lines}")
