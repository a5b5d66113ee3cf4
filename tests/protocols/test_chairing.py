"""What a chair may pass on, and what a party may accept of it; what comes from outside is refused."""

from __future__ import annotations

import pytest

from negotiate_rt import Accept, BargainingProblem, Issue, NegotiationConfig, NegotiationExecutor, Negotiator, Propose
from negotiate_rt.machine import Board
from negotiate_rt.messages.outcome import NegotiationOffer
from negotiate_rt.protocols.chairing import names_a_relayed_offer, relays_an_offer

OFFERS = {one.id: one for one in (NegotiationOffer("a1", "ann", 5, 1, 0.0), NegotiationOffer("b1", "bob", 7, 1, 0.0))}


@pytest.mark.parametrize(
    ("message", "refused"),
    [
        (Propose(5, "a1"), ""),
        (Propose(6, "a1"), "was for 5, not 6"),
        (Propose(7, "b1"), "not one that another party has made"),
        (Propose(5, "x"), "not one that another party has made"),
    ],
)
def test_a_chair_passes_on_what_a_third_party_offered_unchanged(message, refused):
    for board, mine in ((Board("chair", "bob", OFFERS), True), (Board("bob", "chair", OFFERS), False)):
        found = relays_an_offer(message, board, mine, 0.0)
        assert (found is None) == (not refused)
        assert found is None or refused in found.reason


def test_a_party_accepts_what_stands_before_it_and_never_its_own():
    mine, chairs = Board("bob", "chair", OFFERS), Board("chair", "bob", OFFERS)
    assert names_a_relayed_offer(Accept("a1"), mine, True, 0.0).reason
    mine.note(Propose(5, "a1"), False)
    assert names_a_relayed_offer(Accept("a1"), mine, True, 0.0) is None
    assert names_a_relayed_offer(Accept("a1"), chairs, False, 0.0) is None, "whether it still stands, the chair says"
    assert "was put to it" in names_a_relayed_offer(Accept("b1"), chairs, False, 0.0).reason


@pytest.mark.parametrize("protocol", ["stacked-alternating-offers", "monotonic-concession"])
async def test_a_chair_that_the_caller_seats_is_as_good_as_the_runtimes(protocol):
    class Host:
        name = "host"
        role = "chair"

    problem = BargainingProblem([Issue("x", (0, 1, 2))], {"a": lambda o: o[0], "b": lambda o: 2 - o[0]})
    agents = [Host(), Negotiator("a"), Negotiator("b")]
    outcome = await NegotiationExecutor(clock="virtual").execute(agents, NegotiationConfig(protocol, 3), problem)
    assert outcome.agreed
    assert set(outcome.utilities) == {"a", "b"}
