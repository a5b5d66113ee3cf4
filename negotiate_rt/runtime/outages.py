"""What happens to a network at given times, as data: partitions and holds, once or again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.runtime.latency import check_range

if TYPE_CHECKING:
    from negotiate_rt.runtime.kernel import Kernel
    from negotiate_rt.runtime.network import Network

Group: TypeAlias = str | tuple[str, ...]


class Timing(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """From `at` seconds of the society's clock on, for `lasting` seconds (None: for good); with `every`, `times` times.

    Raises ConfigurationError for impossible times.
    """

    at: float = 0.0
    lasting: float | None = None
    every: float | None = None
    times: int = 20  # a bound: what recurs for ever would keep a world on the virtual clock from ever standing still

    def __post_init__(self) -> None:
        kind = str(self.__struct_config__.tag)
        check_range(f"{kind}: at", self.at)
        check_range(f"{kind}: times", self.times, at_least=1.0, at_most=1e6)
        if self.lasting is not None:
            check_range(f"{kind}: lasting", self.lasting)
        if self.every is not None:
            check_range(f"{kind}: every", self.every, at_least=1e-6)
            if self.lasting is None or self.lasting > self.every:
                raise ConfigurationError(
                    f"{kind}: lasting: expected at most every ({self.every:g} s), got {self.lasting}: one would begin before "
                    "the last had ended"
                )


class Partition(Timing, frozen=True, kw_only=True, tag="partition", forbid_unknown_fields=True):
    """Nothing passes between two groups of agents (`other` None: between `one` and everybody else; `one` "*": anybody).

    With `one_way` only what goes from `one` to `other` is blocked.
    """

    one: Group
    other: Group | None = None
    one_way: bool = False

    def begin(self, network: Network) -> object:
        """Cut the network; return what `end` needs."""
        return network.partition(self.one, self.other, one_way=self.one_way)

    def end(self, network: Network, begun: object) -> None:
        """Repair the cut."""
        network.repair(begun)  # type: ignore[arg-type]  # the Cut that `begin` returned


class Hold(Timing, frozen=True, kw_only=True, tag="hold", forbid_unknown_fields=True):
    """What two agents say to each other (with `one_way`: what `one` says to `other`) is kept, and sent when it is over."""

    one: str
    other: str
    one_way: bool = False

    def begin(self, network: Network) -> object:
        """Hold messages back."""
        network.hold(self.one, self.other, one_way=self.one_way)
        return None

    def end(self, network: Network, begun: object) -> None:
        """Send what was kept."""
        network.release(self.one, self.other, one_way=self.one_way)


Outage: TypeAlias = Partition | Hold


def schedule(outage: Outage, network: Network, kernel: Kernel) -> None:
    """Let an outage happen at its times."""

    def begin(left: int) -> None:
        begun = outage.begin(network)
        if outage.lasting is not None:
            kernel.call_at(kernel.now + outage.lasting, lambda: outage.end(network, begun))
        if outage.every is not None and left > 1:
            kernel.call_at(kernel.now + outage.every, lambda: begin(left - 1))

    kernel.call_at(kernel.now + outage.at, lambda: begin(outage.times))
