"""Every fault of a cluster or network has its own error, in two languages, and shows no secret."""

from __future__ import annotations

import asyncio
import gzip
import socket
from string import Formatter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.kube import errors, kubeconfig
from gatewright.kube.client import KubeClient
from gatewright.kube.connection import Connection
from gatewright.kube.resources import CRDS, DEPLOYMENTS, NAMESPACES
from gatewright.kube.words import scrub
from gatewright.model.errors import ClusterError, error_classes
from gatewright.text import templates

TOKEN = "s3cr3t-token-value-0123456789"


def readable(error: ClusterError) -> str:
    """All four sentences; every one renders and none shows the token."""
    texts = [error.report.message(lang) + error.report.remedy(lang) for lang in ("en", "zh")]
    assert all(TOKEN not in text for text in (*texts, str(error), repr(error)))
    return texts[0]


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def failure(client: KubeClient) -> ClusterError:
    async with client:
        with pytest.raises(ClusterError) as caught:
            await client.get(NAMESPACES, "team-a")
    readable(caught.value)
    return caught.value


async def test_refused(faults: Any) -> None:
    client = KubeClient(Connection(f"http://127.0.0.1:{closed_port()}", token=TOKEN), options=faults.quick)
    error = await failure(client)
    assert isinstance(error, errors.UnreachableError)
    assert error.passing
    assert error.report.params["reason"] == "Connection refused"


async def test_unknown_host(faults: Any) -> None:
    error = await failure(KubeClient(Connection("https://no-such-host.invalid:6443"), options=faults.quick))
    assert isinstance(error, errors.UnreachableError)
    assert not error.passing


async def test_hang_after_accept(faults: Any) -> None:
    options = msgspec.structs.replace(faults.quick, read_timeout=0.2)
    async with faults.serve(faults.hang) as server:
        error = await failure(server.client(options, token=TOKEN))
    assert isinstance(error, errors.TimedOutError)
    assert len(server.seen) == 1, "time that is used up is not used again"


