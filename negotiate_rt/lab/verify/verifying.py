"""Model checking: one call that proves what a protocol's tables promise, or shows a shortest way to where they fail.

First the channels are as bad as they can be: any message may be lost or overtaken, as often as you like. What holds there
holds for every number of faults. A counterexample that needs more faults on one way than asked for is no answer; then
faults are counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter  # how long it took is for the reader; nothing depends on it
from typing import NamedTuple

from msgspec.structs import replace

from negotiate_rt.lab.verify.dialogue import Dialogue
from negotiate_rt.lab.verify.glimpse import Glimpse
from negotiate_rt.lab.verify.report import (
    ABSTRACTED,
    ENDS,
    NOT_JUDGED,
    OPEN,
    PROPERTIES,
    PROVED,
    REACH,
    REFUTED,
    Bounds,
    Counterexample,
    Judgement,
    Verification,
)
from negotiate_rt.lab.verify.rules import Rulebook
from negotiate_rt.lab.verify.sequence import lanes_of, mermaid_diagram, text_diagram
from negotiate_rt.lab.verify.whole import EVERY, WINNERS, Found, Happening, Progress, System, Whole, Winners
from negotiate_rt.lab.verify.worlds import DEADLOCK, UNLIMITED, Limits
from negotiate_rt.machine.joint import JointTable
from negotiate_rt.machine.table import FINAL, Table
from negotiate_rt.protocols.base import NegotiationProtocol, limits

FAULTS = ("lost", "twice", "overtaking")
MOST = 20_000_000  # states of the whole where only one participant is followed closely


class Subject(NamedTuple):
    """What is verified: its tables, how many take part, and how many may win (declared: the protocol says so itself). channel:
    talk between participants, which the convener ends for them."""

    name: str
    table: Table
    joint: JointTable | None
    participants: int
    winners: int | None
    declared: bool = False
    channel: bool = False


class Search(NamedTuple):
    """One exploration: the whole, the dialogue that is followed closely, how many are."""

    whole: Whole
    dialogue: Dialogue
    closely: int


def verify_protocol(
    protocol: NegotiationProtocol | type[NegotiationProtocol] | Table, bounds: Bounds | None = None,
    joint: JointTable | None = None, progress: Progress | None = None,
) -> Verification:  # fmt: skip
    """Explore a protocol's tables within bounds, and say of each property whether it is proved, or how it fails.

    A bare table is taken as two-party, or under `joint`. `progress` hears how many states have come up. Raises
    ProtocolDefinitionError where tables cannot even be compiled. Cost: about 10 µs a state of one dialogue, 2 µs a step of
    the whole.
    """
    bounds = bounds or Bounds()
    whole = protocol() if isinstance(protocol, type) else protocol
    channels = () if isinstance(whole, Table) else whole.channels()
    in_order = replace(bounds, faults=0)  # numbered messages, taken in order: all that a channel can do to them is to delay
    return replace(
        _verified(subject_of(whole, bounds.participants, joint), bounds, progress),
        channels=tuple(_verified(subject_of(one, 1)._replace(channel=True), in_order, progress) for one in channels),
    )


def _verified(subject: Subject, bounds: Bounds, progress: Progress | None) -> Verification:
    began = perf_counter()
    search, any_faults = _searched(subject, bounds, progress)
    found = dict(search.whole.found)
    for wrong in (_endless(search, subject.channel), _unreached(search)):
        if wrong is not None:
            found.setdefault(wrong.bad[0], wrong)
    counterexamples = tuple(_counterexample(subject, search, found[name]) for name in PROPERTIES if name in found)
    whole, dialogue = search.whole, search.dialogue
    return Verification(
        protocol=subject.name, joint=subject.joint is not None, participants=subject.participants, closely=search.closely,
        bounds=bounds, any_faults=any_faults, states=len(whole.parents), steps=whole.steps,
        dialogue_states=len(dialogue.keys) - 1, seconds=round(perf_counter() - began, 3),
        judgements=tuple(_judgement(name, claim, subject, search, found) for name, claim in PROPERTIES.items()),
        counterexamples=counterexamples, outcomes=tuple(sorted(whole.outcomes)), late=tuple(_late(search)),
        abstracted=ABSTRACTED if bounds.deduplicate else ABSTRACTED[:-1],
        abstracted_rules=tuple(whole.book.abstracted),
    )  # fmt: skip


def subject_of(
    whole: NegotiationProtocol | Table, participants: int, joint: JointTable | None = None
) -> Subject:
    """Return what there is to verify of a protocol: as many participants as asked for, within what its seats allow."""
    if isinstance(whole, Table):
        name = f"{whole.protocol}: {whole.roles[0]} and {whole.roles[1]}" if joint is None else whole.protocol
        return Subject(name, whole, joint, participants if joint is not None else 1, NegotiationProtocol.winners)
    table, above = whole.table, whole.joint_table
    if above is None:
        return Subject(table.protocol, table, None, 1, None)
    role = next(one for one in table.roles if one != above.initiator)
    least, most = limits(whole.seats.get(role, (1, None)))
    number = int(min(max(participants, least, 1), most))
    declared = any("winners" in vars(kind) for kind in type(whole).__mro__ if kind is not NegotiationProtocol)
    return Subject(table.protocol, table, above, number, whole.winners, declared)


def _searched(subject: Subject, bounds: Bounds, progress: Progress | None) -> tuple[Search, bool]:
    """Explore with any number of faults; if that fails for more of them than asked for, with so many. Whether it was any."""
    if bounds.faults:
        search = _explored(subject, bounds, UNLIMITED, progress)
        if all(_most_on_one_way(one.way) <= bounds.faults for one in search.whole.found.values()):
            return search, True
    return _explored(subject, bounds, bounds.faults, progress), False


def _explored(subject: Subject, bounds: Bounds, faults: int, progress: Progress | None) -> Search:
    book = Rulebook(subject.table, subject.joint)
    dialogue = Dialogue(book, Limits(faults, bounds.in_flight, bounds.deduplicate))
    number = subject.participants
    closely = number if _fits(dialogue, number, bounds.limit, progress) else 1
    while True:
        sketch = Glimpse(book)
        systems: list[System] = [dialogue if place < closely else sketch for place in range(number)]
        whole = Whole(book, systems, Winners(subject.winners if subject.joint is not None else None, subject.declared))
        whole.explore(bounds.limit if closely > 1 else MOST, progress)
        if whole.complete or closely == 1:
            return Search(whole, dialogue, closely)
        closely = 1


def _fits(dialogue: Dialogue, number: int, limit: int, progress: Progress | None) -> bool:
    """Whether all dialogues together are likely to have no more states than the limit: in the built-in protocols a fifth of
    all combinations comes about. Explores one dialogue by itself to tell."""
    joint = dialogue.book.joint
    wholes = 1 if joint is None else len(joint.names())
    count = 0
    while count < len(dialogue.keys):
        if count % EVERY == 0 and progress is not None:
            progress(len(dialogue.keys))
        if number > 1 and wholes * math.comb(count + number - 1, number) > 5 * limit:
            return False
        dialogue.steps(count)
        count += 1
    return True


# -- what needs the whole graph ------------------------------------------------------------------------------------------------


def _endless(search: Search, channel: bool) -> Found | None:
    """Return the nearest state from which the whole can no longer end, or, where nothing was lost, not without a timeout (but
    a channel, which somebody else ends)."""
    whole, dialogue = search.whole, search.dialogue
    if not whole.joint.free:
        return _endless_joint(search)
    reached = sorted(whole.reached[0])
    by_talk = _can_end(dialogue, reached, ("talk",))
    by_all = _can_end(dialogue, reached, ("talk", "silence"))
    for code in whole.parents:  # nearest first
        number = whole.unpack(code)[1][0]
        wrong = None
        if number not in by_all:
            wrong = (ENDS, "from here no ending can be reached any more")
        elif not channel and not dialogue.stained[number] and number not in by_talk and DEADLOCK not in whole.found:
            wrong = (DEADLOCK, "nothing was lost, and from here the talk cannot end without a timeout")
        if wrong is not None:
            return Found(wrong, whole.way_to(code)[0])
    return None


def _can_end(dialogue: Dialogue, reached: Sequence[int], kinds: tuple[str, ...]) -> set[int]:
    """Return the states from which steps of these kinds lead to an ending. Cost: O(steps)."""
    before: dict[int, list[int]] = {}
    good: list[int] = []
    for number in reached:
        for step in dialogue.steps(number):
            if step.kind not in kinds or (kinds == ("talk",) and step.event.what in ("skips", "waits")):
                continue
            if step.outcome:
                good.append(number)
            else:
                before.setdefault(step.to, []).append(number)
    saved = set(good)
    for number in good:  # it grows while it is walked through
        for earlier in before.get(number, ()):
            if earlier not in saved:
                saved.add(earlier)
                good.append(earlier)
    return saved


def _endless_joint(search: Search) -> Found | None:
    """The joint table leads to an end from every state of it that came about, by its own steps or by acts that can be said."""
    joint = search.whole.joint
    saved = {place for place, end in enumerate(joint.ends) if end}
    while True:
        more = {
            place for place in range(len(joint.names)) if place not in saved
            and (any(event.target in saved for event in joint.events[place]) or not saved.isdisjoint(joint.acts[place].values()))
        }  # fmt: skip
        if not more:
            break
        saved |= more
    for code in search.whole.parents:
        place = search.whole.unpack(code)[0]
        if place not in saved:
            wrong = (ENDS, f"the whole is in {joint.names[place]!r}, from which no row leads to an end")
            return Found(wrong, search.whole.way_to(code)[0])
    return None


def _unreached(search: Search) -> Found | None:
    """Return which states and endings never come about; no way can show what does not happen."""
    whole, dialogue, book = search.whole, search.dialogue, search.whole.book
    if not whole.complete:
        return None
    seen: set[int] = set()
    for number in whole.reached[0]:
        if number != dialogue.over:
            first, second, *_ = dialogue.keys[number]
            seen |= {first[0], second[0]}
    lost = [name for name in book.names if book.number[name] not in seen and name not in whole.outcomes]
    ends = FINAL & set(whole.joint.names if book.joint is not None else book.names)
    lost += [name for name in sorted(ends) if name not in whole.outcomes and name not in lost]
    if book.joint is not None:
        came = {whole.joint.names[place] for place in whole.joints} | set(whole.outcomes)
        lost += [name for name in whole.joint.names if name not in came and name not in lost]
    return Found((REACH, f"nothing that can happen leads to {', '.join(lost)}"), ()) if lost else None


def _late(search: Search) -> list[tuple[str, str]]:
    book = search.whole.book
    found: dict[tuple[str, str], None] = {}
    for number in sorted(search.whole.reached[0]):
        for step in search.dialogue.steps(number):
            if step.event.what == "drops" and step.bad is None:
                end = step.event.end
                found[f"{book.roles[1 - end]} {step.event.act}", f"{book.roles[end]} in {step.event.state}"] = None
    return sorted(found)


# -- telling --------------------------------------------------------------------------------------------------------------------


def _judgement(name: str, claim: str, subject: Subject, search: Search, found: dict[str, Found]) -> Judgement:
    if name in found:
        return Judgement(property=name, claim=claim, verdict=REFUTED, why=found[name].bad[1])
    if not search.whole.complete:
        why = f"{len(search.whole.parents)} states, and no end of them: look less far, or raise the limit"
        return Judgement(property=name, claim=claim, verdict=OPEN, why=why)
    if name == WINNERS and subject.joint is None:
        return Judgement(property=name, claim=claim, verdict=NOT_JUDGED, why="two parties, one agreement: see outcome")
    if name == WINNERS and not any(search.dialogue.held[id] for id in search.whole.reached[0]):
        return Judgement(property=name, claim=claim, verdict=NOT_JUDGED, why="nothing is awarded to one of many here")
    if name == WINNERS and subject.winners is None:
        why = "the tables name no number of winners (`winners`); proved: nothing is awarded anew while somebody is still at it"
        return Judgement(property=name, claim=claim, verdict=NOT_JUDGED, why=why)
    return Judgement(property=name, claim=claim, verdict=PROVED)


def _counterexample(subject: Subject, search: Search, found: Found) -> Counterexample:
    lanes = lanes_of(search.whole.book.roles, subject.participants)
    name, wrong = found.bad
    return Counterexample(
        property=name, wrong=wrong, steps=len(found.way), faults=sum(event.fate in FAULTS for _, event in found.way),
        sketched=search.closely < subject.participants and any(place >= search.closely for place, _ in found.way),
        text=text_diagram(lanes, found.way, wrong), mermaid=mermaid_diagram(lanes, found.way, wrong),
    )  # fmt: skip


def _most_on_one_way(way: Sequence[Happening]) -> int:
    """Return the largest number of faults on one way of one dialogue."""
    count: dict[tuple[int, int], int] = {}
    for place, event in way:
        if event.fate in FAULTS:
            sender = event.end if event.what == "says" else 1 - event.end
            count[place, sender] = count.get((place, sender), 0) + 1
    return max(count.values(), default=0)


