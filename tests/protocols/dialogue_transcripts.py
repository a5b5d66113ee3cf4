"""Transcripts of FIPA's one-to-one dialogues, and of what an iterated contract net adds: what was said, and how it ended."""

from __future__ import annotations

from negotiate_rt.messages.performatives import (
    Accept,
    Agree,
    Cancel,
    Cfp,
    Failure,
    Inform,
    InformDone,
    InformIf,
    InformRef,
    InformResult,
    Lapse,
    NotUnderstood,
    Propose,
    Proxy,
    QueryIf,
    QueryRef,
    Refuse,
    Reject,
    Request,
    Skip,
    Subscribe,
    Walk,
)

I, P, M, C = "initiator", "participant", "manager", "contractor"  # noqa: E741  # as the transcripts read best
SKIP, LAPSE = Skip(), Lapse()


def answers(opening, done, start):
    """Transcripts of a question or request: the ways in which each of `done` and all else may follow."""
    transcripts = {
        f"{start}refused": [opening, (P, Refuse), "FAILED"],
        f"{start}not understood": [opening, (P, NotUnderstood), "FAILED"],
        f"{start}failed at once": [opening, (P, Failure), "FAILED"],
        f"{start}failed after agree": [opening, (P, Agree), (P, Failure), "FAILED"],
        f"{start}skipped": [opening, SKIP, "FAILED"],
        f"{start}skipped after agree": [opening, (P, Agree), SKIP, "FAILED"],
        f"{start}silence, cancel confirmed": [opening, LAPSE, (I, Cancel), (P, InformDone), "FAILED"],
        f"{start}silence after agree": [opening, (P, Agree), LAPSE, (I, Cancel), (P, Failure), "FAILED"],
        f"{start}cancelled": [opening, (I, Cancel), (P, InformDone), "FAILED"],
        f"{start}cancelled after agree": [opening, (P, Agree), (I, Cancel), (P, InformDone), "FAILED"],
        f"{start}cancel crosses an agree": [opening, (I, Cancel), (P, Agree), (P, InformDone), "FAILED"],
        f"{start}cancel crosses a refusal": [opening, (I, Cancel), (P, Refuse), "FAILED"],
        f"{start}cancel crosses a not-understood": [opening, (I, Cancel), (P, NotUnderstood), "FAILED"],
        f"{start}cancel crosses a failure": [opening, (I, Cancel), (P, Failure), "FAILED"],
        f"{start}cancel unanswered": [opening, (I, Cancel), LAPSE, "FAILED"],
        f"{start}silence to the end": [opening, LAPSE, LAPSE, "FAILED"],
        f"{start}never opened": [LAPSE, "FAILED"],
    }
    for act in done:
        transcripts[f"{start}{act.__name__}"] = [opening, (P, act), "AGREED"]
        transcripts[f"{start}agree, then {act.__name__}"] = [opening, (P, Agree), (P, act), "AGREED"]
        transcripts[f"{start}cancel crosses {act.__name__}"] = [opening, (I, Cancel), (P, act), "FAILED"]
    return transcripts


