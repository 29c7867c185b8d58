"""The provider over HTTP: what it says of itself, its keys, and the exchange of a code for the word of who it is.

What it says of itself and its keys are kept for a while; a token signed with a key that is not known makes the keys be
read again, at most every few seconds, so that forged tokens cannot make this server a burden to the provider.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, cast
from urllib.parse import quote_plus

import aiohttp
import msgspec
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from gatewright.server.oidc.errors import (
    IdTokenError,
    ProviderInvalidError,
    ProviderRefusedError,
    ProviderUnreachableError,
)
from gatewright.server.oidc.options import OidcOptions, is_safe
from gatewright.store.clock import Clock

LEEWAY: Final = 60
"""Seconds by which the provider's clock may differ from ours."""
KEPT: Final = 3600.0
AGAIN: Final = 10.0
_SECONDS: Final = 10
_LARGEST: Final = 1 << 20
_DISCOVERY: Final = "/.well-known/openid-configuration"
_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Signatures with a key pair. The others prove nothing: who knows the client's secret could make them."""


class Described(msgspec.Struct, frozen=True):
    """What the provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Provider:
    """One provider. Every method raises ``ProviderUnreachableError`` or ``ProviderInvalidError``."""

    def __init__(self, options: OidcOptions, clock: Clock, *, now: Callable[[], float] = time.monotonic) -> None:
        self._options = options
        self._clock = clock
        self._now = now
        self._lock = asyncio.Lock()
        self._described: tuple[float, Described] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def described(self) -> Described:
        """What it says of itself."""
        async with self._lock:
            if self._described is None or self._now() - self._described[0] > KEPT:
                self._described = (self._now(), await self._describe())
            return self._described[1]

    async def exchange(self, code: str, verifier: str, redirect: str, nonce: str) -> dict[str, Any]:
        """The claims of who the code is about, checked. Raises ``ProviderRefusedError``, ``IdTokenError``."""
        described = await self.described()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
            "client_id": self._options.client_id,
        }
        status, told = await self._answer("POST", described.token_endpoint, form, self._basic(described, form))
        if status != 200:
            if 400 <= status < 500 and isinstance(told.get("error"), str):
                raise ProviderRefusedError(reason=told["error"][:80])
            raise ProviderUnreachableError(provider=self._options.issuer, reason=f"HTTP {status}")
        token = told.get("id_token")
        if not isinstance(token, str):
            raise ProviderInvalidError(provider=self._options.issuer, reason="id_token")
        return await self._claims(described, token, nonce, str(told.get("access_token") or ""))

    def _basic(self, described: Described, form: dict[str, str]) -> dict[str, str]:
        """How the client says who it is (RFC 6749, section 2.3.1): with its secret in the header, or in the form."""
        if not self._options.client_secret:
            return {}
        if "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            name, secret = quote_plus(self._options.client_id), quote_plus(self._options.client_secret)
            return {"Authorization": aiohttp.encode_basic_auth(name, secret)}
        form["client_secret"] = self._options.client_secret
        return {}

    # The token

    async def _claims(self, described: Described, token: str, nonce: str, access_token: str) -> dict[str, Any]:
        allowed = sorted(_ALGORITHMS.intersection(described.id_token_signing_alg_values_supported))
        if not allowed:
            reason = "id_token_signing_alg_values_supported"
            raise ProviderInvalidError(provider=self._options.issuer, reason=reason)
        try:
            decoded = await self._decode(token, described, allowed)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": described.issuer},
                    "aud": {"essential": True, "value": self._options.client_id},
                    "sub": {"essential": True},
                    "nonce": {"essential": True, "value": nonce},
                },
                {"nonce": nonce, "client_id": self._options.client_id, "access_token": access_token},
            )
            cast(Any, claims).validate(now=int(self._clock().timestamp()), leeway=LEEWAY)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise IdTokenError(reason=_said(error)) from error
        if not isinstance(claims.get("sub"), str) or not claims["sub"]:
            raise IdTokenError(reason="sub")
        return dict(cast(Mapping[str, Any], claims))

    async def _decode(self, token: str, described: Described, allowed: list[str]) -> jwt.Token:
        keys, fresh = await self._keyset(described, older_than=KEPT)
        try:
            return jwt.decode(token, keys, algorithms=allowed)
        except (JoseError, ValueError):
            if fresh:
                raise
            # perhaps signed with a key that the provider has had since
            keys, fresh = await self._keyset(described, older_than=AGAIN)
            if not fresh:
                raise
            return jwt.decode(token, keys, algorithms=allowed)

    async def _keyset(self, described: Described, *, older_than: float) -> tuple[KeySet, bool]:
        """The keys, and whether they were read just now."""
        async with self._lock:
            if self._keys is not None and self._now() - self._keys[0] <= older_than:
                return self._keys[1], False
            _, told = await self._answer("GET", described.jwks_uri)
            try:
                keys = KeySet.import_key_set(cast(Any, told))
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise ProviderInvalidError(provider=self._options.issuer, reason="jwks_uri") from error
            self._keys = (self._now(), keys)
            return keys, True

    # The wire

    async def _describe(self) -> Described:
        issuer = self._options.issuer
        status, told = await self._answer("GET", issuer.rstrip("/") + _DISCOVERY)
        if status != 200:
            raise ProviderUnreachableError(provider=issuer, reason=f"HTTP {status}")
        try:
            described = msgspec.convert(told, Described)
        except msgspec.ValidationError as error:
            raise ProviderInvalidError(provider=issuer, reason=str(error)[:200]) from error
        if described.issuer != issuer:
            raise ProviderInvalidError(provider=issuer, reason=f"issuer {described.issuer[:200]}")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_safe(getattr(described, name)):
                raise ProviderInvalidError(provider=issuer, reason=name)
        return described

    async def _answer(
        self, method: str, url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Status and JSON object of an answer; no redirect is followed, for the secret is not meant for elsewhere."""
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, trust_env=True, headers={"Accept": "application/json"}) as http,
                http.request(method, url, data=form, headers=headers, allow_redirects=False) as answer,
            ):
                content = await answer.content.read(_LARGEST)
                while len(content) < _LARGEST and (more := await answer.content.read(_LARGEST - len(content))):
                    content += more
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            reason = type(error).__name__
            raise ProviderUnreachableError(provider=self._options.issuer, reason=reason) from error
        return status, self._object(status, content)

    def _object(self, status: int, content: bytes) -> dict[str, Any]:
        try:
            return msgspec.json.decode(content, type=dict[str, Any])
        except msgspec.DecodeError as error:
            if status != 200:
                return {}
            raise ProviderInvalidError(provider=self._options.issuer, reason="JSON") from error


def _said(error: Exception) -> str:
    """What is wrong with a token, without anything of the token."""
    claim = getattr(error, "claim", None)
    return (
        str(claim)[:40] if isinstance(claim, str) else str(getattr(error, "error", None) or type(error).__name__)[:40]
    )
