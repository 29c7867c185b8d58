"""Notifications: their manifest, and what is worth telling."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.desired import TOLD_BY_DEFAULT, Notification
from gatewright.model.events import Event, Severity, at_least
from gatewright.model.manifest import ManifestError, dump, parse
from gatewright.model.notifications import Target, Told, concerns, origin, rest, says_something, state, subject

HEAD = "apiVersion: gatewright.io/v1alpha1\nkind: Notification\nmetadata: {name: ops}\n"
FULL = Notification("ops", "feishu", "payments", ("health.", "rollout.failed"), "warning", "zh", "~/url", "~/secret")


def event(what: str = "health.object", **more: object) -> Event:
    return Event(1, "2026-11-22T12:00:00.000000Z", "gatewright", what, "Gateway/x", **more)  # type: ignore[arg-type]


def problems(spec: str) -> list[tuple[str, str]]:
    with pytest.raises(ManifestError) as caught:
        parse(f"{HEAD}spec: {spec}\n")
    return [(p.field, p.message.key) for p in caught.value.problems]


@pytest.mark.parametrize("wanted", [FULL, Notification("ops", "webhook")])
def test_a_manifest_comes_back_as_it_was_written(wanted: Notification) -> None:
    assert [s.desired for s in parse(dump([wanted]))] == [wanted]


def test_what_is_not_said_is_the_default() -> None:
    [found] = parse(f"{HEAD}spec: {{type: slack, urlFile: url}}\n")
    assert found.desired == Notification("ops", "slack", "", TOLD_BY_DEFAULT, "info", "en", "url")


@pytest.mark.parametrize(
    ("spec", "field", "key"),
    [
        ("{}", "spec.type", "manifest.required"),
        ("{type: email}", "spec.type", "manifest.choice"),
        ("{type: slack, url: 'https://hooks.example/KEY'}", "spec.url", "manifest.inline-address"),
        ("{type: slack, secret: s3cret}", "spec.secret", "manifest.inline-address"),
        ("{type: slack, urlFile: 'https://hooks.example/KEY'}", "spec.urlFile", "manifest.inline-address"),
        ("{type: slack, events: []}", "spec.events", "manifest.type"),
        ("{type: slack, events: [health., health.]}", "spec.events[1]", "manifest.repeated"),
        ("{type: slack, events: ['*']}", "spec.events[0]", "manifest.event"),
        ("{type: slack, events: [1]}", "spec.events[0]", "manifest.quote"),
        ("{type: slack, minimum: fatal}", "spec.minimum", "manifest.choice"),
        ("{type: slack, language: de}", "spec.language", "manifest.choice"),
        ("{type: slack, mininum: info}", "spec.mininum", "manifest.unknown-field"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(spec: str, field: str, key: str) -> None:
    assert problems(spec) == [(field, key)]


def test_a_problem_never_repeats_an_address() -> None:
    with pytest.raises(ManifestError) as caught:
        parse(f"{HEAD}spec: {{type: slack, url: 'https://hooks.example/KEY'}}\n")
    assert "KEY" not in str(caught.value) + caught.value.report.message("zh")


def test_credentials_do_not_show() -> None:
    assert "KEY" not in repr(Target("https://hooks.example/KEY", "KEY"))


def test_a_team_hears_of_itself_and_of_the_clusters_it_shares() -> None:
    mine = Notification("ops", "slack", "payments")
    assert concerns(mine, event(team="payments"), frozenset())
    assert not concerns(mine, event(team="orders", cluster="a"), frozenset({"a"}))
    assert concerns(mine, event(cluster="a"), frozenset({"a"}))
    assert not concerns(mine, event(cluster="b"), frozenset({"a"}))
    assert not concerns(mine, event("team.update", team="payments"), frozenset())
    assert concerns(Notification("ops", "slack"), event(team="orders"), frozenset())


def test_severities_have_an_order() -> None:
    order: list[Severity] = ["info", "warning", "error"]
    assert [[at_least(a, b) for b in order] for a in order] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


def test_states_of_one_thing_have_one_subject() -> None:
    found, healed = event("drift.found", cluster="a"), event("drift.healed", cluster="a")
    assert subject(found) == subject(healed)
    assert state(found) != state(healed)
    assert subject(found) != subject(event("drift.found", cluster="b"))
    one, other = event("binding.create"), msgspec.structs.replace(event("binding.create"), id=2)
    assert subject(one) != subject(other), "what people change is told each time"
    assert origin(event(before={"b": 1, "a": 2})) == rest(event(after={"a": 2, "b": 1}))
    assert origin(event()) == rest(event()) == ""


@given(st.booleans(), st.sampled_from("AB"), st.booleans(), st.none() | st.builds(Told, st.just("A"), st.booleans()))
def test_nothing_is_told_twice_and_no_alarm_is_swallowed(
    alarm: bool, digest: str, came_back: bool, told: Told | None
) -> None:
    tells = says_something(alarm, digest, came_back, told)
    if told is not None and told.digest == digest:
        assert not tells
    elif alarm and not came_back:
        assert tells
    elif told is not None and told.alarm:
        assert tells, "whoever was told of a problem is told of its end"
    elif not alarm:
        assert not tells
