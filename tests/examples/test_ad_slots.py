from __future__ import annotations

import pytest

from examples.ad_slots import CLICKS, VALUES, main


@pytest.fixture(scope="module")
def found():
    return main()


def test_no_misreport_on_the_grid_beats_the_truth_except_under_gsp(found):
    gains, _ = found
    better = {key for key, (honest, lied, _) in gains.items() if lied > honest + 1e-9}
    assert better == {("gsp", "Ada")}
    honest, lied, bid = gains["gsp", "Ada"]
    assert (honest, lied) == (CLICKS[0] * (10 - 8), CLICKS[1] * (10 - 4))
    assert VALUES["Cleo"] < bid < VALUES["Ben"], "the second slot is the better buy"


def test_one_slot_goes_at_the_second_highest_value(found):
    gains, _ = found
    assert gains["vickrey", "Ada"][0] == CLICKS[0] * (10 - 8)


def test_balanced_gsp_pays_what_vcg_does(found):
    _, hours = found
    truthful, balanced, vcg = (hours[name] for name in ("GSP, truthful", "GSP, balanced", "VCG, truthful"))
    assert truthful.payments == {"Ada": 200 * 8, "Ben": 180 * 4, "Cleo": 60 * 2}
    # VCG: Ada takes 20 clicks from Ben, 120 from Cleo and 60 from Dan: 20 x 8 + 120 x 4 + 60 x 2.
    assert vcg.payments == pytest.approx({"Ada": 760, "Ben": 600, "Cleo": 120})
    assert balanced.payments == pytest.approx(vcg.payments)
    assert balanced.slots == vcg.slots


def test_the_tables_are_printed(capsys):
    main()
    printed = capsys.readouterr().out
    assert "1080 by 4.5" in printed
    assert "GSP, truthful: somebody" in printed
    assert "GSP, balanced: nobody" in printed
