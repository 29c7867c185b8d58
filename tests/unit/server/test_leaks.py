"""No answer, no header and no line of the log tells a credential; the database holds none in the clear.

Everything that is secret has a random canary in it. Then every route is called by everybody there is, with bodies that
are right, wrong and full of secrets, and whatever comes back is searched for the canaries as they are and as they may
be dressed up. Routes are listed by the application, so that a new one is searched too.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import structlog
import two_teams
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi.routing import APIRoute

from gatewright.cli.transport import InProcessTransport
from gatewright.server.app import api_routes, create_app
from gatewright.server.operations import body_of, declared_of, methods_of, query_names
from gatewright.server.principal import SCOPE_KEY, Principal, operator
from gatewright.server.roles import BUILTIN
from gatewright.server.services import Services, open_services
from gatewright.server.sessions import COOKIE
from gatewright.server.settings import from_environment

PERSON, ADMINISTRATOR = "mallory", "root"
QUERY: dict[str, str] = {
    "kinds": "gateways",
    "kind": "Gateway",
    "name": "web",
    "object": "web",
    "namespace": "shop",
    "cluster": "east",
    "team": two_teams.TEAM,
    "format": "csv",
    "after": "0",
    "return_to": "/",
    "state": "x",
    "code": "x",
}
"""Parameters of addresses; a route is asked with those that it has, and with none."""
OWN_QUERY: dict[str, dict[str, str]] = {
    "/explain": {"kind": "httproute", "name": "pie"},
    "/clusters/{name}/object": {"kind": "Gateway", "object": "web", "namespace": "shop"},
}
ENDING = ("/sessions", "/session")
"""What ends the session of whoever asks: it comes last."""
TOLD_ONCE = {
    ("POST /tokens", "API token"),
    ("POST /registrations", "registration token"),
}
"""Where a secret of ours is handed to whoever made it."""


@dataclass
class Secrets:
    """The canaries by what they are."""

    known: dict[str, str] = field(default_factory=dict)

    def new(self, what: str) -> str:
        return self.add(what, f"Cn4ry{secrets.token_hex(12)}")

    def add(self, what: str, value: str) -> str:
        self.known[what] = value
        return value

    def found_in(self, text: str) -> Iterator[str]:
        for what, value in self.known.items():
            if any(form in text for form in forms(value)):
                yield what


def forms(value: str) -> set[str]:
    """A secret as it is, and as it is inside of something that is in base64, hexadecimal, or an address."""
    raw = value.encode()
    found = {value, value[::-1], raw.hex(), raw.hex().upper(), quote(value, safe=""), json.dumps(value)[1:-1]}
    for shift in range(3):
        for altchars in (b"+/", b"-_"):
            encoded = base64.b64encode(b"\0" * shift + raw, altchars).decode().rstrip("=")
            # The ends depend on what stands beside the secret.
            found.add(encoded[-(-shift * 8 // 6) + (1 if shift else 0) : -2])
    return {form for form in found if len(form) >= 12}


def test_a_secret_is_found_whatever_it_is_wrapped_in() -> None:
    value = "Cn4ry" + secrets.token_hex(12)
    for before in ("", "a", "ab", "abc", "é"):
        text = f"{before}{value}{before} and so on"
        for wrapped in (
            text,
            base64.b64encode(text.encode()).decode(),
            base64.urlsafe_b64encode(text.encode()).decode(),
            text.encode().hex(),
            quote(text),
            json.dumps({"x": text}),
        ):
            assert any(form in wrapped for form in forms(value)), wrapped
    assert not any(form in "Cn4ry" * 100 for form in forms(value))


class Socket(InProcessTransport):
    """As through a socket: nobody is known from inside."""

    def __init__(self, app: Any) -> None:
        super().__init__(app, operator("nobody"))

    def _scope(self, request: httpx.Request) -> Any:
        scope = super()._scope(request)
        del scope[SCOPE_KEY]
        return {**scope, "client": ("192.0.2.7", 4711)}


@dataclass
class Answers:
    """What came back: by what was asked, everything that was said."""

    told: list[tuple[str, int, str]] = field(default_factory=list)

    async def ask(
        self, client: httpx.AsyncClient, method: str, path: str, route: str = "", **given: Any
    ) -> httpx.Response:
        async with client.stream(method, path, **given) as answer:
            body = b"".join([part async for part in _head(answer)])
        headers = {key: value for key, value in answer.headers.multi_items() if key != "set-cookie"}
        cookies = [re.sub(rf"{COOKIE}=[^;]*", "", value) for value in answer.headers.get_list("set-cookie")]
        text = f"{headers}\n{cookies}\n{body.decode('utf-8', 'replace')}"
        self.told.append((f"{method} {route or path}", answer.status_code, text))
        answer._content = body  # pyright: ignore[reportPrivateUsage]
        return answer


async def _head(answer: httpx.Response) -> AsyncIterator[bytes]:
    """The whole of an answer; of a stream what comes at once."""
    if not answer.headers.get("content-type", "").startswith("text/event-stream"):
        async for part in answer.aiter_bytes():
            yield part
        return
    parts = answer.aiter_bytes()
    try:
        async with asyncio.timeout(0.25):
            async for part in parts:
                yield part
    except TimeoutError:
        return


@pytest.fixture
def canaries() -> Secrets:
    return Secrets()


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
async def services(home: Path, canaries: Secrets, log: io.StringIO) -> AsyncIterator[Services]:
    """An installation whose own secrets are canaries, and that tells its log all it can."""
    environment = {
        "GATEWRIGHT_HOME": str(home),
        "GATEWRIGHT_DEBUG": "1",
        "GATEWRIGHT_TOKEN": canaries.new("GATEWRIGHT_TOKEN"),
        "GATEWRIGHT_OIDC_ISSUER": "http://127.0.0.1:1",
        "GATEWRIGHT_OIDC_CLIENT_ID": "gatewright",
        "GATEWRIGHT_OIDC_CLIENT_SECRET": canaries.new("OIDC client secret"),
    }
    async with open_services(from_environment(environment)) as opened:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
        canaries.add("key of the installation", (home / "key").read_text().strip())
        yield opened
        opened.observatory.watches_now = False
    structlog.reset_defaults()


def certificate() -> tuple[str, str]:
    """A certificate and its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gatewright")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM).decode(), pem.decode()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


