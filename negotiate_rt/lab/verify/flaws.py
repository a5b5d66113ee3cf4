"""What is wrong with a state of a dialogue by itself: silence that leads nowhere, consent without choice, deadlock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from negotiate_rt.lab.verify.rules import Place, Rulebook
from negotiate_rt.lab.verify.worlds import DEADLOCK, DECLINE, GONE, PAST, SILENCE, Bad, World


def flaws(book: Rulebook, world: World) -> Iterator[Bad]:
    """What is wrong with a state by itself."""
    for end, (state, _, standing, pending) in enumerate(world.ends):
        if state == GONE or pending or book.places[end][state].final:
            continue
        role, name = book.roles[end], book.names[state]
        stuck = stuck_in_silence(book.places[end], state)
        if stuck:
            yield (SILENCE, f"{role} waits in {name!r}, and silence {stuck}")
        yield from coerced(book, end, (state, standing), f"{role} in {name!r}")
    if not world.stained and not any(world.boxes) and is_deadlock(book, world):
        where = " and ".join(
            f"{book.roles[end]} in {book.names[one[0]]!r}"
            for end, one in enumerate(world.ends) if not is_over(book, world, end)
        )  # fmt: skip
        yield (DEADLOCK, f"nothing was lost, nothing is on its way, and nobody can say anything: {where}")


def stuck_in_silence(places: Sequence[Place], state: int) -> str:
    """Return how silence fails to lead from a state to an end; nothing if it does."""
    passed: list[int] = []
    place = places[state]
    while not place.final:
        if state in passed:
            return f"leads round in a circle: {', '.join(places[one].name for one in (*passed, state))}"
        passed.append(state)
        if place.lapse is None:
            return "leads nowhere" if len(passed) == 1 else f"ends up in {place.name!r}, which has no timeout"
        state = place.lapse
        place = places[state]
    return ""


def coerced(book: Rulebook, end: int, there: tuple[int, int], who: str) -> Iterator[Bad]:
    """Whoever may consent must be able to say something else, too. there: the end's state and the offer that stands there."""
    state, standing = there
    consents = others = 0
    for row in book.places[end][state].says:
        if (end == 0 and (state, row.kind) in book.confirming) or (
            book.accepting[row.kind] and 0 < standing <= PAST
        ):
            consents += 1
        else:
            others += row.turn and not book.accepting[row.kind]
    if consents and not others:
        yield (DECLINE, f"{who} may accept, and has no way to decline but silence")


def is_deadlock(book: Rulebook, world: World) -> bool:
    """Whether nobody has anything to say, although the dialogue is not over at both ends."""
    if all(is_over(book, world, end) for end in (0, 1)):
        return False
    return not any(
        book.places[end][world.ends[end][0]].says
        for end in (0, 1) if world.ends[end][0] != GONE and not world.ends[end][3]
    )  # fmt: skip


def is_over(book: Rulebook, world: World, end: int) -> bool:
    """Whether an end says and hears nothing more: it has gone, or has come to a final state for good."""
    state, _, _, pending = world.ends[end]
    return state == GONE or (book.places[end][state].final and not pending)
