"""What probes add to the health of a Gateway: when they count, where, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import health_worlds as w
import pytest
from health_worlds import GATEWAY_KEY, NOW

from gatewright.gatewayapi.health import elapsed
from gatewright.gatewayapi.kinds import GATEWAY, LISTENER_SET, SECRET
from gatewright.gatewayapi.live import Snapshot
from gatewright.model.health import ObjectHealth
from gatewright.model.probe import ProbeResult


def seen(*results: ProbeResult, granted: bool = False, live: w.Object | None = None, secret: Any = None) -> Snapshot:
    """A Gateway with a listener for HTTP and one for HTTPS, and what probes came to."""
    snapshot = w.healthy()
    snapshot.secrets_granted = granted
    w.put(snapshot, GATEWAY, live or w.gateway("web", "shop", w.listener(), w.https()))
    if secret is not None:
        w.put(snapshot, SECRET, secret)
    snapshot.probes = {result.target: result for result in results}
    return snapshot


def said(snapshot: Snapshot) -> dict[tuple[str, str], str]:
    return {(f.code.removeprefix("health."), f.where): f.severity for f in w.judge(snapshot, GATEWAY_KEY).findings}


def old(days: float = 20, *names: str) -> Any:
    return w.secret(days=days, names=names or ("*.shop.test",)).certificate


def test_a_probe_that_fails_is_told_with_listener_hostname_and_address() -> None:
    (finding,) = w.judge(seen(w.probe("http", "a.shop.test", "refused")), GATEWAY_KEY).findings
    assert (finding.code, finding.where, finding.severity) == ("health.probe-refused", "http a.shop.test", "error")
    assert "10.0.0.1:80" in finding.message.render("en")
    assert "a.shop.test" in finding.message.render("zh")
    assert finding.evidence == ("probe HTTP 10.0.0.1:80 a.shop.test: refused",)


@pytest.mark.parametrize("outcome", ["ok", "excluded", "invalid"])
def test_what_says_nothing(outcome: Any) -> None:
    assert said(seen(w.probe("http", "a.shop.test", outcome))) == {}


def test_no_probe_is_no_finding() -> None:
    assert said(seen()) == {}


def test_a_probe_counts_for_five_minutes() -> None:
    assert said(seen(w.probe(outcome="refused", ago=300))) != {}
    assert said(seen(w.probe(outcome="refused", ago=301))) == {}
    assert said(seen(w.probe("https", ago=301, certificate=old(-1)))) == {}


@pytest.mark.parametrize(
    "change",
    [
        lambda live: live["status"]["conditions"].__setitem__(1, w.condition("Programmed", "False", "Invalid")),
        lambda live: live["status"]["conditions"].pop(),
        lambda live: live["metadata"].__setitem__("generation", 2),
        lambda live: live["metadata"].__setitem__("deletionTimestamp", w.OLD),
        lambda live: live["status"]["conditions"][1].__setitem__("lastTransitionTime", w.at(seconds=59)),
        lambda live: live["status"]["listeners"][0]["conditions"].__setitem__(
            1, w.condition("Programmed", "False", "Invalid")
        ),
    ],
    ids=["not programmed", "says nothing", "stale", "deleted", "just programmed", "listener says so itself"],
)
def test_a_failure_counts_only_where_the_gateway_claims_to_serve(change: Callable[[Any], Any]) -> None:
    live = w.gateway("web", "shop", w.listener(), w.https())
    change(live)
    result = w.probe(outcome="refused")
    assert ("probe-refused", "http a.shop.test") not in said(seen(result, live=live))


def test_a_listener_that_changed_or_went_is_not_judged_by_its_old_probe() -> None:
    result = w.probe(outcome="refused")
    assert said(seen(result, live=w.gateway("web", "shop", w.listener(port=8080)))) == {}
    assert said(seen(result, live=w.gateway("web", "shop", w.listener("other")))) == {}


def test_a_listener_that_fails_for_each_hostname_is_one_finding() -> None:
    results = [w.probe("http", f"h{i}.test", "refused") for i in range(12)]
    snapshot = seen(*results)
    assert said(snapshot) == {("probe-refused", "http"): "error"}
    (finding,) = w.judge(snapshot, GATEWAY_KEY).findings
    assert len(finding.evidence) == 10
    assert "(+7)" in str(finding.params["hostname"])


def test_a_hostname_that_fails_alone_degrades_and_all_that_is_probed_makes_unhealthy() -> None:
    good, bad, other = w.probe(), w.probe("http", "b.test", "timeout"), w.probe("https", outcome="refused")
    only_http = w.gateway("web", "shop", w.listener())

    def state(*results: ProbeResult, live: Any = None) -> ObjectHealth:
        return w.judge(seen(*results, live=live), GATEWAY_KEY)

    assert state(good, bad, live=only_http).state == "degraded"
    assert state(bad, live=only_http).state == "unhealthy"
    assert state(bad).state == "degraded"
    assert state(bad, other).state == "unhealthy"
    assert state(good, bad, other).state == "degraded"


def test_one_address_of_two_that_fails_is_a_warning() -> None:
    bad = w.probe(outcome="refused")
    assert said(seen(bad, w.probe(address="10.0.0.2"))) == {("probe-refused", "http a.shop.test"): "warning"}
    both = seen(bad, w.probe(outcome="refused", address="10.0.0.2"))
    assert said(both) == {("probe-refused", "http a.shop.test"): "error"}


def test_the_listener_of_a_set_is_a_part_of_the_gateway() -> None:
    bad = w.probe("shop/more/extra", "c.test", "refused")
    snapshot = seen(bad, w.probe())
    w.put(snapshot, LISTENER_SET, w.listener_set())
    health = w.judge(snapshot, GATEWAY_KEY)
    assert [f.where for f in health.findings] == ["shop/more/extra c.test"]
    assert health.state == "degraded"


# Certificates


def test_a_certificate_that_ends_is_told_by_the_probe_where_secrets_are_not_granted() -> None:
    assert said(seen(w.probe("https", certificate=old(6)))) == {
        ("probe-certificate-expires", "https a.shop.test"): "error"
    }


@pytest.mark.parametrize("days", [-1, 6, 13, 29])
def test_a_certificate_that_ends_is_told_once(days: float) -> None:
    secret = w.secret(days=days)
    snapshot = seen(w.probe("https", certificate=secret.certificate), granted=True, secret=secret)
    assert [code for code, _ in said(snapshot)] == ["certificate-expired" if days < 0 else "certificate-expires"]


def test_an_old_certificate_that_is_still_served_is_told_although_the_secret_is_new() -> None:
    snapshot = seen(w.probe("https", certificate=old(3)), granted=True, secret=w.secret(days=90))
    assert said(snapshot) == {("probe-certificate-expires", "https a.shop.test"): "error"}


@pytest.mark.parametrize("secret", [None, w.secret(problem="key-mismatch"), w.secret(names=("b.test",))])
def test_a_certificate_for_another_name_is_told_once(secret: Any) -> None:
    """Where the Secret is missing or wrong, what is served in its place follows from that."""
    snapshot = seen(w.probe("https", certificate=old(90, "default.test")), granted=True, secret=secret)
    assert len(said(snapshot)) == 1
    assert not any(code.startswith("probe") for code, _ in said(snapshot))


def test_a_route_whose_hostname_the_certificate_does_not_cover_is_seen_by_the_probe_alone() -> None:
    live = w.gateway("web", "shop", w.https(hostname="*.test"))
    secret = w.secret(names=("*.test", "b.shop.test"))
    snapshot = seen(w.probe("https", certificate=secret.certificate), granted=True, secret=secret, live=live)
    assert said(snapshot) == {("probe-certificate-name", "https a.shop.test"): "error"}


def test_the_certificate_of_a_sets_listener_is_told_with_the_set_where_secrets_are_read() -> None:
    result = w.probe("shop/more/https", certificate=old(3))
    for granted, unread, count in ((True, False, 0), (True, True, 1), (False, False, 1)):
        snapshot = seen(result, granted=granted)
        w.put(snapshot, SECRET, w.secret())
        if unread:
            snapshot.unread[SECRET] = "kube.forbidden"
        assert sum(code.startswith("probe") for code, _ in said(snapshot)) == count


def test_distrust_is_for_your_information_and_not_told_of_what_expired() -> None:
    health = w.judge(seen(w.probe("https", certificate=old(90), distrust="self-signed certificate")), GATEWAY_KEY)
    assert health.state == "healthy"
    assert [f.code for f in health.findings] == ["health.probe-untrusted"]
    ended = seen(w.probe("https", certificate=old(-1), distrust="certificate has expired"))
    assert [code for code, _ in said(ended)] == ["probe-certificate-expired"]


def test_a_name_is_not_judged_where_none_was_asked_for() -> None:
    assert said(seen(w.probe("https", "", certificate=old(90, "b.test")))) == {}


def test_time_turns_what_a_probe_says() -> None:
    snapshot = seen(w.probe("https", outcome="refused", ago=290), w.probe("https", "b.test", certificate=old(7.0001)))
    assert elapsed(snapshot, NOW, NOW + timedelta(seconds=5)) == frozenset()
    assert elapsed(snapshot, NOW, NOW + timedelta(seconds=20)) == {GATEWAY_KEY}
    snapshot.probes.pop(w.probe("https", outcome="refused").target)
    assert elapsed(snapshot, NOW, NOW + timedelta(seconds=9)) == {GATEWAY_KEY}