async def test_nothing_tells_a_credential(
    services: Services,
    home: Path,
    canaries: Secrets,
    kubernetes: Any,
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
) -> None:
    token = canaries.add("operator's token", "gwo_" + canaries.new("operator's token, its end"))
    app = create_app(services, token=token)
    answers = Answers()
    mine, _ = await two_teams.furnish(services)
    owner = Principal("bo", teams={two_teams.TEAM: frozenset(BUILTIN["owner"].permissions)}, via="session", id="u-2")
    async with (
        client_of(Socket(app)) as anybody,
        client_of(Socket(app), authorization=f"Bearer {token}") as by_token,
        client_of(InProcessTransport(app, operator("ada"))) as local,
        client_of(InProcessTransport(app, owner)) as member,
        client_of(Socket(app), origin="http://test") as person,
    ):
        await fill(answers, local, canaries, kubernetes)
        await sign_in(answers, person, canaries)
        for client in (anybody, by_token, local, member, person):
            await sweep(answers, client, mine, canaries)
        for path in ("/", "/sign-in?error=oidc.lost", "/assets/none.js", "/index.html", "/gatewright.svg"):
            await answers.ask(anybody, "GET", f"http://test{path}")
        await break_things(answers, local, kubernetes, canaries)
        await sweep(answers, local, mine, canaries, reading_only=True)
        for path in ENDING:
            assert (await answers.ask(person, "DELETE", path)).status_code == 204
    leaks = [
        (asked, status, what, text[-600:])
        for asked, status, text in answers.told
        for what in canaries.found_in(text)
        if (asked, what) not in TOLD_ONCE
    ]
    assert leaks == []
    assert reached(answers) >= READING
    out, err = capfd.readouterr()
    assert list(canaries.found_in(out + err + log.getvalue())) == []
    # Of passwords, tokens and cookies the database keeps what they are recognised by.
    assert [what for what in canaries.found_in(at_rest(home)) if not what.startswith("hash of ")] == []


def client_of(transport: httpx.AsyncBaseTransport, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=transport, base_url="http://test/api/v1", headers=headers)


