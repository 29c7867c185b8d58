"""Whether a cluster answers, and since when: a state begins when it changes, and not with every answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gatewright.kube import errors
from gatewright.model.errors import GatewrightError
from gatewright.model.moments import rfc3339
from gatewright.observe.pulse import SLOW_SECONDS, ClusterReplacedError, Pulse, SlowError, reachability_of


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=10)
        return self.now


def status(kind: type[errors.StatusError], code: int) -> errors.StatusError:
    return kind(status=code, reason="r", detail="d", object="o")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (errors.UnreachableError(server="s", reason="refused"), "unreachable"),
        (errors.TlsFailedError(server="s", reason="x"), "unreachable"),
        (ClusterReplacedError(uid="b", registered="a"), "unreachable"),
        (errors.CredentialError(), "forbidden"),
        (errors.TooLargeError(), "slow"),
        (SlowError(seconds=6), "slow"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_a_failure_says_what_the_cluster_is(error: GatewrightError, state: str) -> None:
    assert reachability_of(error) == state


def test_a_state_has_one_beginning() -> None:
    pulse = Pulse(clock=Clock())
    assert pulse.state == "unreachable"
    assert pulse.heard(0.1)
    since = pulse.since
    assert not pulse.heard(0.1)
    assert (pulse.state, pulse.since) == ("reachable", since)
    assert pulse.seen_at > since
    assert pulse.heard(SLOW_SECONDS + 1)
    assert pulse.state == "slow"
    assert pulse.error is not None
    assert pulse.since > since


def test_what_was_last_seen_keeps_its_moment_while_nothing_answers() -> None:
    pulse = Pulse(clock=Clock())
    pulse.heard(0.1)
    seen = pulse.seen_at
    assert pulse.failed(errors.UnreachableError(server="s", reason="refused"))
    assert not pulse.failed(errors.UnreachableError(server="s", reason="refused"))
    assert pulse.seen_at == seen
    assert pulse.checked_at > seen
    assert pulse.error is not None
    assert pulse.error.code == "kube.unreachable"
    pulse.heard(0.1)
    assert (pulse.state, pulse.error) == ("reachable", None)


def test_an_event_of_a_watch_is_a_sign_of_life_and_no_measure() -> None:
    pulse = Pulse(state="slow", since="then", clock=Clock())
    assert not pulse.heard()
    assert (pulse.state, pulse.since) == ("slow", "then")
    assert pulse.seen_at


def test_moments_are_told_to_the_second_in_utc() -> None:
    local = datetime(2026, 1, 1, 8, 0, 0, 999999, tzinfo=UTC)
    assert rfc3339(local) == "2026-01-01T08:00:00Z"