async def test_a_connection_that_is_not_made_in_time_is_tried_again(faults: Any, authority: Any) -> None:
    """An API server that starts accepts connections before it answers the TLS handshake."""
    connected = 0

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connected
        connected += 1
        await reader.read()
        writer.close()

    listener = await asyncio.start_server(mute, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    options = msgspec.structs.replace(faults.quick, connect_timeout=0.2, attempts=3)
    async with KubeClient(Connection(url, ca_data=authority.pem), options=options) as client:
        with pytest.raises(errors.TimedOutError) as caught:
            await client.create(NAMESPACES, {"metadata": {"name": "a"}})
    listener.close()
    assert not caught.value.sent
    assert connected == 3


async def test_slow_drip_meets_the_deadline(faults: Any) -> None:
    options = msgspec.structs.replace(faults.quick, deadline=0.4)
    async with faults.serve(faults.drip) as server:
        assert isinstance(await failure(server.client(options)), errors.TimedOutError)


async def test_endless_answer_is_cut(faults: Any) -> None:
    options = msgspec.structs.replace(faults.quick, max_body=1 << 20)
    async with faults.serve(faults.endless) as server:
        error = await failure(server.client(options))
    assert isinstance(error, errors.TooLargeError)
    assert error.report.params["megabytes"] == 1


async def test_endless_error_is_still_an_error(faults: Any) -> None:
    async with faults.serve(faults.answer(500, b"x" * (1 << 20))) as server:
        assert isinstance(await failure(server.client()), errors.ServerError)


async def test_reset_is_retried_for_reading(faults: Any) -> None:
    ok = faults.answer(200, {"metadata": {"name": "team-a"}})
    async with faults.serve(faults.reset, faults.reset_in_body, ok) as server, server.client() as client:
        assert (await client.get(NAMESPACES, "team-a"))["metadata"]["name"] == "team-a"
    assert len(server.seen) == 3


async def test_reset_for_ever(faults: Any) -> None:
    async with faults.serve(faults.reset_in_body) as server:
        error = await failure(server.client())
    assert isinstance(error, errors.InterruptedAnswerError)
    assert len(server.seen) == faults.quick.attempts


async def test_create_is_never_repeated_blindly(faults: Any) -> None:
    async with faults.serve(faults.reset) as server, server.client() as client:
        with pytest.raises(errors.InterruptedAnswerError):
            await client.create(NAMESPACES, {"metadata": {"name": "a"}})
    assert len(server.seen) == 1


async def test_create_is_repeated_when_it_was_not_run(faults: Any) -> None:
    busy = faults.status(429, "TooManyRequests", "busy", Retry_After="0")
    async with faults.serve(busy, faults.answer(201, {})) as server, server.client() as client:
        assert await client.create(NAMESPACES, {"metadata": {"name": "a"}}) == {}
    assert len(server.seen) == 2


async def test_429_waits_as_told_then_succeeds(faults: Any) -> None:
    busy = faults.status(429, "TooManyRequests", "busy", Retry_After="1")
    async with faults.serve(busy, faults.answer(200, {"ok": 1})) as server, server.client() as client:
        before = asyncio.get_running_loop().time()
        assert await client.get(NAMESPACES, "a") == {"ok": 1}
        assert asyncio.get_running_loop().time() - before >= 1


async def test_429_that_asks_for_too_long_is_told_at_once(faults: Any) -> None:
    async with faults.serve(faults.status(429, "TooManyRequests", "busy", Retry_After="3600")) as server:
        error = await failure(server.client())
    assert isinstance(error, errors.TooManyRequestsError)
    assert error.retry_after == 3600
    assert len(server.seen) == 1


async def test_503_then_success(faults: Any) -> None:
    down = faults.answer(503, b"starting", content_type="text/plain")
    async with faults.serve(down, faults.answer(200, {"ok": 1})) as server, server.client() as client:
        assert await client.get(NAMESPACES, "a") == {"ok": 1}


async def test_etcd_between_leaders_is_retried(faults: Any) -> None:
    change = faults.status(500, "", "etcdserver: leader changed")
    async with faults.serve(change, faults.answer(200, {"ok": 1})) as server, server.client() as client:
        assert await client.get(NAMESPACES, "a") == {"ok": 1}


async def test_500_is_not_retried(faults: Any) -> None:
    async with faults.serve(faults.status(500, "InternalError", "boom")) as server:
        error = await failure(server.client())
    assert type(error) is errors.ServerError
    assert len(server.seen) == 1


async def test_html_answers(faults: Any) -> None:
    for code in (200, 302, 403, 404):
        page = faults.answer(code, b"<html>Please sign in</html>", content_type="text/html", Location="http://evil/")
        async with faults.serve(page) as server:
            error = await failure(server.client(token=TOKEN))
        assert isinstance(error, errors.NotKubernetesError), code
        assert len(server.seen) == 1, "a redirect is never followed"


async def test_not_even_http(faults: Any) -> None:
    async def garbage(_: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()

    async with faults.serve(garbage) as server:
        assert isinstance(await failure(server.client()), errors.NotKubernetesError)


async def test_broken_compression(faults: Any) -> None:
    async with faults.serve(faults.answer(200, b"not gzip at all", Content_Encoding="gzip")) as server:
        assert isinstance(await failure(server.client()), errors.NotKubernetesError)


async def test_a_gzip_bomb_is_cut(faults: Any) -> None:
    bomb = gzip.compress(b" " * (100 << 20))
    options = msgspec.structs.replace(faults.quick, max_body=1 << 20)
    async with faults.serve(faults.answer(200, bomb, Content_Encoding="gzip")) as server:
        assert isinstance(await failure(server.client(options)), errors.TooLargeError)


async def test_the_words_of_strangers_are_not_passed_on(faults: Any) -> None:
    """Else whoever registers an address could read what an internal service answers."""
    for code in (200, 400, 401, 403, 404, 429, 500):
        page = faults.answer(code, b"internal-secret-words", content_type="text/plain", Retry_After="99")
        async with faults.serve(page) as server:
            assert "internal-secret" not in str(await failure(server.client()))


async def test_plain_http_to_a_tls_port(faults: Any) -> None:
    page = faults.answer(400, b"Client sent an HTTP request to an HTTPS server.\n", content_type="text/plain")
    async with faults.serve(page) as server:
        assert "HTTPS server" in str(await failure(server.client()))


@given(
    st.text(max_size=300), st.text(st.characters(categories=["L", "N"]), min_size=4, max_size=40), st.text(max_size=300)
)
def test_scrubbed_words_are_short_printable_and_free_of_the_secret(before: str, secret: str, after: str) -> None:
    cleaned = scrub(f"{before}{secret}{after}", (secret,), 100)
    assert len(cleaned) <= 100
    assert cleaned.isprintable()
    assert secret not in scrub(f" {secret} ", (secret,))


async def test_deeply_nested_json(faults: Any) -> None:
    async with faults.serve(faults.answer(200, b"[" * 200_000)) as server:
        assert isinstance(await failure(server.client()), errors.NotKubernetesError)


async def test_unauthorized(faults: Any) -> None:
    refusal = faults.status(401, "Unauthorized", f"token {TOKEN} expired")
    async with faults.serve(refusal) as server:
        error = await failure(server.client(token=TOKEN))
    assert isinstance(error, errors.UnauthorizedError)
    assert len(server.seen) == 1


async def test_forbidden_names_verb_resource_and_user(faults: Any) -> None:
    words = (
        'customresourcedefinitions.apiextensions.k8s.io "x" is forbidden: User "system:serviceaccount:gw:agent" cannot '
        'patch resource "customresourcedefinitions" in API group "apiextensions.k8s.io" at the cluster scope'
    )
    async with faults.serve(faults.status(403, "Forbidden", words)) as server, server.client() as client:
        with pytest.raises(errors.ForbiddenError) as caught:
            await client.patch(CRDS, "x", {})
    params = caught.value.report.params
    assert params["verb"] == "patch"
    assert params["resource"] == "customresourcedefinitions.apiextensions.k8s.io"
    assert params["user"] == "system:serviceaccount:gw:agent"
    assert "system:serviceaccount:gw:agent may not patch" in readable(caught.value)


@pytest.mark.parametrize(
    ("code", "reason", "message", "details", "kind"),
    [
        (404, "NotFound", 'namespaces "a" not found', {"name": "a", "kind": "namespaces"}, errors.ObjectNotFoundError),
        (404, "NotFound", "the server could not find the requested resource", {}, errors.NotServedError),
        (409, "Conflict", "the object has been modified", {"name": "a"}, errors.ObjectConflictError),
        (409, "AlreadyExists", 'namespaces "a" already exists', {"name": "a"}, errors.AlreadyExistsError),
        (410, "Expired", "too old resource version", {}, errors.GoneError),
        (422, "Invalid", "is invalid", {"causes": [{"field": "spec.x", "message": "bad"}]}, errors.InvalidObjectError),
        (422, "Invalid", "ValidatingAdmissionPolicy 'p' with binding 'b' denied", {}, errors.DeniedByAdmissionError),
        (400, "BadRequest", 'admission webhook "w" denied the request', {}, errors.DeniedByAdmissionError),
        (403, "Forbidden", 'admission webhook "w" denied the request: no', {}, errors.DeniedByAdmissionError),
        (403, "Forbidden", "x", {"causes": [{"reason": "NamespaceTerminating"}]}, errors.TerminatingError),
        (400, "BadRequest", "unknown", {}, errors.BadRequestError),
        (405, "MethodNotAllowed", "no", {}, errors.BadRequestError),
        (500, "InternalError", "failed to create typed patch object: x", {}, errors.InvalidObjectError),
        (504, "Timeout", "late", {}, errors.UnavailableError),
    ],
)
async def test_statuses(faults: Any, code: int, reason: str, message: str, details: Any, kind: type) -> None:
    async with faults.serve(faults.status(code, reason, message, details)) as server:
        error = await failure(server.client())
    assert type(error) is kind


async def test_field_conflict_names_managers(faults: Any) -> None:
    causes = [
        {"reason": "FieldManagerConflict", "field": f".spec.f{n}", "message": f'conflict with "{m}" using apps/v1'}
        for n, m in enumerate(["helm", "kubectl", "helm", "a", "b", "c", "d"])
    ]
    refusal = faults.status(409, "Conflict", "Apply failed with conflicts", {"causes": causes})
    async with faults.serve(refusal) as server, server.client() as client:
        with pytest.raises(errors.FieldConflictError) as caught:
            await client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}})
    assert caught.value.managers == ("helm", "kubectl", "a", "b", "c", "d")
    assert caught.value.causes[0].field == ".spec.f0"
    assert "(+2)" in readable(caught.value)
    assert len(server.seen) == 1


