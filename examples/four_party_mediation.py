"""A four-party dispute: who would not agree by bargaining with one another accept what a mediator finds.

A city, farmers, anglers and a power company quarrel about a dam: how high it is, how much water farms may take, the fish
ladder, how much of the cost the company pays (a number from 0 to 100), and who speaks for the river council. Low water for the
farms is ruled out where the dam is high. Each knows what it wants; only the mediator is told, as much as each chooses:

1. Everybody discloses its preferences in full. The mediator computes the Nash product's optimum, and proposes it.
2. The power company keeps its preferences to itself and only votes on proposals: the mediator goes on from the others' optimum,
   change by change, until the company accepts as well.
3. Nobody tells more than votes: a single negotiation text, annealed.
4. The mediator is told nothing: three of four must accept (a quorum), and without that, one of the parties' final offers is
   taken as it stands.

Then the same four bargain with one another directly, by stacked alternating offers, and the report sets messages and welfare
side by side. At the end the trace of the first mediation is searched: what one party disclosed stands in no message to another.
"""

from __future__ import annotations

from typing import NamedTuple

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    ContinuousIssue,
    ImpliedConstraint,
    Issue,
    LinearEvaluation,
    MediationOptions,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOutcome,
    Negotiator,
    OrdinalIssue,
    OutcomeSpace,
    Trace,
    TriangularEvaluation,
    mediated_optimum,
)

SPACE = OutcomeSpace(
    [
        OrdinalIssue("height", ("none", "low", "medium", "high")),
        OrdinalIssue("farm water", (10, 20, 30, 40)),
        Issue("fish ladder", ("none", "simple", "full")),
        Issue("council", ("city", "farmers", "anglers", "company")),
        ContinuousIssue("company pays", 0.0, 100.0),
    ],
    [ImpliedConstraint({"height": "high"}, {"farm water": (20, 30, 40)})],
)
SPEAKERS = ("city", "farmers", "anglers", "company")


def wants(
    weights: tuple[float, ...], height: tuple[float, ...], water: tuple[float, ...], ladder: tuple[float, ...], pays: object
) -> AdditiveUtility:
    """Return a party's utility: weights of the five issues, and what their values are worth; the council it wants for itself."""
    speaker = SPEAKERS[len(UTILITIES)]
    values = {
        "height": dict(zip(SPACE.issues[0].values, height, strict=True)),
        "farm water": dict(zip(SPACE.issues[1].values, water, strict=True)),
        "fish ladder": dict(zip(SPACE.issues[2].values, ladder, strict=True)),
        "council": {one: float(one == speaker) for one in SPEAKERS},
        "company pays": pays,
    }
    return AdditiveUtility(dict(zip(SPACE.names, weights, strict=True)), values, SPACE)  # type: ignore[arg-type]  # pays


UTILITIES: dict[str, AdditiveUtility] = {}
RISING, FALLING = LinearEvaluation(0.01), LinearEvaluation(-0.01, 1.0)
HALF = TriangularEvaluation(0.0, 60.0, 100.0)  # anglers want the company to pay, and to remain able to
UTILITIES["city"] = wants((3.14159, 1, 0.5, 1, 2.5), (0, 0.5, 1, 0.8), (1, 0.8, 0.4, 0), (0.6, 1, 0.8), RISING)
UTILITIES["farmers"] = wants((1, 4.66920, 0.5, 1, 1), (0.1, 0.6, 1, 0.9), (0, 0.4, 0.8, 1), (1, 0.7, 0.3), RISING)
UTILITIES["anglers"] = wants((2.5, 1, 2.71828, 0.5, 1), (1, 0.8, 0.4, 0), (1, 0.9, 0.5, 0.2), (0, 0.6, 1), HALF)
UTILITIES["company"] = wants((4.12311, 0.5, 1, 0.5, 3), (0, 0.4, 0.8, 1), (1, 0.7, 0.4, 0.2), (1, 0.8, 0.5), FALLING)
CANARIES = ("3.14159", "4.6692", "2.71828", "4.12311")  # what each party's dearest wish is worth to it: known to nobody else
WITHOUT = {"city": 2.5, "farmers": 2.5, "anglers": 2.5, "company": 5.5}
PROBLEM = BargainingProblem(SPACE, UTILITIES, WITHOUT)


