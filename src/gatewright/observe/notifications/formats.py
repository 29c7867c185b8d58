"""A message in the format of each service: body, signature, and what its answer means. Pure.

- webhook: the event as JSON, without its number. ``X-Gatewright-Signature: t=UNIX,v1=HEX`` is
  HMAC-SHA256(secret, t + "." + body).
- slack: ``text`` and ``blocks`` (https://api.slack.com/messaging/webhooks); Mattermost and others read ``text``.
- dingtalk: markdown; ``timestamp`` (ms) and ``sign`` in the query, HMAC-SHA256(secret, timestamp + "\\n" + secret) in
  base64 (https://open.dingtalk.com/document/robots/customize-robot-security-settings).
- feishu: a post; ``timestamp`` (s) and ``sign`` in the body, HMAC-SHA256(timestamp + "\\n" + secret, "") in base64
  (https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot).
- wecom: markdown (https://developer.work.weixin.qq.com/document/path/91770). It knows no signature.

DingTalk, Feishu and WeCom answer 200 also when they refuse; the code in the body tells.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote_plus

import msgspec

from gatewright.model.desired import NotificationType
from gatewright.model.events import Event
from gatewright.model.notifications import Target
from gatewright.observe.notifications.plain import plain
from gatewright.text import Language, Message, message, text

DELIVERY: Final = "X-Gatewright-Delivery"
SIGNATURE: Final = "X-Gatewright-Signature"
_NAME: Final = 200
_HEADER: Final = 150
"""Characters of a header block of Slack."""


class Letter(msgspec.Struct, frozen=True):
    """A message before it has a format. ``id`` stays the same when it is sent again; ``notification`` is the full
    name of the one that sends it."""

    id: str
    notification: str
    event: Event
    language: Language

    def headline(self) -> str:
        """What happened, as one sentence."""
        event = self.event
        bare = message("notify.event", who=event.who, what=event.what, where=event.where)
        try:
            return (event.message or bare).render(self.language)
        except KeyError:  # a newer worker raised it, whose sentences this one does not have
            return bare.render(self.language)

    def facts(self) -> list[str]:
        """The lines below the headline, made harmless."""
        event = self.event
        known = {"cluster": event.cluster, "team": event.team, "object": event.where, "kind": event.what}
        found = {**known, "at": event.at[:19] + "Z" if event.at else ""}
        return [self._fact(name, value) for name, value in found.items() if value]

    def _fact(self, name: str, value: str) -> str:
        return text("notify.fact", self.language, name=message(f"notify.fact.{name}"), value=plain(value, _NAME))

    def title(self) -> str:
        return text(f"notify.title.{self.event.severity}", self.language)


class Outgoing(msgspec.Struct, frozen=True):
    """A request: POST ``body`` to ``url``. Not in any log: the address is a credential."""

    url: str
    headers: dict[str, str]
    body: bytes

    def __repr__(self) -> str:
        return "Outgoing()"


def outgoing(type: NotificationType, target: Target, letter: Letter, now: float) -> Outgoing:
    """The request for one attempt at ``now`` (seconds since 1970)."""
    return _FORMATS[type](target, letter, now)


def refusal(type: NotificationType, status: int, body: bytes) -> Message | None:
    """Why an answer means that the message did not arrive; None: it did."""
    if 300 <= status < 400:
        return message("notify.reason.redirect", status=status)
    if not 200 <= status < 300:
        return message("notify.reason.status", status=status)
    names = _CODES[type]
    if not names:
        return None
    answer = _object(body)
    name = next((name for name in names if name in answer), None)
    if type == "slack":
        return None if name is None or answer[name] is not False else _refused(answer.get("error"), answer)
    if name is None:
        return message("notify.reason.answer")
    return None if answer[name] in (0, "0") and answer[name] is not False else _refused(answer[name], answer)


_CODES: Final[Mapping[NotificationType, tuple[str, ...]]] = {
    "webhook": (),
    "slack": ("ok",),
    "dingtalk": ("errcode",),
    "feishu": ("code", "StatusCode"),
    "wecom": ("errcode",),
}


def _object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def _refused(code: object, answer: Mapping[str, Any]) -> Message:
    said = next((str(answer[name]) for name in ("errmsg", "msg", "StatusMessage") if answer.get(name)), "-")
    return message("notify.reason.refused", code=plain(str(code), 40), said=plain(said, _NAME))


def _webhook(target: Target, letter: Letter, now: float) -> Outgoing:
    # Without its number, whose gaps would tell of events that are not the receiver's.
    event = {name: value for name, value in msgspec.to_builtins(letter.event).items() if name != "id"}
    content = {
        "delivery": letter.id,
        "notification": letter.notification,
        "text": letter.headline(),
        "event": event,
    }
    body = msgspec.json.encode(content, order="deterministic")
    headers: dict[str, str] = {}
    if target.secret:
        moment = str(int(now))
        signed = _hmac(target.secret.encode(), f"{moment}.".encode() + body).hex()
        headers[SIGNATURE] = f"t={moment},v1={signed}"
    return _json(target.url, letter, body, headers)


def _slack(target: Target, letter: Letter, now: float) -> Outgoing:
    title, headline = letter.title(), plain(letter.headline())
    content = {
        "text": _entities(f"{title}: {headline}"),
        "mrkdwn": False,
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "header", "text": _slack_text(title[:_HEADER])},
            {"type": "section", "text": _slack_text(headline)},
            {"type": "context", "elements": [_slack_text(fact) for fact in letter.facts()]},
        ],
    }
    return _json(target.url, letter, msgspec.json.encode(content))


def _slack_text(value: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": _entities(value), "emoji": False}


def _entities(value: str) -> str:
    """The only escapes that Slack knows; ``plain`` has left no angle brackets."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _dingtalk(target: Target, letter: Letter, now: float) -> Outgoing:
    lines = [f"### {letter.title()}", plain(letter.headline())]
    lines += [f"- {fact}" for fact in letter.facts()]
    content = {
        "msgtype": "markdown",
        "markdown": {"title": letter.title(), "text": "\n\n".join(lines)},
        "at": {"isAtAll": False},
    }
    url = target.url
    if target.secret:
        moment = str(int(now * 1000))
        signed = _hmac(target.secret.encode(), f"{moment}\n{target.secret}".encode())
        separator = "&" if "?" in url else "?"
        url += f"{separator}timestamp={moment}&sign={quote_plus(base64.b64encode(signed))}"
    return _json(url, letter, msgspec.json.encode(content))


