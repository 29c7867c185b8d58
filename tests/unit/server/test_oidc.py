"""A provider that lies, a browser that is led astray, and what the settings say."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from gatewright.model.errors import GatewrightError
from gatewright.model.people import NAME
from gatewright.server.errors import SettingError
from gatewright.server.oidc.errors import IdTokenError, ProviderInvalidError, ProviderUnreachableError, SignInLostError
from gatewright.server.oidc.options import OidcOptions, Rule, from_environment
from gatewright.server.oidc.pending import LIFETIME, Pending, Pendings, own_path
from gatewright.server.oidc.provider import Provider
from gatewright.server.oidc.signin import groups_of, names_of
from gatewright.store.secrets import KeyRing

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "Zq7-client-secret-of-32-characters"
ENOUGH = {"GATEWRIGHT_OIDC_ISSUER": "https://id.example", "GATEWRIGHT_OIDC_CLIENT_ID": "gw"}


class Liar:
    """A provider of the test's own. ``described``, ``claims`` and ``header`` change what it says; ``token`` replaces
    it."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.published: list[Any] = [self.key]
        self.described: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {}
        self.signer: Any = None
        self.token: str | None = None
        self.answer: web.Response | None = None
        self.asked: list[str] = []
        self.form: dict[str, str] = {}
        self.authorization = ""
        self.issuer = ""

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._describe)
        app.router.add_get("/keys", self._keys)
        app.router.add_post("/token", self._token)
        return app

    async def _describe(self, _: web.Request) -> web.Response:
        self.asked.append("describe")
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
        }
        return web.json_response({**told, **self.described})

    async def _keys(self, _: web.Request) -> web.Response:
        self.asked.append("keys")
        return web.json_response({"keys": [key.as_dict(private=False) for key in self.published]})

    async def _token(self, request: web.Request) -> web.Response:
        self.form = {key: str(value) for key, value in (await request.post()).items()}
        self.authorization = request.headers.get("authorization", "")
        return self.answer or web.json_response({"id_token": self.token or self.made(), "access_token": "at"})

    def made(self) -> str:
        now = int(NOW.timestamp())
        claims = {"iss": self.issuer, "sub": "s1", "aud": "gw", "exp": now + 300, "iat": now, "nonce": "N"}
        header = {"alg": "RS256", "kid": "one", **self.header}
        wanted = {key: value for key, value in {**claims, **self.claims}.items() if value is not None}
        return jwt.encode(header, wanted, self.signer or self.key, algorithms=[header["alg"]])


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    made = Liar()
    runner = web.AppRunner(made.application())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
def provider(liar: Liar) -> Provider:
    return Provider(OidcOptions(liar.issuer, "gw", SECRET), lambda: NOW)


async def exchange(provider: Provider) -> dict[str, Any]:
    return await provider.exchange("code", "verifier", "https://us.example/back", "N")


async def test_a_token_that_is_right_is_believed(liar: Liar, provider: Provider) -> None:
    assert (await exchange(provider))["sub"] == "s1"
    assert liar.form == {
        "grant_type": "authorization_code", "code": "code", "code_verifier": "verifier", "client_id": "gw",
        "redirect_uri": "https://us.example/back",
    }  # fmt: skip
    assert base64.b64decode(liar.authorization.removeprefix("Basic ")).decode() == f"gw:{SECRET}"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "other"},
        {"aud": ["gw", "other"]},
        {"aud": ["gw", "other"], "azp": "other"},
        {"aud": None},
        {"azp": "other"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"exp": int(NOW.timestamp()) - 61},
        {"exp": None},
        {"exp": "soon"},
        {"iat": int(NOW.timestamp()) + 120},
        {"iat": None},
        {"nbf": int(NOW.timestamp()) + 120},
        {"nonce": "M"},
        {"nonce": None},
        {"nonce": ["N"]},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=str,
)
async def test_a_claim_that_does_not_hold_is_refused(liar: Liar, provider: Provider, claims: dict[str, Any]) -> None:
    liar.claims = claims
    with pytest.raises(IdTokenError):
        await exchange(provider)


@pytest.mark.parametrize("claims", [{"exp": int(NOW.timestamp()) - 30}, {"iat": int(NOW.timestamp()) + 30}], ids=str)
async def test_clocks_may_differ_a_little(liar: Liar, provider: Provider, claims: dict[str, Any]) -> None:
    liar.claims = claims
    assert (await exchange(provider))["sub"] == "s1"


async def test_another_audience_beside_ours_needs_to_name_us(liar: Liar, provider: Provider) -> None:
    liar.claims = {"aud": ["gw", "other"], "azp": "gw"}
    assert (await exchange(provider))["sub"] == "s1"