class Line(NamedTuple):
    """One way to settle: how it ended, and at what cost."""

    title: str
    outcome: NegotiationOutcome

    @property
    def welfare(self) -> float:
        """The sum of the parties' utilities."""
        return sum(self.outcome.utilities.values())


def parties(**disclosing: str) -> list[Negotiator]:
    """Return the four, each telling the mediator as much as is said here, in full by default."""
    found = [Negotiator(name) for name in UTILITIES]
    for one in found:
        one.disclosure = disclosing.get(one.name, "full")
    return found


def mediate(title: str, agents: list[Negotiator], journal: Trace | None = None, **options: object) -> Line:
    """Return how a mediation among the four ends."""
    executor = NegotiationExecutor(clock="virtual", seed=3, journal=journal)
    config = NegotiationConfig("mediation", max_rounds=400, options=MediationOptions(**options))  # type: ignore[arg-type]
    return Line(title, executor.run(agents, config, PROBLEM))


def bargain(title: str) -> Line:
    """Return how direct bargaining among the four ends, the share of the costs in steps of ten."""
    coarse = SPACE.discretize(11)
    problem = BargainingProblem(coarse, UTILITIES, WITHOUT)
    executor = NegotiationExecutor(clock="virtual", seed=3)
    config = NegotiationConfig("stacked-alternating-offers", max_rounds=400)
    return Line(title, executor.run([Negotiator(name) for name in UTILITIES], config, problem))


def singing(trace: Trace, to_mediator: bool) -> list[str]:
    """Return the messages to the mediator, or to anybody else, in which a canary sings."""
    said = [one for one in trace.records if one.kind == "said" and (one.receiver == "mediator") == to_mediator]
    return [f"{one.sender} to {one.receiver}" for one in said if any(canary in str(one.content) for canary in CANARIES)]


def main() -> list[Line]:
    """Settle the dispute in each way, and print the report."""
    trace = Trace()
    votes = dict.fromkeys(UTILITIES, "votes")
    lines = [
        mediate("everything disclosed, Nash", parties(), trace),
        mediate("the company keeps to itself", parties(company="votes")),
        mediate("votes only, annealed", parties(**votes), method="annealing"),
        mediate(
            "quorum of three, or a final offer", parties(**votes), method="ranking", acceptance="quorum", quorum=3,
            arbitration="final-offer",
        ),
        bargain("direct bargaining"),
    ]  # fmt: skip
    best = mediated_optimum(SPACE, list(UTILITIES.values()), list(WITHOUT.values()), "utilitarian")
    assert best is not None
    print(f"{'':34}{'ended':>9}{'rounds':>8}{'messages':>10}{'welfare':>9}{'of best':>9}{'worst gain':>12}")
    for line in lines:
        found = line.outcome
        gain = min(found.utilities[name] - WITHOUT[name] for name in WITHOUT)
        print(
            f"{line.title:34}{found.final_state:>9}{found.rounds_used:>8}{found.messages:>10}{line.welfare:>9.2f}"
            f"{line.welfare / best.value:>9.1%}{gain:>12.2f}"
        )
    deal = lines[0].outcome.accepted_offer
    assert deal is not None
    told = (f"{name} {round(value) if isinstance(value, float) else value}" for name, value in SPACE.describe(deal.value).items())
    print("the mediator's proposal:", ", ".join(told))
    print(f"canaries: in {len(singing(trace, True))} messages to the mediator, in {len(singing(trace, False))} to anybody else")
    return lines


if __name__ == "__main__":
    main()
