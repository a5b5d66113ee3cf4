from __future__ import annotations

import pytest

from examples.custom_protocol import DEMANDS, LEAST, PIE, Listener, PleadedUltimatum, Pleader, Ultimatum, demands, main
from negotiate_rt import NegotiationConfig, NegotiationExecutor, NegotiationProtocol, Negotiator
from negotiate_rt.errors import ProtocolDefinitionError
from negotiate_rt.testing import check_protocol


def play(protocol: NegotiationProtocol, *agents: Negotiator):
    executor = NegotiationExecutor(clock="virtual", seed=1)
    executor.register(protocol)
    return executor.run(list(agents), NegotiationConfig(protocol.name, timeout=10), PIE)


@pytest.mark.parametrize("protocol", [Ultimatum(), PleadedUltimatum()])
def test_tables_are_sound(protocol):
    check_protocol(protocol)


def test_a_responder_takes_what_is_not_below_its_least_share(capsys):
    taken, honest, bluffed = main()
    assert {share: list(answers.values()) for share, answers in taken.items()} == {
        share: [10 - share >= least for least in LEAST.values()] for share in DEMANDS
    }
    assert honest == LEAST
    assert bluffed == dict.fromkeys(LEAST, 5.0)
    printed = capsys.readouterr().out
    assert "plea --> opening: responder inform" in printed
    assert "7       takes      takes      takes      takes    rejects      5.6" in printed


def test_an_indifferent_responder_accepts_and_an_ultimatum_is_one_round():
    outcome = play(Ultimatum(), demands(10.0), Negotiator("Eve"))
    assert (outcome.agreed, outcome.rounds_used, outcome.messages) == (True, 1, 2)
    assert outcome.utilities == {"Pat": 10.0, "Eve": 0.0}


def test_a_refusal_ends_it_with_nothing():
    outcome = play(Ultimatum(), demands(6.0), Negotiator("Ida", reservation_value=5.0))
    assert outcome.final_state == "FAILED"
    assert outcome.accepted_offer is None
    assert [offer.value for offer in outcome.all_offers] == [6.0]
    assert outcome.faults == ()  # to refuse is nobody's fault


def test_a_plea_for_more_than_the_pie_is_the_pleaders_fault():
    outcome = play(PleadedUltimatum(), Listener("Pat"), Pleader("Eve", least=0.0, claim=20.0))
    assert outcome.final_state == "TIMEOUT"
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("Eve", "illegal"), ("Eve", "illegal")]
    assert "between 0 and 10" in outcome.faults[0].cause


def test_a_table_that_names_no_act_is_not_registered():
    class Broken(Ultimatum):
        name = "broken"
        moves = {**Ultimatum.moves, "answer": {**Ultimatum.moves["answer"], ("responder", Ultimatum): "opening"}}

    with pytest.raises(ProtocolDefinitionError, match="is no performative"):
        NegotiationExecutor().register(Broken())


def test_a_table_that_is_not_sound_is_not_registered():
    class Hasty(Ultimatum):
        name = "hasty"
        timeouts = {"opening": "TIMEOUT"}

    with pytest.raises(ProtocolDefinitionError, match="state 'answer' has no deadline"):
        NegotiationExecutor().register(Hasty())