async def test_a_signature_that_proves_nothing_is_refused(liar: Liar, provider: Provider) -> None:
    """Made by whoever knows the client's secret, or the public key; with another key; with none; changed afterwards."""
    right = liar.made()
    head, body, signature = right.split(".")
    none = _encoded(b'{"alg":"none"}')
    signed_by_public = ".".join((_encoded(b'{"alg":"HS256","kid":"one"}'), body))
    mac = hmac.digest(liar.key.as_pem(private=False), signed_by_public.encode(), "sha256")
    forged = [
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body[:-2]}AA.{signature}",
        "x",
        "..",
        "",
        jwt.encode({"alg": "HS256"}, json.loads(_decoded(body)), OctKey.import_key(SECRET), algorithms=["HS256"]),
        f"{signed_by_public}.{_encoded(mac)}",
    ]
    for token in forged:
        liar.token = token or " "
        with pytest.raises(IdTokenError):
            await exchange(provider)
    liar.token, liar.signer = None, RSAKey.generate_key(2048, {"kid": "one"})
    with pytest.raises(IdTokenError):
        await exchange(provider)


async def test_a_provider_that_signs_with_secrets_only_cannot_be_used(liar: Liar, provider: Provider) -> None:
    liar.described = {"id_token_signing_alg_values_supported": ["HS256", "none"]}
    with pytest.raises(ProviderInvalidError):
        await exchange(provider)


async def test_keys_are_read_again_for_a_key_that_is_new_but_not_for_every_forgery(liar: Liar) -> None:
    seconds = [1000.0]
    provider = Provider(OidcOptions(liar.issuer, "gw"), lambda: NOW, now=lambda: seconds[0])
    await exchange(provider)
    liar.key = ECKey.generate_key("P-256", {"kid": "two"})
    liar.published = [liar.key]
    liar.header = {"alg": "ES256", "kid": "two"}
    for _ in range(20):
        with pytest.raises(IdTokenError):
            await exchange(provider)
    assert liar.asked.count("keys") == 1
    seconds[0] += 11
    assert (await exchange(provider))["sub"] == "s1"
    assert liar.asked.count("keys") == 2
    assert liar.asked.count("describe") == 1


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 7},
        {"token_endpoint": "https://[::1"},
    ],
    ids=str,
)
async def test_a_provider_that_describes_itself_wrongly_is_told(
    liar: Liar, provider: Provider, described: dict[str, Any]
) -> None:
    liar.described = described
    with pytest.raises(ProviderInvalidError):
        await provider.described()
    liar.described = {}
    assert (await provider.described()).issuer == liar.issuer


@pytest.mark.parametrize(
    "answer",
    [
        {"text": "<html>", "status": 200},
        {"text": "[]", "status": 200},
        {"text": "{}", "status": 200},
        {"text": '{"id_token": 7}', "status": 200},
        {"text": '{"id_token": "' + "x" * (1 << 21) + '"}', "status": 200},
        {"text": "{}", "status": 500},
        {"text": "", "status": 302, "headers": {"location": "http://127.0.0.1:1/"}},
    ],
    ids=lambda answer: f"{answer['status']} {answer['text'][:20]}",
)
async def test_an_answer_that_is_none_is_told(liar: Liar, provider: Provider, answer: dict[str, Any]) -> None:
    liar.answer = web.Response(**answer)
    with pytest.raises((ProviderInvalidError, ProviderUnreachableError)):
        await exchange(provider)


async def test_no_error_tells_the_secret_or_the_token(liar: Liar, provider: Provider) -> None:
    canary = "Kq9zV7canary"
    for liar.token in (f"{canary}.{canary}.{canary}", canary):
        with pytest.raises(GatewrightError) as caught:
            await exchange(provider)
        assert canary not in str(caught.value) + str(caught.value.report.params)
        assert SECRET not in str(caught.value)
    assert SECRET not in repr(OidcOptions("https://x", "gw", SECRET))


# The browser


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing((secrets.token_bytes(32),))


def test_a_sign_in_is_found_again_in_its_browser_only(ring: KeyRing) -> None:
    pendings = Pendings(ring)
    pending = pendings.begin("https://us.example/back", "/clusters", NOW)
    cookie = pendings.seal(pending)
    assert pendings.open(cookie, pending.state, NOW + LIFETIME) == pending
    assert pending.verifier not in base64.urlsafe_b64decode(cookie + "===").decode("latin-1")
    other = Pendings(KeyRing((secrets.token_bytes(32),)))
    for wrong in (
        lambda: pendings.open(cookie, "x", NOW),
        lambda: pendings.open(cookie, "\udcff", NOW),
        lambda: pendings.open("", pending.state, NOW),
        lambda: pendings.open(cookie[:-4], pending.state, NOW),
        lambda: pendings.open("A" * 5000, pending.state, NOW),
        lambda: pendings.open("!", pending.state, NOW),
        lambda: pendings.open(cookie, pending.state, NOW + LIFETIME + timedelta(seconds=1)),
        lambda: other.open(cookie, pending.state, NOW),
    ):
        with pytest.raises(SignInLostError):
            wrong()