async def test_plain_404_page_is_a_path_that_is_not_served(faults: Any) -> None:
    page = faults.answer(404, b"404 page not found\n", content_type="text/plain")
    async with faults.serve(page) as server, server.client() as client:
        assert await client.find(DEPLOYMENTS, "a", "b") is None


async def test_foreign_words_are_made_safe() -> None:
    jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
    key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----"
    words = f"a\x1b[31mred\n{jwt} Bearer abcdefgh123 {key} https://me:pw@host/ {TOKEN} " + "x" * 1000
    cleaned = scrub(words, (TOKEN,))
    assert len(cleaned) <= 400
    assert not any(bad in cleaned for bad in (jwt, "abcdefgh123", "MHcCAQ", "me:pw", TOKEN, "\x1b", "\n"))


async def test_budget_bounds_concurrency(faults: Any) -> None:
    running = peak = 0

    async def count(_: Any, writer: asyncio.StreamWriter) -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.02)
        running -= 1
        await faults.answer(200, {})(_, writer)

    options = msgspec.structs.replace(faults.quick, concurrency=3)
    async with faults.serve(count) as server, server.client(options) as client:
        await asyncio.gather(*(client.get(NAMESPACES, f"n{n}") for n in range(20)))
    assert peak == 3


async def test_every_error_is_explained_in_both_languages() -> None:
    codes = [cls.code for cls in error_classes() if cls.code.startswith("kube.")]
    assert len(codes) == len(set(codes))
    for code in codes:
        for key in (code, f"{code}.remedy"):
            assert set(templates()[key]) == {"en", "zh"}
            english, chinese = ({f for _, f, _, _ in Formatter().parse(t) if f} for t in templates()[key].values())
            assert english == chinese, key
    parts = {"kube.pasted", "kube.nothing", "kube.no-fields"}
    assert {k.removesuffix(".remedy") for k in templates() if k.startswith("kube.")} == {*codes, *parts}


def test_error_trees_are_drawn() -> None:
    drawn = (errors.__doc__ or "") + (kubeconfig.__doc__ or "")
    for cls in error_classes():
        if cls.code.startswith("kube."):
            assert f"{cls.__name__} " in drawn
            assert cls.code in drawn
