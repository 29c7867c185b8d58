"""The formats: what each service is sent, signed as it documents, and harmless whatever a cluster says."""

from __future__ import annotations

import base64
import hmac
import json
import re
from typing import Any, get_args
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.desired import NotificationType
from gatewright.model.events import Event
from gatewright.model.notifications import Target
from gatewright.observe.notifications.errors import AddressError, SecretError, UnsignedTypeError
from gatewright.observe.notifications.formats import DELIVERY, SIGNATURE, Letter, Outgoing, outgoing, refusal
from gatewright.observe.notifications.plain import plain
from gatewright.observe.notifications.target import target
from gatewright.text import Language, Message, message

TYPES: tuple[NotificationType, ...] = get_args(NotificationType)
CHATS = [t for t in TYPES if t != "webhook"]
URL = "https://hooks.example/KEY"
NOW = 1764000000.5


def letter(where: str = "Gateway/web", language: Language = "en", told: Message | None = None) -> Letter:
    event = Event(
        7, "2026-11-22T12:00:00.000000Z", "gatewright", "health.object", where,
        {"health": "healthy"}, {"health": "degraded"}, "shanghai", "payments", "error", told,
    )  # fmt: skip
    return Letter("d-1", "ops", event, language)


def sent(type: NotificationType, secret: str = "", **more: Any) -> Outgoing:
    return outgoing(type, Target(URL, secret), letter(**more), NOW)


def body(type: NotificationType, secret: str = "", **more: Any) -> dict[str, Any]:
    return json.loads(sent(type, secret, **more).body)


# Signatures. The vectors were computed with OpenSSL:
#   printf 'CONTENT' | openssl dgst -sha256 -hmac 'KEY' [-binary | base64]


def test_the_webhook_signs_moment_and_body() -> None:
    request = sent("webhook", "s3cret")
    moment, signature = request.headers[SIGNATURE].removeprefix("t=").split(",v1=")
    assert moment == "1764000000"
    assert hmac.compare_digest(signature, hmac.digest(b"s3cret", b"1764000000." + request.body, "sha256").hex())
    assert SIGNATURE not in sent("webhook").headers


def test_the_webhook_signature_is_what_openssl_computes() -> None:
    fixed = Letter("d", "n", Event(1, "", "w", "a.b", "x"), "en")
    request = outgoing("webhook", Target(URL, "s3cret"), fixed, 1764000000)
    assert request.body == (
        b'{"delivery":"d","event":{"at":"","what":"a.b","where":"x","who":"w"},"notification":"n","text":"a.b x, by w"}'
    )
    assert (
        request.headers[SIGNATURE] == "t=1764000000,v1=52ac252742e9dda123799d000600edc50936f03af1e76986b34673f8be9ce74c"
    )


def test_dingtalk_signs_in_the_query() -> None:
    request = outgoing("dingtalk", Target("https://d.example/send?access_token=T", "SEC00"), letter(), 1764000000.0)
    query = parse_qs(urlsplit(request.url).query)
    assert query == {
        "access_token": ["T"],
        "timestamp": ["1764000000000"],
        "sign": ["PNzvmBP1CNdpcvwJ9pLQ/uq/bgMEXfAjBxsg4T/rBYU="],
    }
    assert "+" not in urlsplit(request.url).query
    assert sent("dingtalk").url == URL


def test_feishu_signs_in_the_body() -> None:
    found = body("feishu", "SEC00")
    assert (found["timestamp"], found["sign"]) == ("1764000000", "SiyYRR7gG+o8Mx5PbkXn6033ut0d4XGBd9VkvYKCRzI=")
    assert base64.b64decode(found["sign"])
    assert "sign" not in body("feishu")


# Shapes


@pytest.mark.parametrize("type", TYPES)
def test_every_message_carries_its_key_and_no_secret(type: NotificationType) -> None:
    request = sent(type, "s3cret")
    assert request.headers[DELIVERY] == "d-1"
    assert "s3cret" not in request.body.decode() + str(request.headers) + request.url
    assert "KEY" not in repr(request)


def test_the_webhook_gets_the_event_as_it_is() -> None:
    found = body("webhook", where="<b>@all")
    assert (found["delivery"], found["notification"]) == ("d-1", "ops")
    assert found["event"]["where"] == "<b>@all"
    assert found["event"]["after"] == {"health": "degraded"}


def test_the_chats_get_title_sentence_and_facts_in_both_languages() -> None:
    told = message("rollout.milestone.paused", rollout="r-1", team="payments", clusters=3, cluster="-")
    for language, title, sentence, cluster in (
        ("en", "Gatewright: problem", "Rollout r-1 of team payments is paused.", "Cluster: shanghai"),
        ("zh", "Gatewright：故障", "团队 payments 的发布 r-1 已暂停。", "集群：shanghai"),
    ):
        for chat in CHATS:
            content = json.dumps(body(chat, language=language, told=told), ensure_ascii=False)
            assert all(part in content for part in (title, sentence, cluster)), (chat, language)


def test_the_formats_are_those_of_the_services() -> None:
    slack = body("slack")
    assert slack["text"].startswith("Gatewright: problem: ")
    assert [block["type"] for block in slack["blocks"]] == ["header", "section", "context"]
    assert slack["blocks"][1]["text"]["type"] == "plain_text"
    dingtalk = body("dingtalk")
    assert (dingtalk["msgtype"], dingtalk["at"]) == ("markdown", {"isAtAll": False})
    assert dingtalk["markdown"]["title"] == "Gatewright: problem"
    feishu = body("feishu", language="zh")
    assert feishu["msg_type"] == "post"
    assert {p["tag"] for line in feishu["content"]["post"]["zh_cn"]["content"] for p in line} == {"text"}
    wecom = body("wecom")
    assert wecom["msgtype"] == "markdown"
    assert wecom["markdown"]["content"].startswith("### Gatewright: problem\n")