def test_the_challenge_is_that_of_the_rfc() -> None:
    """RFC 7636, appendix B."""
    pending = Pending("", "", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "", "", 0.0)
    assert pending.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@pytest.mark.parametrize("path", ["/", "/clusters", "/teams/payments?cluster=a#b", "/a%2Fb"])
def test_a_page_of_ours_is_gone_on_with(path: str) -> None:
    assert own_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "", "clusters", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
        "javascript:alert(1)", "/api/v1/session", "/a\r\nSet-Cookie: x=y", "/\tx", "/\x00", "/" + "a" * 2000,
        "/a\\..\\b", "/ /evil.example", "/é",
    ],
)  # fmt: skip
def test_nowhere_else_is_gone_to(path: str) -> None:
    assert own_path(path) == "/"


# Who somebody is


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "Ada.Lovelace"}, "ada.lovelace"),
        ({"email": "ada@example.com"}, "ada"),
        ({"name": "Ada Lovelace"}, "ada-lovelace"),
        ({"preferred_username": "张伟", "email": "zhang@example.cn"}, "zhang"),
        ({"preferred_username": 7}, "person"),
        ({}, "person"),
    ],
)
def test_somebody_new_is_called_what_the_provider_calls_them(claims: dict[str, Any], name: str) -> None:
    names = names_of(claims, "s1")
    assert [next(names), next(names)] == [name, f"{name}-2"]


@given(st.dictionaries(st.sampled_from(["preferred_username", "email", "name"]), st.text() | st.integers()))
def test_every_name_is_one_that_a_person_can_have(claims: dict[str, Any]) -> None:
    names = list(names_of(claims, "s1"))
    assert all(NAME.fullmatch(name) and len(name) <= 64 for name in names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("claims", "path", "groups"),
    [
        ({"groups": ["a", "b", 7]}, "groups", {"a", "b"}),
        ({"groups": "a"}, "groups", {"a"}),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", {"a"}),
        ({"https://x.example/groups": ["a"]}, "https://x.example/groups", {"a"}),
        ({"groups": {"a": True}}, "groups", set()),
        ({"groups": 7}, "groups.deep", set()),
        ({}, "groups", set()),
    ],
)
def test_groups_are_found(claims: dict[str, Any], path: str, groups: set[str]) -> None:
    assert groups_of(claims, path) == groups


# Settings


def test_without_an_issuer_there_is_no_provider() -> None:
    assert from_environment({"GATEWRIGHT_OIDC_CLIENT_ID": "x"}) is None


def test_every_setting_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    found = from_environment(
        {
            **ENOUGH,
            "GATEWRIGHT_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
            "GATEWRIGHT_OIDC_SCOPES": "openid  groups",
            "GATEWRIGHT_OIDC_NAME": "公司账号",
            "GATEWRIGHT_OIDC_GROUPS_CLAIM": "roles",
            "GATEWRIGHT_OIDC_GROUPS": "platform=administrator, pay dev=payments:developer,",
            "GATEWRIGHT_URL": "https://gw.example/",
        }
    )
    mapped = (Rule("platform", "", "administrator"), Rule("pay dev", "payments", "developer"))
    assert found == OidcOptions(
        "https://id.example", "gw", SECRET, "openid groups", "公司账号", "roles", mapped, "https://gw.example"
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"GATEWRIGHT_OIDC_ISSUER": "http://id.example"},
        {"GATEWRIGHT_OIDC_ISSUER": "https://id.example?x=1"},
        {"GATEWRIGHT_OIDC_ISSUER": "https://user@id.example"},
        {"GATEWRIGHT_OIDC_ISSUER": "id.example"},
        {"GATEWRIGHT_OIDC_ISSUER": "https://[::1"},
        {"GATEWRIGHT_OIDC_CLIENT_ID": ""},
        {"GATEWRIGHT_OIDC_CLIENT_SECRET_FILE": "/nowhere/secret"},
        {"GATEWRIGHT_OIDC_SCOPES": "profile"},
        {"GATEWRIGHT_OIDC_GROUPS": "platform"},
        {"GATEWRIGHT_OIDC_GROUPS": "=administrator"},
        {"GATEWRIGHT_OIDC_GROUPS": "a=B"},
        {"GATEWRIGHT_OIDC_GROUPS": "a=b:c:d"},
        {"GATEWRIGHT_URL": "gw.example"},
        {"GATEWRIGHT_URL": "https://gw.example/path"},
        {"GATEWRIGHT_URL": "https://[::1"},
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_told(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingError) as caught:
        from_environment({**ENOUGH, **wrong})
    assert caught.value.report.params["name"] == next(iter(wrong))


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")
