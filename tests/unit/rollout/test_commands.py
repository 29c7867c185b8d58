"""Which commands a rollout takes is told with it, and it is what happens when they are given."""

from __future__ import annotations

from typing import get_args

import pytest

from gatewright.model.rollout import ALLOWED, Command, RolloutState, choices


@pytest.mark.parametrize("state", get_args(RolloutState))
def test_every_command_is_told_with_the_reason_why_not(state: RolloutState) -> None:
    found = {choice.name: choice for choice in choices(state, "run")}
    assert list(found) == list(get_args(Command))
    for command, choice in found.items():
        assert choice.allowed == (state in ALLOWED[command])
        assert (choice.reason is None) == choice.allowed
        for language in ("en", "zh"):
            assert choice.reason is None or choice.reason.render(language)


def test_what_was_asked_for_already_need_not_be_again() -> None:
    found = {choice.name: choice for choice in choices("running", "pause")}
    assert (found["pause"].allowed, found["abort"].allowed) == (False, True)
    assert found["pause"].reason is not None
    assert found["pause"].reason.key == "rollout.why.asked"
    assert {choice.name for choice in choices("paused", "pause") if choice.allowed} == {"resume", "abort"}
