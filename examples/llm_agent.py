"""A language model at the table: late, wordy, wrong, greedy, and in the end sensible.

Mia buys, and decides by asking a model: `decide` sends `view.as_prompt()`, which says all that she may know, and gives
the reply to `view.parse`, which finds the JSON object in it. What goes wrong on the way is her fault, never the other
side's trouble, and each kind has a remedy that a policy names (`NegotiationConfig.on_fault`; these are the defaults):

- late: no answer within turn_timeout: the call is cancelled, and the turn passes (skip)
- invalid: no JSON, or an offer that is worse than her own limit: she is asked once more in the same turn, and told
  why (repair); if that is no better, the turn passes

The model here is a script with seeded thinking times, so nothing leaves this machine; `view.sleep` waits on the
society's clock, which is virtual: minutes pass at once, and the same seed gives the same trace, byte for byte. A real
model takes the place of `Script.chat`; then `clock="real"` is right, and waiting for it is an ordinary `await`.
"""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from negotiate_rt import (
    Buyer,
    Message,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationOutcome,
    Record,
    Seller,
    Trace,
    View,
)

CONFIG = NegotiationConfig("bilateral", max_rounds=8, timeout=600, turn_timeout=30)
NUMBER = r"(-?\d+(?:\.\d+)?)"
GOOD_ENOUGH = 10.0  # surplus at which the script stops haggling
REPLIES = (  # seconds beyond the usual thinking time, and what it says
    (60.0, '{"move": "propose", "value": 40}'),  # too late for anybody to hear
    (0.0, 'Sure, happy to help!\n```json\n{"move": "propose", "value": 45}\n```\nShall I explain?'),
    (0.0, "I would go up to fifty, but not a cent more."),
    (0.0, '{"move": "propose", "value": 50}'),  # the same turn, after it was told why
    (0.0, '{"move": "propose", "value": 95}'),  # more than Mia may pay
    (0.0, '{"move": "propose", "value": 94, "reason": "a compromise"}'),  # and once more, so that the turn passes
)


class Script:
    """Stands in for a model: what it says first is written down, then it reads the prompt."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.prompts: list[str] = []
        self.replies: Iterator[tuple[float, str]] = iter(REPLIES)

    async def chat(self, prompt: str, view: View) -> str:
        """Return a reply after a while."""
        self.prompts.append(prompt)
        extra, reply = next(self.replies, (0.0, ""))
        await view.sleep(self.random.uniform(2, 8) + extra)
        return reply or self.sensible(prompt)

    def sensible(self, prompt: str) -> str:
        """Accept what is worth enough, otherwise go a third of the way."""
        worth = re.search(rf"standing offer is worth {NUMBER}", prompt)
        standing = re.search(rf"standing offer: {NUMBER}", prompt)
        own = re.search(rf"own last offer: {NUMBER}", prompt)
        if worth and float(worth[1]) >= GOOD_ENOUGH:
            return '{"move": "accept"}'
        if not (standing and own):
            return '{"move": "walk", "reason": "I do not know where we stand"}'
        mine = float(own[1])
        return f'{{"move": "propose", "value": {mine + (float(standing[1]) - mine) / 3:.2f}}}'


class Model(Buyer):
    """A buyer whose decisions are a model's."""

    def __init__(self, name: str, limit: float, script: Script) -> None:
        super().__init__(name, limit)
        self.script = script

    async def decide(self, view: View) -> Message:
        """Ask the model; `parse` raises InvalidDecision for a reply that fits no legal move."""
        return view.parse(await self.script.chat(view.as_prompt(), view))


class Talk(NamedTuple):
    """One negotiation: how it ended, what was said when, and what the model was asked."""

    outcome: NegotiationOutcome
    trace: Trace
    prompts: list[str]


async def negotiate(seed: int) -> Talk:
    """Let the model haggle with a plain seller."""
    script, trace = Script(seed), Trace()
    executor = NegotiationExecutor(clock="virtual", seed=seed, journal=trace, name="llm")
    outcome = await executor.execute([Model("Mia", 90, script), Seller("Sam", limit=60, opening=120)], CONFIG)
    return Talk(outcome, trace, script.prompts)


def told(record: Record) -> str:
    """Return one line about what happened, or nothing if it is no news."""
    what = ""
    if record.kind == "said":
        price = f" {record.content['value']:.2f}" if record.act == "propose" else ""
        what = f"{record.sender}: {record.act}{price}"
    elif record.kind == "skipped":
        what = f"{record.sender}'s turn passes"
    return f"{record.at:7.1f} s  {what}" if what else ""


def quote(lines: Sequence[str]) -> None:
    """Print lines of a prompt, the long ones wrapped."""
    for line in lines:
        print(textwrap.fill(line, 112, initial_indent="  | ", subsequent_indent="  |   "))


def main(seed: int = 3) -> Talk:
    """Print the first prompt, what happened, and whose fault what was; return all of it."""
    talk = asyncio.run(negotiate(seed))
    outcome = talk.outcome
    print(f"The first of {len(talk.prompts)} prompts:\n")
    quote(talk.prompts[0].splitlines())
    repairs = [line for prompt in talk.prompts for line in prompt.splitlines() if line.startswith("Your last reply")]
    print("\nWhat the two repairs add to it:\n")
    quote(repairs)
    print("\nWhat was said, on the society's clock:\n")
    print("\n".join(line for line in map(told, talk.trace.records) if line))
    print("\nFaults:\n")
    print("\n".join(f"{fault.when:7.1f} s  {fault.who}, {fault.what}: {fault.cause}" for fault in outcome.faults))
    price = outcome.accepted_offer.value if outcome.accepted_offer else float("nan")
    print(f"\n{outcome.final_state} at {price:.2f} in round {outcome.rounds_used}: Mia gains", end=" ")
    print(f"{outcome.utilities['Mia']:.2f}, Sam {outcome.utilities['Sam']:.2f}")
    return talk


if __name__ == "__main__":
    main()
