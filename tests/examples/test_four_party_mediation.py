from __future__ import annotations

import pytest

from examples import four_party_mediation
from examples.four_party_mediation import CANARIES, SPACE, UTILITIES, WITHOUT, main, mediate, parties, singing
from negotiate_rt import Trace


def test_what_one_party_disclosed_stands_in_no_message_to_another():
    trace = Trace()
    line = mediate("full", parties(), trace)
    assert line.outcome.agreed
    assert len(singing(trace, True)) == len(CANARIES) == 4
    assert singing(trace, False) == []


def test_the_party_that_only_votes_is_won_over_change_by_change():
    line = mediate("the company keeps to itself", parties(company="votes"))
    assert line.outcome.agreed
    assert line.outcome.result.disclosed == 3
    assert line.outcome.result.proposals > 1, "the others' optimum is nothing to the company"
    assert line.outcome.utilities["company"] >= WITHOUT["company"]


def test_high_dams_leave_the_farms_their_water():
    assert not SPACE.allows(("high", 10, "none", "city", 0.0))
    assert set(UTILITIES) == set(WITHOUT)


@pytest.mark.slow
def test_mediation_takes_fewer_messages_than_bargaining(capsys):
    nash, silent, votes, quorum, direct = main()
    assert all(line.outcome.agreed for line in (nash, silent, votes, quorum, direct))
    assert nash.outcome.messages < 100 < direct.outcome.messages
    for line in (nash, silent, votes, direct):
        assert all(line.outcome.utilities[name] >= WITHOUT[name] - 1e-9 for name in WITHOUT)
    text = capsys.readouterr().out
    assert "in 4 messages to the mediator, in 0 to anybody else" in text
    assert four_party_mediation.__doc__
