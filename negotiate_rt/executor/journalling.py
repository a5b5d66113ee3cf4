"""A world and its journal: opened with the first negotiation, fed between slices, closed at the end; and what happens when
it cannot be written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from sqlite3 import sqlite_version
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from negotiate_rt import __version__
from negotiate_rt.errors import JournalError
from negotiate_rt.executor.settings import logger
from negotiate_rt.journal.journal import Journal
from negotiate_rt.journal.recovery import Recovery, concluded, facts_of
from negotiate_rt.messages.outcome import FAILED, NegotiationOutcome

if TYPE_CHECKING:
    from negotiate_rt.executor.negotiation import Negotiation
    from negotiate_rt.executor.world import World
    from negotiate_rt.journal.session import JournalStatistics, Session

Announce = Callable[[NegotiationOutcome], None]


class Journalling:
    """Keeps one world's journal; the host's Keeper. `session` is None from when the journal has failed and been given up."""

    def __init__(self, world: World, journal: Journal) -> None:
        self.world = world
        self.journal = journal
        self.session: Session | None = None
        self.error: JournalError | None = None
        self.used: dict[str, int] = {}

    # -- opening ----------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Take hold of the file, go on with its ids, and end what an earlier society left open.

        Raises JournalError, unless the journal says to go on without itself.
        """
        world, settings = self.world, self.world.settings
        try:
            self.session, found = self.journal.open(world.kernel.virtual)
        except JournalError as error:
            if self.journal.on_error == "stop":
                raise
            self._go_on_without(error)
            return
        self.session.on_failure = self._failed
        self.session.writer.on_word = world.host.ring
        self.used = dict(found.used)
        settings.go_on_from(found.used.get(settings.name, 0))
        self.session.open(self._facts())
        self._conclude(found)
        world.host.keeper = self
        world.kernel.tick()  # opening has taken time

    def _facts(self) -> dict[str, Any]:
        """Return what the journal says of this society."""
        settings = self.world.settings
        facts: dict[str, Any] = {
            "society": settings.name, "clock": settings.clock, "seed": settings.seed, "negotiate_rt": __version__,
            "sqlite": sqlite_version, "durable": self.journal.durable,
        }  # fmt: skip
        if not self.world.kernel.virtual:  # which knows no date, and gives the same bytes on any day
            facts["began"] = datetime.now(UTC).isoformat(timespec="milliseconds")
        if self.journal.notes:
            facts["notes"] = self.journal.notes
        return facts

    def _conclude(self, found: Recovery) -> None:
        """End each negotiation that was cut off, once, and tell the listeners."""
        assert self.session is not None
        for talk, rows in found.open.items():
            outcome = concluded(talk, rows, self.world.settings.protocols)
            self.session.ended(0.0, outcome, {"resumed": True})
            self.world.settings.resumed.append(outcome)
            self._when_recorded(partial(self._announce, outcome, self.world.listeners.completed))
        if found.open:
            logger().warning("journal_resumed", journal=str(self.journal.path), ended=len(found.open))
            self.session.flush()
            self.session.release()
            if self.error is not None:
                raise self.error

    # -- negotiations -----------------------------------------------------------------------------------------------------

    def begin(self, negotiation: Negotiation, seats: list[Any], terms: Any) -> None:
        """Take down a negotiation from its start."""
        if self.session is None:
            return
        kernel, protocol = self.world.kernel, negotiation.protocol
        page = self.session.page(negotiation.id, protocol.contents, kernel)
        facts = facts_of(protocol, seats, terms, negotiation.problem)
        if self.world.inside:
            facts["within"] = self.world.inside
        page.start(kernel.now, facts)
        negotiation.keep(page)

    def record(self, outcome: NegotiationOutcome, announce: Announce) -> bool:
        """Take down an outcome; True if it will be announced once that is safe, False if that is for the caller to do."""
        session = self.session
        if session is None:
            return False
        session.ended(self.world.kernel.now, outcome)
        if not self.journal.durable:
            return False
        self._when_recorded(partial(self._announce, outcome, announce))
        return True

    def _when_recorded(self, action: Callable[[bool], Any]) -> None:
        """Do something once all that has been taken down is safe; virtual time stands still meanwhile."""
        assert self.session is not None
        if self.world.kernel.virtual:
            self.world.kernel.unreleased += 1
        self.session.when_safe(action)

    def _announce(self, outcome: NegotiationOutcome, announce: Announce, safe: bool) -> None:
        if not safe and self.journal.on_error == "stop":
            reason = "cancelled: the journal failed before this outcome was safe; what the journal holds counts"
            outcome = replace(
                outcome, agreed=False, accepted_offer=None, final_state=FAILED, failure_reason=reason, result=None
            )
        announce(outcome)

    def lost(self, item: Any, reason: str) -> None:
        """Take down a message that nobody will read."""
        if self.session is not None:
            self.session.lost(self.world.kernel.now, item, reason)

    # -- the host's keeper ------------------------------------------------------------------------------------------------

    def tick(self, idle: bool) -> None:
        """A slice is over (real clock)."""
        if self.session is not None:
            self.session.tick(idle)

    def look(self) -> None:
        """A slice is over (virtual clock)."""
        if self.session is not None:
            self.session.look()

    async def settle(self) -> None:
        """Nothing can run at this instant (virtual clock)."""
        if self.session is not None:
            await self.session.settle()

    def rest(self) -> float | None:
        """Return how long the host may sleep."""
        return self.session.rest() if self.session is not None else None

    @property
    def crowded(self) -> bool:
        """Whether the writer has fallen behind."""
        return self.session is not None and self.session.writer.crowded

    async def room(self) -> None:
        """Wait until it has caught up."""
        if self.session is not None:
            await self.session.room()

    def statistics(self) -> JournalStatistics | None:
        """Return a snapshot; None if the file could not even be opened."""
        return self.session.statistics() if self.session is not None else None

    # -- failing and closing ----------------------------------------------------------------------------------------------

    def _failed(self, error: JournalError) -> None:
        """The journal cannot be written any more: stop the society, or go on without, as its owner has said."""
        if self.journal.on_error == "continue":
            self._go_on_without(error)
            return
        self.error = error
        logger().error("journal_failed", journal=str(self.journal.path), error=str(error), then="the society stops")
        for negotiation in list(self.world.open.values()):
            negotiation.fail(FAILED, f"cancelled: {error}")
        self.world.stop()

    def _go_on_without(self, error: JournalError) -> None:
        logger().error(
            "journal_failed", journal=str(self.journal.path), error=str(error), then="nothing more is recorded"
        )

    async def close(self) -> None:
        """Write the rest, let go what waited for that, close the file."""
        if self.session is not None:
            await self.session.close(self.world.kernel.now, self._last_facts())

    def abandon(self) -> None:
        """Close the file from where nothing can be awaited."""
        if self.session is not None:
            self.session.abandon()

    def _last_facts(self) -> dict[str, Any]:
        name = self.world.settings.name
        return {"used": {**self.used, name: max(self.used.get(name, 0), self.world.settings.last_id)}}


def journal_of(world: World) -> Journalling | None:
    """Return what keeps a world's journal, None if it has none (or a plain callable, which is told of records)."""
    journal = world.settings.journal
    return Journalling(world, journal) if isinstance(journal, Journal) else None


__all__ = ["Journalling", "journal_of"]
