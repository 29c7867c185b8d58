"""What is recorded for people to read holds no secret, whatever it is wrapped in."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.redaction import HIDDEN, redact, redact_text

CANARY = "Kq9zV7canary3xWm"
PEM = f"-----BEGIN EC PRIVATE KEY-----\n{CANARY}\n-----END EC PRIVATE KEY-----\n"
KUBECONFIG = (
    "apiVersion: v1\nkind: Config\nusers:\n- name: u\n  user:\n"
    f"    token: {CANARY}\n    password: '{CANARY}'\n    client-key-data: {CANARY}\n"
)
NAMES = [
    "password", "Password", "new_password", "passwd", "passphrase", "password_hash", "secret", "clientSecret",
    "client_secret", "signing-secret", "token", "id_token", "accessToken", "refresh_token", "bootstrapToken", "apiKey",
    "api_key", "access-key", "private_key", "tlsPrivateKey", "client-key-data", "clientKeyData", "credential",
    "credentials", "kubeconfig", "KUBECONFIG", "authorization", "Proxy-Authorization", "cookie", "set-cookie",
    "code_verifier", "csrf",
]  # fmt: skip
SHAPES = [
    f"gwt_abcd1234_{CANARY}",
    f"gwo_{CANARY}",
    f"it was gws_{CANARY}, they said",
    PEM,
    PEM[:60],
    base64.b64encode(PEM.encode()).decode(),
    f"Authorization: Bearer {CANARY}",
    f"bearer {CANARY}",
    f"Basic {CANARY}==",
    f"eyJhbGciOiJSUzI1NiJ9.{CANARY}.{CANARY}",
    f"https://user:{CANARY}@registry.example/x",
    f"postgresql://gw:{CANARY}@db/gw",
    f"https://hooks.example/send?token={CANARY}",
    f"https://oapi.example/robot/send?access_token={CANARY}&sign={CANARY}",
    f'{{"password": "{CANARY}"}}',
    f"password={CANARY}",
    f"/api/v1/registrations/{CANARY}{CANARY}x_-y/complete",
    KUBECONFIG,
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
harmless = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(
        [
            "payments",
            "v1.6.1",
            "10.0.0.1",
            "",
            "= x",
            "ab" * 32,
            "sha256:" + "0f" * 32,
            "a-b1" * 15,
            "PUT /api/v1/teams",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "spec", "ports", "team", "secretName", "url_file"]), inner)
    ),
    max_leaves=20,
)


def wrapped(draw: st.DrawFn, value: Any) -> Any:
    """``value`` somewhere inside of something."""
    for _ in range(draw(st.integers(0, 4))):
        beside = draw(json_values)
        value = [beside, value] if draw(st.booleans()) else {"a": beside, draw(st.sampled_from("bcd")): value}
    return value


@st.composite
def with_named_secret(draw: st.DrawFn) -> Any:
    secret: Any = draw(st.sampled_from([CANARY, [CANARY], {"value": CANARY}, {"deep": {"er": [CANARY]}}]))
    return wrapped(draw, {draw(st.sampled_from(NAMES)): secret})


@st.composite
def with_shaped_secret(draw: st.DrawFn) -> Any:
    shape = draw(st.sampled_from(SHAPES))
    return wrapped(draw, {shape: 1} if draw(st.booleans()) else shape)


@given(with_named_secret())
def test_what_a_field_calls_a_secret_is_hidden(value: Any) -> None:
    assert CANARY not in json.dumps(redact(value))


@given(with_shaped_secret())
def test_what_looks_like_a_secret_is_hidden(value: Any) -> None:
    told = json.dumps(redact(value))
    assert CANARY not in told
    assert base64.b64encode(PEM.encode()).decode()[:60] not in told


@given(json_values)
def test_redacting_again_changes_nothing(value: Any) -> None:
    assert redact(redact(value)) == redact(value)


@given(harmless)
def test_what_holds_no_secret_stays_as_it_is(value: Any) -> None:
    assert redact(value) == value


def test_whether_there_is_a_secret_may_be_told() -> None:
    given: dict[str, Any] = {"secret": True, "token": None, "password": "", "read_secrets": False, "credentials": {}}
    assert redact(given) == given


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"https://oapi.example/robot/send?access_token={CANARY}", f"https://oapi.example/{HIDDEN}"),
        (f"https://hooks.example/services/T0/{CANARY}", f"https://hooks.example/{HIDDEN}"),
        (f"https://a:{CANARY}@hooks.example:8443", f"https://hooks.example:8443/{HIDDEN}"),
        (CANARY, HIDDEN),
        ("https://hooks.example", "https://hooks.example"),
        ("", ""),
    ],
)
def test_of_an_address_only_the_host_is_told(url: str, told: str) -> None:
    assert redact({"url": url, "webhook_url": url}) == {"url": told, "webhook_url": told}


def test_nothing_is_too_deep() -> None:
    value: Any = CANARY
    for _ in range(5000):
        value = [value]
    assert CANARY not in str(json.dumps(redact(value)))


def test_the_rest_of_a_sentence_stays() -> None:
    assert redact_text(f"sent gwt_abcd1234_{CANARY} to shanghai") == f"sent gwt_{HIDDEN} to shanghai"
