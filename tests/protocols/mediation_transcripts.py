"""Every arrow of a dialogue between a mediator and a party, by name."""

from __future__ import annotations

from negotiate_rt.messages.performatives import (
    Accept,
    Cancel,
    Cfp,
    Inform,
    InformIf,
    InformResult,
    Lapse,
    Propose,
    QueryIf,
    QueryRef,
    Refuse,
    Reject,
    Skip,
    Walk,
)

M, P = "mediator", "party"
SKIP, LAPSE = Skip(), Lapse()

MEDIATIONS = {
    "it discloses, and accepts": [
        (M, QueryRef), (P, Inform), (M, Propose), (P, Accept), (M, InformResult), "SETTLED",
    ],
    "it keeps its preferences to itself, and rejects": [
        (M, QueryRef), (P, Refuse), (M, Propose), (P, Reject), (M, InformResult), "SETTLED",
    ],
    "it votes, then abstains": [(M, QueryIf), (P, InformIf), (M, QueryIf), (P, Refuse), (M, InformResult), "SETTLED"],
    "it makes a final offer": [(M, Cfp), (P, Propose), (M, InformResult), "SETTLED"],
    "it makes none": [(M, Cfp), (P, Refuse), (M, InformResult), "SETTLED"],
    "settled while its answer travels": [(M, QueryIf), (P, InformIf), (M, Cancel), "SETTLED"],
    "it walks when asked": [(M, QueryRef), (P, Walk), "LEFT"],
    "it walks at a vote": [(M, QueryIf), (P, Walk), "LEFT"],
    "it walks instead of an offer": [(M, Cfp), (P, Walk), "LEFT"],
    "it walks from a proposal": [(M, Propose), (P, Walk), "LEFT"],
    "settled while it tells": [(M, QueryRef), (M, Cancel), "SETTLED"],
    "settled while it votes": [(M, QueryIf), (M, Cancel), "SETTLED"],
    "settled while it makes an offer": [(M, Cfp), (M, Cancel), "SETTLED"],
    "settled while it decides": [(M, Propose), (M, Cancel), "SETTLED"],
    "turns skipped": [
        (M, QueryRef), SKIP, (M, QueryIf), SKIP, (M, Cfp), SKIP, (M, Propose), SKIP, (M, InformResult), "SETTLED",
    ],
    **{
        f"late: {asked.__name__}, then {answer.__name__}": [
            (M, asked), LAPSE, (P, answer), (M, InformResult), "SETTLED"
        ]
        for asked, answer in (
            (QueryRef, Refuse), (QueryIf, Refuse), (Cfp, Refuse), (Cfp, Propose), (Propose, Accept), (Propose, Reject),
        )
    },
    **{
        f"late: {asked.__name__}, then {end}": [(M, asked), LAPSE, move, then]
        for asked in (QueryRef, QueryIf, Cfp, Propose)
        for end, move, then in (("it walks", (P, Walk), "LEFT"), ("over", (M, Cancel), "SETTLED"), ("silence", LAPSE, "LEFT"))
    },
    **{
        f"late: {asked.__name__}, then skipped": [(M, asked), LAPSE, SKIP, (M, InformResult), "SETTLED"]
        for asked in (QueryRef, QueryIf, Cfp, Propose)
    },
    "a late disclosure": [(M, QueryRef), LAPSE, (P, Inform), LAPSE, "LEFT"],
    "a late vote": [(M, QueryIf), LAPSE, (P, InformIf), (M, InformResult), "SETTLED"],
}  # fmt: skip

JOINT_MEDIATIONS = {
    "settled": [QueryRef, QueryIf, Cfp, Propose, Cancel, InformResult, "settled", "AGREED"],
    "too few are left": [Propose, "left", "FAILED"],
    "nothing is accepted": [Propose, "refused", "FAILED"],
    "too long": [Propose, "rounds used up", "DEADLOCK"],
}
