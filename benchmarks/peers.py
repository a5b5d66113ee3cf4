"""Rounds per CPU-second beside NegMAS's stacked alternating offers: same domain, same strategies, interleaved.

A round is two offers in both. The domain has 3 issues of 10 values (1,000 outcomes), two additive utilities, opposed; both
sides concede by the Boulware curve. NegMAS runs in a process of its own, by the interpreter given with --peer (an environment
where `pip install negmas` was run); it is never imported here.
Run: python benchmarks/peers.py --peer PATH/TO/python [--quick]
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys

from harness import SEED, cpu, header, interleaved, quick, ratio, report

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    TimeDependentConcession,
)

NEGOTIATIONS = 20 if quick() else 60
ROUNDS = 100
PEER = """
import json, random, sys, time
from negmas import SAOMechanism, BoulwareTBNegotiator, make_issue
from negmas.preferences import LinearAdditiveUtilityFunction as U
from negmas.preferences.value_fun import TableFun
import negmas
values, weights, n, rounds = json.loads(sys.argv[1])
issues = [make_issue([f"v{i}" for i in range(10)], name=f"i{k}") for k in range(3)]
def utility(flip):
    table = {f"i{k}": TableFun({f"v{i}": (1 - x if flip else x) for i, x in enumerate(values[k])}) for k in range(3)}
    return U(values=table, weights={f"i{k}": w for k, w in enumerate(weights)}, issues=issues, reserved_value=0.0)
used = 0
def once():
    mechanism = SAOMechanism(issues=issues, n_steps=rounds)
    mechanism.add(BoulwareTBNegotiator(), ufun=utility(False))
    mechanism.add(BoulwareTBNegotiator(), ufun=utility(True))
    return mechanism.run().step
once()
start = time.process_time()
used = sum(once() for _ in range(n))
print(json.dumps([(time.process_time() - start) / used, used, negmas.__version__]))
"""


def domain() -> tuple[list[list[float]], list[float]]:
    """Return each issue's values (0 to 1) and the weights (sum 1) of the first party; the second's are opposed."""
    rng = random.Random(SEED)
    values = [[rng.random() for _ in range(10)] for _ in range(3)]
    weights = [rng.random() for _ in range(3)]
    return values, [one / sum(weights) for one in weights]


def ours() -> int:
    """Run our negotiations; return rounds."""
    values, weights = domain()
    problem = BargainingProblem([Issue(f"i{k}", [f"v{i}" for i in range(10)]) for k in range(3)])
    weight_of = {f"i{k}": one for k, one in enumerate(weights)}
    tables = [
        {f"i{k}": {f"v{i}": (1 - x if flip else x) for i, x in enumerate(values[k])} for k in range(3)}
        for flip in (False, True)
    ]
    utilities = [AdditiveUtility(weight_of, table, problem.space) for table in tables]

    async def main() -> int:
        executor = NegotiationExecutor()
        config = NegotiationConfig("bilateral", max_rounds=ROUNDS, concession_strategy=TimeDependentConcession(0.2))
        jobs = (
            ([Negotiator("a", utilities[0]), Negotiator("b", utilities[1])], config, problem)
            for _ in range(NEGOTIATIONS * 20)
        )
        return sum([outcome.rounds_used async for outcome in executor.stream(jobs, limit=100)])

    return asyncio.run(main())


def peer(interpreter: str) -> float:
    """Return NegMAS's CPU seconds per round."""
    arguments = json.dumps([*domain(), NEGOTIATIONS, ROUNDS])
    ran = subprocess.run([interpreter, "-c", PEER, arguments], capture_output=True, text=True, check=True)
    seconds, rounds, version = json.loads(ran.stdout.splitlines()[-1])
    if not SHOWN:
        print(f"  NegMAS {version}: {rounds / NEGOTIATIONS:.1f} rounds a negotiation")
        SHOWN.append(version)
    return float(seconds)


SHOWN: list[str] = []


def main() -> None:
    """Measure and print."""
    if "--peer" not in sys.argv:
        sys.exit("give the interpreter of an environment with NegMAS: --peer PATH/TO/python")
    interpreter = sys.argv[sys.argv.index("--peer") + 1]
    header("alternating offers beside NegMAS", outcomes=1000, max_rounds=ROUNDS, negotiations=NEGOTIATIONS)
    figures = interleaved(
        {"NegMAS SAO, Boulware": lambda: peer(interpreter), "negotiate_rt bilateral, Boulware": lambda: cpu(ours)},
        repeats=3 if quick() else 5,
    )
    report(figures, "µs CPU a round")
    ratio(figures, "NegMAS SAO, Boulware", "negotiate_rt bilateral, Boulware", ">= 30")


if __name__ == "__main__":
    main()
