"""A joint venture: four firms could build a wind farm; who builds it with whom, who gets what, and does it last?

A developer has the site, a maker the turbines, a grid operator the connection, a fund cheap money. Site and turbines are
worth most together, the others add to them. Each firm is an actor; the talk is the same each time, their ways differ:

- haggling: propose what gains most at once, the gain shared evenly, and take whatever is better than what one has;
- each its Shapley value: nobody goes below what it adds on average. But that leaves the developer, the maker and the grid less
  than they are worth together, so whoever proposes first can pay both others their value without the fund, and keep more;
- each its nucleolus: demands that no group can do better without. All four agree at the first proposal;
- signed for good: haggling, but what is signed is final, so that the first good offer shuts out the fund, and nobody may repent;
- the fund falls silent: haggling, and the fund crashes when it is first asked. Three build the farm without it.

Beside each result stands what theory says of it: whether some group would gain by going its own way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from negotiate_rt import (
    Agent,
    CoalitionGame,
    CoalitionOptions,
    MyopicBestResponse,
    NegotiationConfig,
    NegotiationExecutor,
    Partner,
    ValueDemand,
    is_in_bargaining_set,
    nucleolus,
    shapley,
)

FIRMS = ("developer", "turbines", "grid", "fund")
WORTH = {  # yields in million euro a year, by the firms' initials
    "d": 4, "t": 6, "g": 5, "f": 8, "dt": 40, "dg": 15, "df": 20, "tg": 14, "tf": 24, "gf": 18,
    "dtg": 72, "dtf": 70, "dgf": 36, "tgf": 40, "dtgf": 84,
}  # fmt: skip
NAMES = {firm[0]: firm for firm in FIRMS}
GAME = CoalitionGame(FIRMS, {tuple(NAMES[one] for one in firms): worth for firms, worth in WORTH.items()})

Way = Callable[[str], Agent]


class Fragile(Partner):
    """A firm whose agent crashes when it is first asked to join anything."""

    def decide(self, view: Any) -> Any:
        """Decide as any other, until asked."""
        if view.call.proposal is not None:
            raise ConnectionError("the fund's server is down")
        return super().decide(view)


def haggling(name: str) -> Agent:
    """Return a firm that takes what is better than what it has."""
    return Partner(name, MyopicBestResponse())


def fragile_fund(name: str) -> Agent:
    """Return a firm that haggles; the fund's crashes."""
    return Fragile(name) if name == "fund" else haggling(name)


WAYS: dict[str, tuple[Way, bool]] = {  # how the firms decide, and whether they may leave again
    "haggling": (haggling, True),
    "each its Shapley value": (lambda name: Partner(name, ValueDemand(concept="shapley")), True),
    "each its nucleolus": (lambda name: Partner(name, ValueDemand(concept="nucleolus")), True),
    "signed for good": (haggling, False),
    "the fund falls silent": (fragile_fund, True),
}


def play(way: Way, leaving: bool) -> Any:  # a NegotiationOutcome
    """Let the firms talk, and return the outcome."""
    config = NegotiationConfig("coalition-formation", max_rounds=30, options=CoalitionOptions(leaving=leaving))
    return NegotiationExecutor(clock="virtual", seed=7).run([way(name) for name in FIRMS], config, GAME)


def row(name: str, payoffs: Any, note: str = "") -> str:
    """Return a line of the table."""
    return (f"{name:<24}" + "".join(f"{float(payoffs[firm]):>11.2f}" for firm in FIRMS) + f"   {note}").rstrip()


def together(structure: Any) -> str:
    """Return who works with whom, in words."""
    return " | ".join(" + ".join(firm for firm in FIRMS if firm in block) for block in structure)


def main() -> dict[str, Any]:
    """Play every way, print it beside theory, and return the outcomes by way."""
    print(f"{'million euro a year':<24}" + "".join(f"{firm:>11}" for firm in FIRMS))
    values = {"alone": {firm: GAME.worth(firm) for firm in FIRMS}, "Shapley value": shapley(GAME), "nucleolus": nucleolus(GAME)}
    for name, payoffs in values.items():
        print(row(name, payoffs))
    print()
    outcomes = {name: play(*way) for name, way in WAYS.items()}
    for name, outcome in outcomes.items():
        result = outcome.result
        print(row(name, result.payoffs, f"worth {result.worth:g} of {result.theory.best:g}"))
        many = len(outcome.all_offers)
        print(f"    {together(result.structure)}; {many} proposal{'s' * (many > 1)}, {outcome.messages} messages")
        print(f"    {result.theory.reason}")
    print(f"\nWhy the Shapley value does not last: {is_in_bargaining_set(GAME, shapley(GAME)).reason}.")
    return outcomes


if __name__ == "__main__":
    main()
