"""One attempt: it ends within its deadline, follows nothing, and never says the address."""

from __future__ import annotations

from typing import Any

import pytest

from gatewright.model.events import Event
from gatewright.model.notifications import Target
from gatewright.observe.notifications.formats import Letter
from gatewright.observe.notifications.sender import Failure, Sender, retry_after

LETTER = Letter("d-1", "ops", Event(1, "", "w", "health.object", "x"), "en")


async def attempt(url: str, **options: Any) -> Failure | None:
    async with Sender(**options) as sender:
        return await sender.send("webhook", Target(url), LETTER)


async def test_what_arrives_is_no_failure(receiver: Any) -> None:
    assert await attempt(receiver.url) is None


async def test_a_receiver_that_hangs_is_left(receiver: Any) -> None:
    receiver.answers = [None]
    failure = await attempt(receiver.url, seconds=0.2)
    assert failure is not None
    assert failure.why.key == "notify.reason.timeout"


async def test_a_redirect_is_not_followed(receiver: Any) -> None:
    receiver.answer(307, Location=receiver.url)
    failure = await attempt(receiver.url)
    assert failure is not None
    assert (failure.why.key, len(receiver.seen)) == ("notify.reason.redirect", 1)


async def test_an_endless_answer_is_not_read_to_its_end(receiver: Any) -> None:
    receiver.answers = [(200, "x" * 10_000_000, {})]
    assert await attempt(receiver.url) is None


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://169.254.169.254/latest/KEY", "notify.reason.forbidden"),
        ("http://[fd00:ec2::254]/KEY", "notify.reason.forbidden"),
        ("http://[::ffff:169.254.169.254]/KEY", "notify.reason.forbidden"),
        ("http://0.0.0.0/KEY", "notify.reason.forbidden"),
        ("http://127.0.0.1:1/KEY", "notify.reason.network"),
        ("http://nothing.invalid/KEY", "notify.reason.name"),
    ],
)
async def test_an_address_that_cannot_be_reached_is_a_reason_without_the_address(url: str, key: str) -> None:
    failure = await attempt(url)
    assert failure is not None
    assert failure.why.key == key
    for language in ("en", "zh"):
        assert "KEY" not in failure.why.render(language)  # type: ignore[arg-type]


async def test_tls_is_checked(receiver: Any) -> None:
    failure = await attempt(receiver.url.replace("http:", "https:"))
    assert failure is not None
    assert failure.why.key in ("notify.reason.tls", "notify.reason.network")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("120", 120), ("0", 0), ("99999999999", 3600), ("", None), ("soon", None), ("-5", None), ("１", None),
        ("Mon, 24 Nov 2025 16:01:00 GMT", 60), ("Mon, 24 Nov 2025 15:00:00 GMT", 0), ("Mon, 99 Nov", None),
    ],
)  # fmt: skip
def test_retry_after_is_read(given: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": given}, 1764000000) == seconds
