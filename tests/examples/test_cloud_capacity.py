from __future__ import annotations

from examples.cloud_capacity import RESERVE, STEP, WORTH, main


def test_the_lot_goes_at_about_the_second_highest_value_however_it_is_cried(capsys):
    nights = {night.name: night for night in main()}
    second = sorted(WORTH.values())[-2]
    for name, night in nights.items():
        if "200" not in name:
            assert night.winner == "vision"
            assert abs(night.price - second) <= STEP
    assert "reserve is 100" in capsys.readouterr().out


def test_a_budget_gives_the_lot_to_who_it_is_worth_less_to():
    poor = [night for night in main() if "200" in night.name]
    assert len(poor) == 2
    for night in poor:
        assert night.winner == "speech"
        assert 200 <= night.price <= 200 + STEP
        assert night.gain == WORTH["speech"] - night.price


def test_sniping_and_jumping_need_fewer_bids_and_gain_a_step_at_most():
    nights = {night.name: night for night in main()}
    truthful = nights["outcry, truthful"]
    assert truthful.price > RESERVE
    for name in ("outcry, vision snipes", "outcry, all snipe", "outcry, a jump bid"):
        assert nights[name].bids <= truthful.bids
        assert nights[name].gain <= truthful.gain + STEP
