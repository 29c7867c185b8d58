"""What people do is told in words, on the command line, in the log of events, and to whom a notification tells it."""

from __future__ import annotations

from io import StringIO
from typing import Any

import httpx
import msgspec
from people import OTHER, PASSWORD, Browsers, signed_in
from rich.console import Console

from gatewright.cli.views import events as view
from gatewright.model.events import Event
from gatewright.observe.notifications.formats import Letter
from gatewright.server.values import EventView
from gatewright.text import Language, Message


def shown(event: dict[str, Any], language: Language) -> str:
    out = StringIO()
    Console(file=out, width=400).print(view.line(msgspec.convert(event, EventView), language))
    return out.getvalue()


async def test_every_event_of_people_is_told_in_words(people: None, api: httpx.AsyncClient, browser: Browsers) -> None:
    async with browser() as client:
        await signed_in(client, "olga", OTHER)
        await signed_in(client, "olga")
        made = await client.post("/tokens", json={"name": "ci", "days": 1})
        assert made.status_code == 201, made.text
        assert (await client.delete(f"/tokens/{made.json()['token']['id']}")).status_code == 204
        assert (await client.put("/me/password", json={"current": PASSWORD, "password": OTHER})).status_code == 204
        assert (await client.delete("/session")).status_code == 204
    await api.put("/teams/payments/members/vera", json={"role": "developer"})
    await api.delete("/teams/payments/members/vera")
    await api.put("/roles/looker", json={"scope": "team", "permissions": ["team.read"]})
    await api.put("/users/vera", json={"disabled": True})
    await api.delete("/users/vera")
    events = (await api.get("/events", params={"limit": 500})).json()
    kinds = {event["what"] for event in events}
    assert {"session.refused", "token.delete", "user.password", "member.update", "role.create", "user.delete"} <= kinds
    for event in events:
        said = msgspec.convert(event["message"], Message)
        for language in ("en", "zh"):
            assert said.render(language) in shown(event, language)
            letter = Letter("d-1", "ops", Event(1, "", event["who"], event["what"], "x", message=said), language)
            assert letter.headline() == said.render(language)
