from __future__ import annotations

import pytest

from examples.ticket_office import BUYERS, NAIVE, SOUND, TICKETS, NaiveOffice, SoundOffice, campaign


@pytest.fixture(scope="module")
def naive():
    return campaign(NaiveOffice, NAIVE, 4)


@pytest.fixture(scope="module")
def sound():
    return campaign(SoundOffice, SOUND, 4)


def test_the_naive_office_oversells_and_hangs(naive):
    broken = {failure.violation.invariant for failure in naive.failures}
    assert {"oversold", "hung"} <= broken
    assert naive.violations > 0


def test_it_does_so_on_every_network(naive):
    assert all(cell.violations for cell in naive.cells)


def test_three_lines_later_nothing_is_broken_anywhere(sound):
    assert sound.violations == 0
    assert not sound.failures


def test_the_sound_office_sells_exactly_what_it_has_on_every_network(sound):
    for cell in sound.cells:
        assert cell.agreed == cell.worlds * TICKETS
        assert cell.negotiations == cell.worlds * BUYERS
        assert cell.timed_out == 0