async def fill(answers: Answers, local: httpx.AsyncClient, canaries: Secrets, kubernetes: Any) -> None:
    """Gives the installation one of everything that is secret."""
    crt, key = certificate()
    canaries.add("client key", key.splitlines()[1])
    canaries.add("client key in base64", encoded(key)[60:110])
    users: list[dict[str, Any]] = [
        {"token": canaries.new("cluster's token")},
        {"username": "u", "password": canaries.new("cluster's password")},
        {"client-certificate-data": encoded(crt), "client-key-data": encoded(key)},
    ]
    for number, user in enumerate(users):
        body = {"kubeconfig": kubernetes.kubeconfig(**user)}
        if number == 0:
            answer = await answers.ask(local, "POST", "/clusters", json={"name": "east", **body})
        else:
            answer = await answers.ask(local, "PUT", "/clusters/east/credentials", json=body)
        assert answer.status_code < 300, answer.text
    address = f"https://hooks.example/{canaries.new('address of a webhook')}?k={canaries.new('query of a webhook')}"
    hook = {"type": "webhook", "url": address, "secret": canaries.new("secret of a webhook")}
    for owner in ("", f"/teams/{two_teams.TEAM}"):
        assert (await answers.ask(local, "PUT", f"{owner}/notifications/hook", json=hook)).status_code == 200
    for name, role in ((PERSON, ""), (ADMINISTRATOR, "administrator")):
        password = canaries.new(f"password of {name}")
        made = await answers.ask(local, "PUT", f"/users/{name}", json={"role": role, "password": password})
        assert made.status_code == 200, made.text
    body = {"name": "ci", "user": ADMINISTRATOR}
    canaries.add("hash of a password", "$argon2id$v=19")
    made = (await answers.ask(local, "POST", "/tokens", json=body)).json()
    secret = canaries.add("API token", str(_longest(made)))
    canaries.add("hash of the API token", hashlib.sha256(secret.encode()).hexdigest())
    offered = (await answers.ask(local, "POST", "/registrations", json={"name": "west"})).json()
    secret = canaries.add("registration token", offered["token"])
    canaries.add("hash of the registration token", hashlib.sha256(secret.encode()).hexdigest())


def _longest(value: Any) -> Any:
    """The longest text in an answer: the token that is told once."""
    texts = [value] if isinstance(value, str) else []
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        texts.append(_longest(part))
    return max(texts, key=len, default="")


async def sign_in(answers: Answers, person: httpx.AsyncClient, canaries: Secrets) -> None:
    """The administrator, in a browser, at last: before, with the wrong words in the wrong places."""
    password = canaries.known[f"password of {ADMINISTRATOR}"]
    for body in (
        {"name": ADMINISTRATOR, "password": canaries.new("wrong password")},
        {"name": ADMINISTRATOR, "password": [password]},
        {"name": ADMINISTRATOR, "passwords": password},
        {"name": ADMINISTRATOR, "password": password, "more": password},
    ):
        await answers.ask(person, "POST", "/session", json=body)
    answer = await answers.ask(person, "POST", "/session", json={"name": ADMINISTRATOR, "password": password})
    assert answer.status_code == 200, answer.text
    cookie = canaries.add("cookie of a session", person.cookies[COOKIE])
    canaries.add("hash of a cookie", hashlib.sha256(cookie.encode()).hexdigest())
    person.headers["x-csrf-token"] = answer.json()["csrf"]


async def sweep(
    answers: Answers, client: httpx.AsyncClient, mine: Any, canaries: Secrets, *, reading_only: bool = False
) -> None:
    """Calls every route; what is sent is refused for its form, so that everything stays as it is."""
    for route in api_routes():
        assert isinstance(route, APIRoute)
        for method in methods_of(route):
            if method == "GET":
                for path in paths(route, mine):
                    known = {key: QUERY[key] for key in query_names(route) if key in QUERY}
                    streamed = getattr(declared_of(route), "shape", "") == "stream"
                    for query in (None if streamed else {}, known, OWN_QUERY.get(route.path)):
                        if query is not None:
                            await answers.ask(client, "GET", path, route.path, params=query)
            elif not reading_only and body_of(route) is not None:
                for body in wrong(canaries):
                    await answers.ask(client, method, paths(route, mine)[0], route.path, **body)
            elif not reading_only and route.path not in ENDING:
                await answers.ask(client, method, nowhere(route), route.path)


def paths(route: APIRoute, mine: Any) -> list[str]:
    """A route's path with names that are there."""
    names = {
        "team": [two_teams.TEAM],
        "cluster": ["east", two_teams.SHARED],
        "name": _names(route),
        "user": [PERSON],
        "version": ["v1.6.1"],
        "hash": [mine.plan],
        "id": [mine.rollout],
        "command": ["pause"],
        "kind": ["Team"],
        "token": ["x"],
    }
    found = [route.path]
    for parameter in re.findall(r"{(\w+)}", route.path):
        found = [path.replace(f"{{{parameter}}}", name) for path in found for name in names[parameter]]
    return found


def _names(route: APIRoute) -> list[str]:
    for part, names in {
        "/clusters/": ["east", two_teams.SHARED],
        "/stacks/": [two_teams.STACK],
        "/notifications/": ["hook"],
        "/users/": [PERSON],
        "/roles/": ["viewer"],
    }.items():
        if part in route.path:
            return names
    return ["x"]


