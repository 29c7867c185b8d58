"""Every act of a person has its entry, done or refused, from wherever they came; and only once."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import itertools
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import msgspec
import pytest
import structlog

from gatewright.model.audit import Entry
from gatewright.server.app import create_app
from gatewright.server.audit import AuditTrail, Strangers
from gatewright.server.auditfiles import csv_lines
from gatewright.server.principal import ALL, Principal, operator
from gatewright.server.services import Services
from gatewright.store.database import Database

Open = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
HEAD = "apiVersion: gatewright.io/v1alpha1"
PASSWORD = "zq7-correct-horse-battery"
TOKEN = "gwo_0123456789abcdefghijklmnop"


@contextlib.asynccontextmanager
async def through_socket(services: Services, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(services, token=TOKEN), client=("192.0.2.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers) as client:
        yield client


async def entries(api: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """Oldest first."""
    answer = await api.get("/audit", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()[::-1]


async def test_the_command_line_of_this_machine_is_audited_too(api: httpx.AsyncClient) -> None:
    answer = await api.put("/teams/payments", json={})
    (entry,) = await entries(api)
    assert (entry["who"], entry["via"], entry["outcome"]) == ("ada", "local", "done")
    assert "address" not in entry
    assert "agent" not in entry
    assert (entry["what"], entry["where"], entry["team"]) == ("team.create", "payments", "payments")
    assert entry["route"] == "PUT /api/v1/teams/payments"
    assert entry["request"] == answer.headers["x-request-id"]


async def test_where_a_request_came_from_is_told(services: Services) -> None:
    async with through_socket(services, authorization=f"Bearer {TOKEN}", **{"user-agent": "curl/8"}) as api:
        await api.put("/teams/payments", json={})
        (entry,) = await entries(api)
    assert (entry["who"], entry["via"]) == ("operator", "operator")
    assert (entry["address"], entry["agent"]) == ("192.0.2.7", "curl/8")


async def test_behind_a_proxy_the_client_s_address_is_told(services: Services) -> None:
    settings = msgspec.structs.replace(services.settings, proxies=("192.0.2.7",))
    app = create_app(dataclasses.replace(services, settings=settings), token=TOKEN)
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 4711))
    headers = {"authorization": f"Bearer {TOKEN}", "x-forwarded-for": "203.0.113.9"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers) as api:
        await api.put("/teams/payments", json={})
        (entry,) = await entries(api)
    assert entry["address"] == "203.0.113.9"


async def test_before_and_after_are_told_without_secrets(api: httpx.AsyncClient) -> None:
    body = {"type": "webhook", "url": "https://hooks.example/T0/Zq7secret", "secret": "Zq7secret"}
    assert (await api.put("/notifications/ops", json=body)).status_code == 200
    await api.put("/teams/payments", json={"defaultNamespace": "a"})
    await api.put("/teams/payments", json={"defaultNamespace": "b"})
    made, _, changed = await entries(api)
    assert made["what"] == "notification.create"
    assert "Zq7secret" not in json.dumps(made)
    assert (changed["before"]["defaultNamespace"], changed["after"]["defaultNamespace"]) == ("a", "b")


async def test_what_changes_nothing_is_told_once(api: httpx.AsyncClient) -> None:
    for _ in range(2):
        await api.put("/teams/payments", json={})
    assert [(e["what"], e["outcome"]) for e in await entries(api)] == [("team.create", "done"), ("team.write", "done")]


async def test_what_was_done_is_a_sentence_and_what_was_refused_is_none(api: httpx.AsyncClient) -> None:
    await api.put("/teams/payments", json={})
    await api.put("/teams/payments", json={"unknown": 1})
    done, refused = await entries(api)
    assert done["message"]["key"] == "event.team.create"
    assert done["message"]["params"] == {"who": done["who"], "name": "payments"}
    assert "message" not in refused


async def test_one_request_that_changes_several_things_has_an_entry_of_each(api: httpx.AsyncClient) -> None:
    documents = "\n---\n".join(f"{HEAD}\nkind: Team\nmetadata: {{name: {name}}}\nspec: {{}}" for name in ("a", "b"))
    for path in ("/diff", "/apply"):
        assert (await api.post(path, json={"documents": [{"file": "f", "text": documents}]})).status_code == 200
    found = await entries(api)
    assert [e["where"] for e in found] == ["a", "b"]
    assert len({e["request"] for e in found}) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "what"),
    [
        ("DELETE", "/teams/nothing", None, 404, "team.write"),
        ("PUT", "/teams/Wrong_Name", {}, 422, "team.write"),
        ("PUT", "/teams/x", {"unknown": 1}, 422, "team.write"),
        ("POST", "/rollouts", {"plan": "0" * 64}, 404, "rollout.start"),
        ("DELETE", "/nowhere", None, 404, "request"),
        ("DELETE", "/teams", None, 405, None),
    ],
)
async def test_what_is_refused_is_told_with_its_code(
    api: httpx.AsyncClient, method: str, path: str, body: Any, status: int, what: str | None
) -> None:
    answer = await api.request(method, path, json=body)
    assert answer.status_code == status
    (entry,) = await entries(api)
    assert (entry["outcome"], entry["code"]) == ("refused", answer.json()["code"])
    assert what is None or entry["what"] == what
    assert entry["route"] == f"{method} /api/v1{path}"


async def test_who_lacks_a_permission_is_told(connect: Open, api: httpx.AsyncClient) -> None:
    bo = Principal("bo", frozenset({"cluster.read"}), via="session", id="u-2")
    async with connect(bo) as client:
        assert (await client.delete("/clusters/shanghai")).status_code == 403
        assert (await client.get("/clusters")).status_code == 200
    (entry,) = await entries(api)
    assert (entry["who"], entry["person"], entry["via"]) == ("bo", "u-2", "session")
    assert (entry["what"], entry["where"], entry["cluster"]) == ("cluster.remove", "shanghai", "shanghai")
    assert entry["code"] == "server.forbidden"


async def test_a_fault_of_ours_is_told(services: Services, api: httpx.AsyncClient) -> None:
    class Broken:
        async def put(self, *_: object) -> None:
            raise RuntimeError("Zq7secret")

    broken = dataclasses.replace(services, desired=Broken())  # type: ignore[arg-type]
    transport = httpx.ASGITransport(create_app(broken, token=TOKEN), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
        answer = await client.put("/teams/x", json={}, headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 500
    (entry,) = await entries(api)
    assert (entry["outcome"], entry["code"]) == ("refused", "server.internal")
    assert "Zq7secret" not in json.dumps(entry)


async def test_strangers_are_told_of_and_cannot_fill_the_disk(services: Services, api: httpx.AsyncClient) -> None:
    async with through_socket(services) as stranger:
        for _ in range(50):
            assert (await stranger.put("/teams/x", json={})).status_code == 401
    found = await entries(api)
    assert 1 <= len(found) <= 20
    assert {(e["who"], e.get("via", ""), e["code"]) for e in found} == {("", "", "server.unauthenticated")}


def test_what_is_left_out_of_strangers_is_counted() -> None:
    now = [0.0]
    strangers = Strangers(each=2, together=3, now=lambda: now[0])
    assert [strangers.admit(address) for address in "aaabcc"] == [0, 0, None, 1, None, None]
    now[0] = 60.0
    assert strangers.admit("a") == 2


async def test_reading_is_no_act_but_taking_the_audit_away_is(api: httpx.AsyncClient) -> None:
    for path in ("/teams", "/clusters", "/audit", "/events"):
        await api.get(path)
    assert await entries(api) == []
    assert (await api.get("/audit/export")).status_code == 200
    assert [e["what"] for e in await entries(api)] == ["audit.export"]


async def test_a_team_s_owner_is_shown_the_acts_of_that_team_only(connect: Open, api: httpx.AsyncClient) -> None:
    for name in ("payments", "orders"):
        await api.put(f"/teams/{name}", json={})
    owner = Principal("bo", teams={"payments": frozenset({"audit.read", "team.read"})}, via="session", id="u-2")
    async with connect(owner) as client:
        assert [e["where"] for e in await entries(client)] == ["payments"]
        assert [e["where"] for e in await entries(client, q="orders")] == []
        assert [e["where"] for e in await entries(client, team="payments")] == ["payments"]
        hidden, absent = [await client.get("/audit", params={"team": name}) for name in ("orders", "nosuch")]
        assert hidden.status_code == absent.status_code
        assert hidden.text.replace("orders", "-") == absent.text.replace("nosuch", "-")
        assert (await client.get("/audit/export")).status_code == 403
    async with connect(Principal("cy", frozenset({"team.read"}))) as client:
        assert (await client.get("/audit")).status_code == 403


async def test_ids_tell_no_counts(api: httpx.AsyncClient) -> None:
    for number in range(5):
        await api.put(f"/teams/t{number}", json={})
    ids = [e["id"] for e in await entries(api)]
    assert ids == sorted(ids)
    steps = {int(b, 16) - int(a, 16) for a, b in itertools.pairwise(ids)}
    assert min(steps) > 1000
    assert len(steps) == 4


async def test_pages_join_and_filters_hold_across_them(api: httpx.AsyncClient) -> None:
    for number in range(12):
        await api.put(f"/teams/t{number}", json={})
        await api.delete(f"/teams/nothing{number}")
    answer = await api.get("/audit", params={"outcome": "done", "limit": 5})
    found = answer.json()
    while "next" in answer.links:
        answer = await api.get(answer.links["next"]["url"].removeprefix("/api/v1"))
        found += answer.json()
    assert [e["where"] for e in found] == [f"t{n}" for n in reversed(range(12))]


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-22", "2026-11-22T09:30:00", "9" * 30])
async def test_a_moment_needs_a_zone(api: httpx.AsyncClient, moment: str) -> None:
    answer = await api.get("/audit", params={"since": moment})
    assert (answer.status_code, answer.json()["code"]) == (422, "server.parameter")


@pytest.mark.parametrize("path", ["/audit", "/audit/export"])
async def test_an_empty_moment_is_none(api: httpx.AsyncClient, path: str) -> None:
    assert (await api.get(path, params={"until": ""})).json()["code"] == "server.parameter"


async def test_times_limit_what_is_found(api: httpx.AsyncClient) -> None:
    await api.put("/teams/a", json={})
    (entry,) = await entries(api)
    assert await entries(api, since=entry["at"]) == [entry]
    assert await entries(api, until=entry["at"]) == []
    assert await entries(api, since="2000-01-01T00:00:00+08:00", until="2001-01-01T00:00:00Z") == []


async def test_the_whole_audit_is_exported(api: httpx.AsyncClient) -> None:
    for number in range(7):
        await api.put(f"/teams/t{number}", json={})
    lines = await api.get("/audit/export", params={"what": "team."})
    assert lines.headers["content-type"] == "application/jsonl"
    assert lines.headers["cache-control"] == "no-store"
    assert [json.loads(line)["where"] for line in lines.text.splitlines()] == [f"t{n}" for n in reversed(range(7))]
    table = await api.get("/audit/export", params={"what": "team.", "format": "csv"})
    assert table.headers["content-type"].startswith("text/csv")
    assert 'filename="gatewright-audit.csv"' in table.headers["content-disposition"]
    read = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["where"] for row in read] == [f"t{n}" for n in reversed(range(7))]
    assert json.loads(read[0]["after"])["name"] == "t6"


async def test_an_export_reads_the_audit_in_portions(db: Database) -> None:
    asked: list[int] = []

    class Watched(AuditTrail):
        async def page(self, wanted: Any, *, before: str | None, limit: int) -> list[Entry]:
            asked.append(limit)
            return await super().page(wanted, before=before, limit=limit)

    trail = Watched(db)
    assert [entry async for entry in trail.all(_everything())] == []
    assert asked == [500]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "＝1"])
async def test_a_spreadsheet_calculates_nothing(text: str) -> None:
    async def entries() -> AsyncGenerator[Entry]:
        yield Entry("1", "2026", text, "x", text, "done", agent=text)

    content = b"".join([line async for line in csv_lines(entries())]).decode()
    row = next(csv.DictReader(io.StringIO(content, newline="")))
    assert {row["who"], row["where"], row["agent"]} == {f"'{text}"}


def _everything() -> Any:
    from gatewright.model.audit import Wanted

    return Wanted()


async def test_an_entry_that_cannot_be_written_does_not_undo_the_answer(services: Services) -> None:
    async with Database.open("postgresql://nobody@127.0.0.1:1/none") as gone:
        broken = dataclasses.replace(services, audit=AuditTrail(gone))
        transport = httpx.ASGITransport(create_app(broken, token=TOKEN))
        async with httpx.AsyncClient(transport=transport, base_url="http://test/api/v1") as client:
            with structlog.testing.capture_logs() as logs:
                answer = await client.delete("/teams/nothing", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 404
    assert [(line["log_level"], line["code"]) for line in logs] == [("error", "store.database-unreachable")]


def test_the_operator_is_a_person_like_any_other() -> None:
    assert operator("ada").via == "local"
    assert Principal("operator", ALL).via == "operator"


async def test_signing_in_is_told_and_a_password_in_the_wrong_place_is_not(
    services: Services, api: httpx.AsyncClient
) -> None:
    await api.put("/users/bo", json={})
    await api.put("/users/bo/password", json={"password": PASSWORD})
    async with through_socket(services) as browser:
        for name, password in (("bo", "wrong"), (PASSWORD, "bo"), ("bo", PASSWORD)):
            await browser.post("/session", json={"name": name, "password": password})
    found = [e for e in await entries(api) if e["what"].startswith("session.")]
    assert [(e["who"], e["what"], e["where"], e["outcome"]) for e in found] == [
        ("", "session.sign-in", "bo", "refused"),
        ("", "session.sign-in", "", "refused"),
        ("bo", "session.create", "bo", "done"),
    ]
    assert found[0]["code"] == found[1]["code"] == "people.sign-in-refused"
    assert {e["address"] for e in found} == {"192.0.2.7"}
    assert PASSWORD not in json.dumps(await entries(api))