OPEN = (I, Subscribe)
DIALOGUES = {
    "request": answers((I, Request), (InformDone, InformResult), ""),
    "query": {
        **answers((I, QueryIf), (InformIf,), "truth: "), **answers((I, QueryRef), (InformRef,), "reference: "),
    },
    "propose": {
        "accepted": [(I, Propose), (P, Accept), "AGREED"],
        "rejected": [(I, Propose), (P, Reject), "FAILED"],
        "not understood": [(I, Propose), (P, NotUnderstood), "FAILED"],
        "skipped": [(I, Propose), SKIP, "FAILED"],
        "silence": [(I, Propose), LAPSE, (I, Cancel), (P, InformDone), "FAILED"],
        "silence to the end": [(I, Propose), LAPSE, LAPSE, "FAILED"],
        "never made": [LAPSE, "FAILED"],
        "cancelled": [(I, Propose), (I, Cancel), (P, InformDone), "FAILED"],
        "cancel fails": [(I, Propose), (I, Cancel), (P, Failure), "FAILED"],
        "cancel unanswered": [(I, Propose), (I, Cancel), LAPSE, "FAILED"],
        "cancel crosses the acceptance": [(I, Propose), (I, Cancel), (P, Accept), "FAILED"],
        "cancel crosses the rejection": [(I, Propose), (I, Cancel), (P, Reject), "FAILED"],
        "cancel crosses a not-understood": [(I, Propose), (I, Cancel), (P, NotUnderstood), "FAILED"],
    },
    "subscribe": {
        "told until cancelled": [
            OPEN, (P, Agree), (P, Inform), (P, Inform), (I, Cancel), (P, Inform), (P, InformDone), "AGREED",
        ],
        "told without an agree": [OPEN, (P, Inform), (P, InformDone), "AGREED"],
        "failed": [OPEN, (P, Agree), (P, Failure), "FAILED"],
        "skipped": [OPEN, (P, Agree), SKIP, "FAILED"],
        "time is over": [OPEN, (P, Agree), LAPSE, (I, Cancel), (P, Failure), "FAILED"],
        "time is over, and nobody says so": [OPEN, (P, Agree), LAPSE, LAPSE, "AGREED"],
        "cancel unanswered": [OPEN, (P, Agree), (I, Cancel), LAPSE, "AGREED"],
        "refused": [OPEN, (P, Refuse), "FAILED"],
        "not understood": [OPEN, (P, NotUnderstood), "FAILED"],
        "failed at once": [OPEN, (P, Failure), "FAILED"],
        "answer skipped": [OPEN, SKIP, "FAILED"],
        "silence": [OPEN, LAPSE, (I, Cancel), (P, InformDone), "FAILED"],
        "silence to the end": [OPEN, LAPSE, LAPSE, "FAILED"],
        "never begun": [LAPSE, "FAILED"],
        "cancelled unanswered at once": [OPEN, (I, Cancel), LAPSE, "FAILED"],
        "cancel crosses the agree": [OPEN, (I, Cancel), (P, Agree), (P, Inform), (P, InformDone), "FAILED"],
        "cancel crosses the refusal": [OPEN, (I, Cancel), (P, Refuse), "FAILED"],
        "cancel crosses a not-understood": [OPEN, (I, Cancel), (P, NotUnderstood), "FAILED"],
        "cancel crosses a failure": [OPEN, (I, Cancel), (P, Failure), "FAILED"],
    },
}  # fmt: skip
BROKEN = {
    "contract broken": [(M, Cfp), (C, Propose), (M, Accept), (C, Walk), "DECOMMITTED"],
    "cancel crosses a breach": [(M, Cfp), (C, Propose), (M, Accept), (M, Cancel), (C, Walk), "CANCELLED"],
}
AGAIN = {
    **BROKEN,
    "called again": [(M, Cfp), (C, Propose), (M, Cfp), (C, Propose), (M, Accept), (C, InformDone), "FULFILLED"],
    "refuses the second call": [(M, Cfp), (C, Propose), (M, Cfp), (C, Refuse), "NOT_AWARDED"],
    "late for the second call": [(M, Cfp), (C, Propose), (M, Cfp), LAPSE, (C, Propose), (M, Reject), "NOT_AWARDED"],
}
AGAIN_JOINT = {
    "two iterations": [Cfp, "closed", "revised", Reject, Cfp, "closed", Accept, "awarded", "fulfilled", "AGREED"],
}
B = "broker"
DEALS = {
    "mediated": [(I, Proxy), (B, Agree), (B, InformResult), "AGREED"],
    "nobody fits": [(I, Proxy), (B, Agree), (B, Failure), "FAILED"],
    "refused": [(I, Proxy), (B, Refuse), "FAILED"],
    "not understood": [(I, Proxy), (B, NotUnderstood), "FAILED"],
    "never sent": [LAPSE, "FAILED"],
    "skipped": [(I, Proxy), SKIP, "FAILED"],
    "skipped after agree": [(I, Proxy), (B, Agree), SKIP, "FAILED"],
    "silence": [(I, Proxy), LAPSE, (I, Cancel), (B, InformDone), "FAILED"],
    "silence after agree": [(I, Proxy), (B, Agree), LAPSE, (I, Cancel), (B, Failure), "FAILED"],
    "silence to the end": [(I, Proxy), LAPSE, LAPSE, "FAILED"],
    "cancelled": [(I, Proxy), (I, Cancel), LAPSE, "FAILED"],
    "cancelled after agree": [(I, Proxy), (B, Agree), (I, Cancel), (B, InformDone), "FAILED"],
    "cancel crosses the agree": [(I, Proxy), (I, Cancel), (B, Agree), (B, InformResult), "FAILED"],
    "cancel crosses a refusal": [(I, Proxy), (I, Cancel), (B, Refuse), "FAILED"],
    "cancel crosses a not-understood": [(I, Proxy), (I, Cancel), (B, NotUnderstood), "FAILED"],
}
DIALOGUES |= {"brokering": DEALS, "recruiting": DEALS}