def nowhere(route: APIRoute) -> str:
    return re.sub(r"{\w+}", "nowhere", route.path.replace("{command}", "pause"))


def wrong(canaries: Secrets) -> Iterator[dict[str, Any]]:
    """Bodies that no route takes, full of secrets."""
    known = dict(canaries.known)
    yield {"json": {"no such field": known}}
    yield {"json": [*known.values()]}
    yield {"content": json.dumps(known)[:-1].encode(), "headers": {"content-type": "application/json"}}
    yield {"content": json.dumps(known).encode(), "headers": {"content-type": "text/plain"}}


async def break_things(answers: Answers, local: httpx.AsyncClient, kubernetes: Any, canaries: Secrets) -> None:
    """Credentials that are refused, in every way in which they can be wrong."""
    secret = canaries.new("token that is refused")
    right = kubernetes.kubeconfig(token=secret)
    key = certificate()[1]
    canaries.add("key that is refused", key.splitlines()[1])
    texts = [
        right.replace(f'"{secret}"', f'["{secret}"]'),
        right + "}",
        right.replace("http://", "ftp://"),
        right.replace("http://", f"http://u:{secret}@"),
        right.replace('"server"', f'"proxy-url": "http://u:{secret}@127.0.0.1:1", "server"'),
        right.replace('"server"', f'"proxy-url": "socks5://u:{secret}@127.0.0.1:1", "server"'),
        right.replace('"current-context": "c"', f'"current-context": "c", "{secret}": 1'),
        kubernetes.kubeconfig(**{"client-certificate-data": encoded(key), "client-key-data": encoded(key)}),
        kubernetes.kubeconfig(**{"client-certificate-data": secret, "client-key-data": secret}),
        kubernetes.kubeconfig(exec={"command": "x", "args": [secret], "env": [{"name": "a", "value": secret}]}),
        kubernetes.kubeconfig(tokenFile="/nowhere", token=secret),
        kubernetes.kubeconfig(**{"auth-provider": {"name": "oidc", "config": {"client-secret": secret}}}),
        kubernetes.kubeconfig(token=f"{secret}\n{secret}"),
        f"users: [{{user: {{token: {secret}",
        secret,
    ]
    for text in texts:
        for method, path in (("POST", "/clusters"), ("PUT", "/clusters/east/credentials")):
            await answers.ask(
                local,
                method,
                path,
                json={"name": "south", "kubeconfig": text} if method == "POST" else {"kubeconfig": text},
            )
    for url in (
        f"ftp://x/{secret}",
        f"https://[{secret}",
        f"https://u:{secret}@hooks.example/x",
        secret,
        f"https://h/{secret} x",
    ):
        for kind in ("webhook", "slack", "dingtalk"):
            body = {"type": kind, "url": url, "secret": f"{secret}\n"}
            for owner in ("", f"/teams/{two_teams.TEAM}"):
                await answers.ask(local, "PUT", f"{owner}/notifications/bad", json=body)
    for owner in ("", f"/teams/{two_teams.TEAM}"):
        await answers.ask(local, "POST", f"{owner}/notifications/hook/test")
    await answers.ask(local, "PUT", f"/users/{PERSON}/password", json={"password": secret[:7]})
    await answers.ask(local, "POST", "/setup", json={"token": secret, "name": "x", "password": secret})
    kubernetes.answers["/version"] = 401
    await answers.ask(local, "PUT", "/clusters/east/credentials", json={"kubeconfig": right})


def reached(answers: Answers) -> set[str]:
    """The reading routes that answered what they are for, so that the search was one."""
    return {
        asked.removeprefix("GET ") for asked, status, _ in answers.told if asked.startswith("GET ") and status == 200
    }


ASKED_OF_THE_CLUSTER = {"/clusters/{name}/object", "/clusters/{name}/removal"}
READING = {
    route.path
    for route in api_routes()
    if isinstance(route, APIRoute)
    and "GET" in methods_of(route)
    and getattr(declared_of(route), "shape", "") != "redirect"
} - {"/registrations/{id}", *ASKED_OF_THE_CLUSTER}
"""What answers without a cluster that is really there."""


def at_rest(home: Path) -> str:
    """Everything in the data folder but the files that are there to hold a secret."""
    files = [
        path for path in home.rglob("*") if path.is_file() and path.name not in ("key", "operator-token", "setup-code")
    ]
    assert any(path.name == "gatewright.db" for path in files)
    return "\n".join(path.read_bytes().decode("latin-1") for path in files)
