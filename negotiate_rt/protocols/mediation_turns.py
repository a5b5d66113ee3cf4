"""A party's turns in a mediation: what its hooks see, and how what they return becomes an answer to the mediator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from negotiate_rt.errors import ConfigurationError, InvalidDecision, InvalidOffer
from negotiate_rt.messages.performatives import Accept, Inform, InformIf, Message, Refuse, Reject, Walk
from negotiate_rt.messages.view import View
from negotiate_rt.problems.disclosing import heard_utility
from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.problems.mediation import (
    AnyPreferences,
    Ballot,
    ListOfWorths,
    PairAsked,
    PreferencesAsked,
    Preferred,
    Ranked,
    RankingAsked,
    SumOfBoxes,
    SumOfInfluences,
    SumOfWorths,
    Vote,
)
from negotiate_rt.protocols.guard import judge_bargain, short, spoken
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question
from negotiate_rt.strategies.candour import Candour
from negotiate_rt.strategies.deciding import as_hook, concede, only_concedes

WHOLE = (SumOfWorths, ListOfWorths, SumOfBoxes, SumOfInfluences)


def view_of_call(talk: Dialogue, call: Any = None) -> View:  # call: what the mediator asks, or nothing beside its proposal
    """Return what a party may see when the mediator asks it: the question is `view.call`."""
    conversation, machine, seat, terms = talk.conversation, talk.machine, talk.seat, talk.conversation.terms
    now = talk.actor.kernel.now
    board = machine.board
    standing = board.standing
    return View(
        seat.name, seat.role, talk.route.protocol, conversation.id, conversation.round, terms.max_rounds, now,
        min(conversation.deadline, now + terms.turn_timeout), machine.state.mine, standing, board.own_last, board.heard,
        seat.preferences, seat.strategy, seat.problem, talk.repair, call=call,
    )  # fmt: skip


# -- a proposal, or a final offer -------------------------------------------------------------------------------------


def judge_consent(talk: Dialogue, decision: Any) -> Message:
    """Turn a decision about the mediator's proposal into a message, a final offer likewise: as in bargaining. Who only concedes
    along a strategy rejects what it does not want, and stays; anybody else who walks leaves the mediation."""
    if isinstance(decision, Walk) and Reject in talk.machine.state.says:
        question = talk.seat.question(None)
        if only_concedes(talk.seat.function(question)):
            decision = Reject(decision.reason)
    if isinstance(decision, bool) and Accept in talk.machine.state.says:
        decision = Accept() if decision else Reject()
    return judge_bargain(talk, decision)


# -- what is disclosed ------------------------------------------------------------------------------------------------


def judge_disclosure(talk: Dialogue, decision: Any) -> Message:
    """Turn what `disclose` returned into an answer; None and a Refuse keep it to oneself.

    Preferences are a utility function or one of the structs of problems.mediation; a ranking names all outcomes that were
    asked about, best first, or their numbers; about a pair one says "first", "second" or "either", or names the better.
    Raises InvalidDecision.
    """
    if isinstance(decision, Inform):
        decision = decision.content
    if isinstance(decision, Message):
        return spoken(talk, decision)
    if decision is None:
        return talk.machine.clear(Refuse("keeps that to itself"), talk.now)
    call = talk.seat.context
    if isinstance(call, PreferencesAsked):
        answer: Any = whole_preferences(talk, decision)
    elif isinstance(call, RankingAsked):
        answer = ranked(decision, call.outcomes, talk.seat.problem.space)
    else:
        answer = preferred(decision, call, talk.seat.problem.space)
    return talk.machine.clear(Inform(answer), talk.now)


def whole_preferences(talk: Dialogue, decision: Any) -> AnyPreferences:
    """Return full preferences that fit the space. Raises InvalidDecision."""
    space = talk.seat.problem.space
    hook = talk.seat.resolve("disclose").function
    if isinstance(getattr(hook, "__self__", None), Candour) and isinstance(decision, WHOLE):
        return decision  # just made of a utility over this very space
    try:
        if not isinstance(decision, WHOLE):
            if not callable(decision):
                raise InvalidDecision(f"expected a utility function or preferences as data, got {short(decision)}")
            from negotiate_rt.problems.disclosing import told_preferences

            decision = told_preferences(decision, space, talk.seat.preferences.disagreement)
        heard_utility(decision, space)
        return decision  # type: ignore[no-any-return]  # one of WHOLE
    except (ConfigurationError, InvalidOffer, TypeError) as error:
        raise InvalidDecision(str(error)) from None


def ranked(decision: Any, outcomes: Sequence[Any], space: OutcomeSpace) -> Ranked:
    """Return a ranking. Raises InvalidDecision unless it names every outcome once."""
    given = decision.order if isinstance(decision, Ranked) else decision
    if isinstance(given, (str, Mapping)) or not isinstance(given, Sequence):
        raise InvalidDecision(f"a ranking is a list of outcomes or of their numbers, best first, got {short(decision)}")
    order = [place_of(one, outcomes, space) for one in given]
    if sorted(order) != list(range(len(outcomes))):
        missing = [place for place in range(len(outcomes)) if place not in order]
        twice = sorted({place for place in order if order.count(place) > 1})
        wrong = [f"leaves out {missing}"] * bool(missing) + [f"names {twice} more than once"] * bool(twice)
        raise InvalidDecision(f"a ranking names each of the {len(outcomes)} outcomes once; this one {' and '.join(wrong)}")
    return Ranked(tuple(order))


def place_of(one: Any, outcomes: Sequence[Any], space: OutcomeSpace) -> int:
    """Return the place of an outcome, or of its number, in a question. Raises InvalidDecision."""
    if isinstance(one, int) and not isinstance(one, bool) and 0 <= one < len(outcomes):
        return one
    try:
        outcome = space.outcome(one)
    except InvalidOffer as error:
        raise InvalidDecision(f"{short(one)} is neither a number from 0 to {len(outcomes) - 1} nor an outcome: {error}") from None
    if outcome not in outcomes:
        raise InvalidDecision(f"{short(one)} is none of the outcomes that were asked about")
    return outcomes.index(outcome)


def preferred(decision: Any, call: PairAsked, space: OutcomeSpace) -> Preferred:
    """Return an answer about a pair. Raises InvalidDecision."""
    if isinstance(decision, Preferred):
        decision = decision.which
    if isinstance(decision, str) and decision in ("first", "second", "either"):
        return Preferred(decision)  # type: ignore[arg-type]  # one of the three
    if isinstance(decision, (tuple, list, Mapping)):
        return Preferred("second" if place_of(decision, (call.first, call.second), space) else "first")
    raise InvalidDecision(f"expected 'first', 'second' or 'either', or the better outcome, got {short(decision)}")


# -- votes ------------------------------------------------------------------------------------------------------------


def judge_vote(talk: Dialogue, decision: Any) -> Message:
    """Turn what `vote` returned into an answer: a grade, or one for each draft; None and a Refuse abstain. Raises
    InvalidDecision."""
    if isinstance(decision, InformIf):
        decision = decision.content
    if isinstance(decision, Vote):
        decision = decision.grades
    if isinstance(decision, Message):
        return spoken(talk, decision)
    if decision is None:
        return talk.machine.clear(Refuse("abstains"), talk.now)
    ballot: Ballot = talk.seat.context
    given = decision if isinstance(decision, (tuple, list)) else (decision,)
    grades = tuple([grade(one, ballot.grades) for one in given])
    if len(grades) != len(ballot.drafts):
        raise InvalidDecision(f"a vote has one grade for each of {len(ballot.drafts)} drafts, got {len(grades)}")
    return talk.machine.clear(InformIf(Vote(ballot.number, grades)), talk.now)


def grade(given: Any, most: int) -> int:
    """Return one grade. Raises InvalidDecision."""
    if given is True or given is False:
        return 1 if given else -1
    if not isinstance(given, int) or not -most <= given <= most:
        raise InvalidDecision(f"a grade is a whole number from {-most} to {most}, or True or False, got {short(given)}")
    return given


def questions_of(candour: Candour | None) -> dict[str | None, Question]:
    """Return what a party may be asked; `candour` answers for one that has no hook of its own."""
    disclose = None if candour is None else candour.disclose
    vote = None if candour is None else candour.vote
    return {
        None: Question("decide", judge_consent, view_of_call, adapt=as_hook, default=concede),
        "disclose": Question("disclose", judge_disclosure, view_of_call, default=disclose),
        "vote": Question("vote", judge_vote, view_of_call, default=vote),
    }