def _feishu(target: Target, letter: Letter, now: float) -> Outgoing:
    lines = [plain(letter.headline()), *letter.facts()]
    paragraphs = [[{"tag": "text", "text": line}] for line in lines]
    language = "zh_cn" if letter.language == "zh" else "en_us"
    post = {language: {"title": letter.title(), "content": paragraphs}}
    content: dict[str, Any] = {"msg_type": "post", "content": {"post": post}}
    if target.secret:
        moment = str(int(now))
        signed = _hmac(f"{moment}\n{target.secret}".encode(), b"")
        content = {"timestamp": moment, "sign": base64.b64encode(signed).decode(), **content}
    return _json(target.url, letter, msgspec.json.encode(content))


def _wecom(target: Target, letter: Letter, now: float) -> Outgoing:
    lines = [f"### {letter.title()}", plain(letter.headline())]
    lines += [f"> {fact}" for fact in letter.facts()]
    content = {"msgtype": "markdown", "markdown": {"content": "\n".join(lines)}}
    return _json(target.url, letter, msgspec.json.encode(content))


_FORMATS: Final[Mapping[NotificationType, Callable[[Target, Letter, float], Outgoing]]] = {
    "webhook": _webhook,
    "slack": _slack,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
    "wecom": _wecom,
}


def _json(url: str, letter: Letter, body: bytes, headers: Mapping[str, str] | None = None) -> Outgoing:
    common = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "gatewright", DELIVERY: letter.id}
    return Outgoing(url, {**common, **(headers or {})}, body)


def _hmac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()