def test_a_sentence_that_this_version_does_not_have_is_told_by_its_kind() -> None:
    assert "health.object" in body("webhook", told=message("health.of-the-future"))["text"]


# Hostile content

HOSTILE = [
    "@all", "@here now", "<!everyone>", "<!channel|x>", "<@U123>", "<users/all>", "[win](http://evil.example)",
    "<http://evil.example|click>", "![x](http://evil.example/x.png)", "a\n# head", "**bold**", "<font color='red'>",
    "<at user_id=\"all\">x</at>", "http://evil.example", "a\u202egnp.exe", "@\u200ball", "`code`", "a\\]b",
]  # fmt: skip


@pytest.mark.parametrize("type", CHATS)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_mentions_nobody_and_links_nowhere(type: NotificationType, name: str) -> None:
    told = message("store.unknown-team", team=name, nearest="-")
    for content in (body(type, where=name), body(type, told=told)):
        assert_harmless(content)


def assert_harmless(content: dict[str, Any]) -> None:
    for text in texts(content):
        assert not re.search(r"[@<\[`*!\\\u202e\u200b]|://|[^\n]\n#", text.removeprefix("### ")), text


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [t for v in value.values() for t in texts(v)]
    if isinstance(value, list):
        return [t for v in value for t in texts(v)]
    return [value] if isinstance(value, str) else []


@given(st.text())
def test_whatever_a_cluster_says_is_one_harmless_line(text: str) -> None:
    found = plain(text, 50)
    assert len(found.replace("\u2060", "")) <= 50
    assert not set(found) & set("@<>[]*`#!|~\\\n\r\t\u2028\u202e\u200b")
    assert "://" not in found


@given(st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?", fullmatch=True))
def test_a_name_that_kubernetes_allows_stays_as_it_is(name: str) -> None:
    assert plain(f"Gateway/{name}") == f"Gateway/{name}"


@pytest.mark.parametrize("type", CHATS)
def test_a_long_sentence_stays_within_what_services_take(type: NotificationType) -> None:
    request = sent(type, told=message("store.unknown-team", team="名" * 100_000, nearest="-"))
    content = json.loads(request.body)
    assert max(len(text.encode()) for text in texts(content)) < 4096


# Answers


@pytest.mark.parametrize(
    ("type", "status", "content", "key"),
    [
        ("webhook", 200, b"", None),
        ("webhook", 204, b"", None),
        ("webhook", 500, b"", "notify.reason.status"),
        ("webhook", 302, b"", "notify.reason.redirect"),
        ("slack", 200, b"ok", None),
        ("slack", 200, b'{"ok":true}', None),
        ("slack", 200, b'{"ok":false,"error":"x"}', "notify.reason.refused"),
        ("slack", 404, b"no_service", "notify.reason.status"),
        ("dingtalk", 200, b'{"errcode":0,"errmsg":"ok"}', None),
        ("dingtalk", 200, b'{"errcode":310000,"errmsg":"sign not match"}', "notify.reason.refused"),
        ("dingtalk", 200, b"<html>", "notify.reason.answer"),
        ("dingtalk", 200, b"[]", "notify.reason.answer"),
        ("feishu", 200, b'{"code":0,"msg":"success"}', None),
        ("feishu", 200, b'{"StatusCode":0,"StatusMessage":"success"}', None),
        ("feishu", 200, b'{"code":19021,"msg":"sign match fail"}', "notify.reason.refused"),
        ("wecom", 200, b'{"errcode":0}', None),
        ("wecom", 200, b'{"errcode":93000,"errmsg":"invalid webhook url"}', "notify.reason.refused"),
        ("wecom", 200, b'{"errcode":false}', "notify.reason.refused"),
        ("wecom", 200, b"", "notify.reason.answer"),
    ],
)
def test_an_answer_is_read_as_the_service_means_it(
    type: NotificationType, status: int, content: bytes, key: str | None
) -> None:
    why = refusal(type, status, content)
    assert (why.key if why else None) == key
    if why is not None:
        assert why.render("en")
        assert why.render("zh")


@given(st.sampled_from(TYPES), st.integers(100, 599), st.binary())
def test_no_answer_breaks_the_reader(type: NotificationType, status: int, content: bytes) -> None:
    why = refusal(type, status, content)
    assert why is not None or 200 <= status < 300


# Addresses


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a", "https://", "https://u:p@a/x", "https://a/x#y", "https://a b", "https://a:x/", "https://é/"],
)
def test_an_address_that_cannot_be_used_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(AddressError) as caught:
        target("webhook", url, "")
    assert caught.value.report.params == {}


def test_what_is_read_from_a_file_may_end_in_a_line_break() -> None:
    assert target("webhook", f"{URL}\n", " s3cret\n") == Target(URL, "s3cret")
    with pytest.raises(SecretError):
        target("webhook", URL, "\n")
    with pytest.raises(SecretError):
        target("webhook", URL, "a\x00b")
    with pytest.raises(UnsignedTypeError):
        target("slack", URL, "s3cret")
