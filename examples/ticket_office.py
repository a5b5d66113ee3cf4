"""A tutorial: an asynchronous agent that hangs and oversells, the campaign that shows it, and three lines that mend it.

A ticket office has three tickets and haggles with eight buyers at once. Before each answer it asks a price service, which
takes 50 ms, and once in forty requests never answers at all. Alone with one buyer it does well. In thirty seeded worlds each,
over a perfect, a mobile and a flaky network, it turns out to (1) sell more tickets than it has: it looks at its stock, waits
for the price, and sells what may be gone by then; (2) hang, and its buyers with it, until the negotiation times out, where
the price service is silent or the network loses a message.

The three lines: a turn has an end (`turn_timeout`); what is lost is sent again (`acknowledged`); and the stock is looked at
after the wait, not before. Nothing else changes, and the table turns green.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from negotiate_rt import Accept, Buyer, NegotiationConfig, NegotiationOutcome, Propose, Seller, View, Walk
from negotiate_rt.lab.stress import StressReport, stress_agents

TICKETS, BUYERS, LEAST = 3, 8, 50.0
SILENT = 1 / 40  # of the price service's answers never come
Decision = Propose | Accept | Walk


class TicketOffice(Seller):
    """Sells tickets to several buyers at once. An offer may be accepted as soon as it is made, so that a ticket is set aside for
    each buyer who gets one; `promised` says for whom."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__("office", limit=LEAST)
        self.promised: set[str] = set()
        self.chance = chance

    async def price(self, view: View) -> float:
        """Ask the price service what a ticket costs now: it falls from 90 as rounds go by."""
        await view.sleep(1e6 if self.chance.random() < SILENT else 0.05)
        return max(LEAST, 90.0 - 8.0 * view.round)

    def sold_out(self, view: View) -> bool:
        """Whether there is no ticket for this buyer."""
        return view.negotiation not in self.promised and len(self.promised) >= TICKETS

    def answer(self, view: View, price: float) -> Decision:
        """Take what reaches the price, or name it; the buyer has a ticket from then on."""
        self.promised.add(view.negotiation)
        if view.standing_offer is not None and view.standing_offer.value >= price:
            return Accept()
        return Propose(price)


class NaiveOffice(TicketOffice):
    """Looks at its stock, then waits."""

    async def decide(self, view: View) -> Decision:
        """Answer a buyer."""
        if self.sold_out(view):
            return Walk("sold out")
        return self.answer(view, await self.price(view))


class SoundOffice(TicketOffice):
    """Waits, then looks at its stock."""

    async def decide(self, view: View) -> Decision:
        """Answer a buyer."""
        price = await self.price(view)
        if self.sold_out(view):  # line 1: after the wait; nothing waits between this and the promise
            return Walk("sold out")
        return self.answer(view, price)


NAIVE = NegotiationConfig("bilateral", max_rounds=10, timeout=30)
SOUND = NegotiationConfig(
    "bilateral", max_rounds=10, timeout=30,
    turn_timeout=0.5,  # line 2: a turn has an end; a late one passes
    acknowledged=True,  # line 3: what is lost is sent again
)  # fmt: skip


def world(
    office: type[TicketOffice], config: NegotiationConfig, chance: random.Random
) -> list[tuple[list[object], object]]:
    """Return the negotiations of one world: one office, and a buyer in each."""
    seller = office(chance)
    return [([Buyer(f"buyer-{n}", limit=chance.uniform(60, 110), opening=30.0), seller], config) for n in range(BUYERS)]


def oversold(outcomes: Sequence[NegotiationOutcome]) -> Iterator[str]:
    """No more tickets are sold than there are."""
    sold = sum(outcome.agreed for outcome in outcomes)
    if sold > TICKETS:
        yield f"{sold} tickets sold, of {TICKETS}"


def hung(outcomes: Sequence[NegotiationOutcome]) -> Iterator[str]:
    """No buyer waits until the negotiation times out."""
    waiting = sum(outcome.final_state == "TIMEOUT" for outcome in outcomes)
    if waiting:
        yield f"{waiting} of {len(outcomes)} negotiations ran into their timeout"


def campaign(office: type[TicketOffice], config: NegotiationConfig, worlds: int = 30) -> StressReport:
    """Run an office in many worlds on three networks."""
    return stress_agents(
        lambda chance: world(office, config, chance),
        networks={"perfect": None, "mobile": "mobile", "flaky": "flaky"},
        checks={"oversold": oversold, "hung": hung},
        worlds=worlds,
    )


def main(worlds: int = 30) -> tuple[StressReport, StressReport]:
    """Print both tables; return the reports."""
    from rich.console import Console

    from negotiate_rt.lab.stress.tables import stress_tables

    console = Console(highlight=False, width=120)
    reports = campaign(NaiveOffice, NAIVE, worlds), campaign(SoundOffice, SOUND, worlds)
    for title, report in zip(("The naive office", "The same office, three lines later"), reports, strict=True):
        console.print(f"[bold]{title}[/bold]")
        for part in stress_tables(report):
            console.print(part)
    return reports


if __name__ == "__main__":
    main()
