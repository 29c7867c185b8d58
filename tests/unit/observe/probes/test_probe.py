"""Whatever a server does ends in a result."""

from __future__ import annotations

import asyncio

import pytest
from probing import LOOPBACK, Handler, Serve, made, saying, target

from gatewright.model.probe import Outcome, ProbeResult, ProbeTarget
from gatewright.observe.probes.addresses import AddressPolicy, exclusions
from gatewright.observe.probes.names import Names
from gatewright.observe.probes.probe import Contexts, probe

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Probing:
    def __init__(self, names: Names, contexts: Contexts) -> None:
        self.names, self.contexts = names, contexts

    async def __call__(
        self, asked: ProbeTarget, *, policy: AddressPolicy = LOOPBACK, seconds: float = 30
    ) -> ProbeResult:
        found = await probe(asked, names=self.names, contexts=self.contexts, policy=policy, seconds=seconds)
        assert all(found.message.render(language) for language in ("en", "zh"))
        return found


@pytest.fixture
def probing(names: Names, contexts: Contexts) -> Probing:
    return Probing(names, contexts)


async def test_an_answer(serve: Serve, probing: Probing) -> None:
    heads: list[bytes] = []

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(OK)
        await writer.drain()

    async with serve(handler) as port:
        found = await probing(target(port, path="/orders?x=1"))
        nameless = await probing(target(port, hostname=""))
    assert (found.outcome, found.status, found.connected) == ("ok", 200, "127.0.0.1")
    assert found.latency_ms is not None
    assert found.latency_ms > 0
    assert (found.certificate, found.trusted, found.covered) == (None, None, None)
    first, *fields = heads[0].decode().split("\r\n")
    assert first == "GET /orders?x=1 HTTP/1.1"
    assert {"Host: shop.example", "User-Agent: gatewright-probe", "X-Gatewright-Probe: 1"} <= set(fields)
    assert nameless.status == 200
    assert b"\r\nHost: 127.0.0.1\r\n" in heads[1]


@pytest.mark.parametrize(
    ("content", "outcome", "status"),
    [
        (OK, "ok", 200),
        (b"HTTP/1.0 404 Not Found\r\n\r\n", "ok", 404),
        (b"HTTP/1.1 502\r\n\r\n", "http", 502),
        (b"HTTP/1.1 503 Service Unavailable\r\nX: y\r\n\r\n", "http", 503),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK, "ok", 200),
        (b"HTTP/1.1 200 OK\r\n" + b"A: " + b"b" * 30_000 + b"\r\n\r\n", "ok", 200),
        (b"HTTP/1.1 200 OK\r\n" + b"A: " + b"b" * 40_000 + b"\r\n\r\n", "protocol", None),
        (b"HTTP/1.1 200 OK\r\n" + b"A: bbbbbbbb\r\n" * 4_000, "protocol", None),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 3_000, "protocol", None),
        (b"x" * 100_000, "protocol", None),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "protocol", None),
        (b"HTTP/2 200\r\n\r\n", "protocol", None),
        (b"HTTP/1.1 099 no\r\n\r\n", "protocol", None),
        (b"HTTP/1.1 200 OK\r\nA: b", "protocol", None),
        (b"\x00\xff\r\n\r\n", "protocol", None),
        (b"", "closed", None),
    ],
)
async def test_what_a_server_says(
    serve: Serve, probing: Probing, content: bytes, outcome: Outcome, status: int | None
) -> None:
    async with serve(saying(content)) as port:
        found = await probing(target(port))
    assert (found.outcome, found.status) == (outcome, status)


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest", "/login", "https://x.example/\xff\x1b[2J"])
async def test_a_redirect_is_told_and_not_followed(serve: Serve, probing: Probing, location: str) -> None:
    requests = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        requests += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 302 Found\r\nLOCATION:  {location}\r\n\r\n".encode("latin-1"))
        await writer.drain()

    async with serve(handler) as port:
        found = await probing(target(port))
    assert (found.outcome, found.status, requests) == ("ok", 302, 1)
    assert found.location == location.replace("\xff", "?").replace("\x1b", "?")


async def test_a_server_that_is_slow_without_end(serve: Serve, probing: Probing) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"A: b\r\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    handlers: list[Handler] = [drip, silent]
    for handler in handlers:
        async with serve(handler) as port:
            for protocol in ("HTTP", "HTTPS", "TLS"):
                found = await probing(target(port, protocol=protocol), seconds=0.2)
                assert found.outcome == "timeout"
                assert found.latency_ms is None


async def test_nobody_there(probing: Probing, unused_port: int) -> None:
    for protocol in ("HTTP", "HTTPS", "TLS"):
        found = await probing(target(unused_port, protocol=protocol))
        assert found.outcome == "refused"
        assert str(unused_port) in found.message.render("zh")


async def test_a_certificate_is_a_fact(serve: Serve, probing: Probing) -> None:
    async with serve(saying(OK), made("shop.example")) as port:
        found = await probing(target(port, protocol="HTTPS"))
        shaken = await probing(target(port, protocol="TLS"))
        elsewhere = await probing(target(port, protocol="HTTPS", hostname="other.example"))
        nameless = await probing(target(port, protocol="HTTPS", hostname=""))
    for one in (found, shaken):
        assert one.outcome == "ok"
        assert one.certificate is not None
        assert one.certificate.names == ("shop.example",)
        assert (one.trusted, one.covered) == (False, True)
        assert one.distrust
    assert (found.status, shaken.status) == (200, None)
    assert (elsewhere.outcome, elsewhere.covered) == ("ok", False)
    assert (nameless.outcome, nameless.covered) == ("ok", False)


async def test_an_expired_certificate_is_a_fact(serve: Serve, probing: Probing) -> None:
    async with serve(saying(OK), made("shop.example", days=(-30, -1))) as port:
        found = await probing(target(port, protocol="HTTPS"))
    assert (found.outcome, found.status, found.trusted) == ("ok", 200, False)
    assert found.certificate is not None
    assert found.certificate.not_after < found.at


async def test_a_chain_to_an_authority_that_is_trusted(serve: Serve, names: Names) -> None:
    pem, key = made("shop.example")
    connections = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await saying(OK)(reader, writer)

    async with serve(handler, (pem, key)) as port:
        found = await Probing(names, Contexts(pem.decode()))(target(port, protocol="HTTPS", hostname="b.example"))
    assert (found.trusted, found.covered, found.distrust, connections) == (True, False, "", 1)


async def test_a_server_that_speaks_no_tls(serve: Serve, probing: Probing) -> None:
    async with serve(saying(OK)) as port:
        assert (await probing(target(port, protocol="TLS"), seconds=0.3)).outcome in ("tls", "timeout")

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp.example ESMTP\r\n")
        await writer.drain()
        await reader.read()

    async with serve(rude) as port:
        assert (await probing(target(port, protocol="HTTPS"))).outcome == "tls"


async def test_a_huge_chain(serve: Serve, probing: Probing) -> None:
    leaf, key = made("shop.example")
    # beyond what OpenSSL takes of a peer (100 KiB)
    chain = leaf + made(*(f"host-{n}.example" for n in range(4000)))[0] * 3
    async with serve(saying(OK), (chain, key)) as port:
        assert (await probing(target(port, protocol="HTTPS"))).outcome == "tls"


async def test_server_name_is_sent_and_no_address(serve: Serve, probing: Probing) -> None:
    seen: list[str | None] = []
    pem, key = made("shop.example")
    async with serve(saying(OK), (pem, key), seen.append) as port:
        for hostname in ("shop.example", "", "10.0.0.1"):
            await probing(target(port, protocol="TLS", hostname=hostname))
    assert set(seen[:2]) == {"shop.example"}
    assert set(seen[2:]) == {None}


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [
        (target(address="169.254.169.254"), "excluded"),
        (target(address="::ffff:169.254.169.254"), "excluded"),
        (target(address="meta.example"), "excluded"),
        (target(address="both.example"), "excluded"),
        (target(address="10.9.9.9"), "excluded"),
        (target(address="here.internal.example"), "excluded"),
        (target(hostname="a.internal.example"), "excluded"),
        (target(address="nowhere.example"), "dns"),
        (target(address="2130706433"), "dns"),
        (target(hostname="a\r\nX: y"), "invalid"),
        (target(hostname="*.shop.example"), "invalid"),
        (target(hostname="bücher.example"), "invalid"),
        (target(path="/ HTTP/1.1\r\nX: y"), "invalid"),
        (target(path="x"), "invalid"),
        (target(path="/\u00fc"), "invalid"),
        (target(port=0), "invalid"),
        (target(port=65536), "invalid"),
        (target(address="a b"), "invalid"),
        (target(address=""), "invalid"),
    ],
)
async def test_no_request_is_made(contexts: Contexts, asked: ProbeTarget, outcome: Outcome) -> None:
    table = {"meta.example": ("169.254.169.254",), "both.example": ("127.0.0.1", "169.254.169.254")}
    policy = AddressPolicy(loopback=True, exclusions=exclusions("10.9.0.0/16,internal.example"))
    probing = Probing(Names(lambda name: table.get(name, ())), contexts)
    found = await probing(asked, policy=policy)
    assert (found.outcome, found.connected, found.latency_ms) == (outcome, "", None)


async def test_loopback_is_off_unless_allowed(serve: Serve, probing: Probing) -> None:
    async with serve(saying(OK)) as port:
        assert (await probing(target(port), policy=AddressPolicy())).outcome == "excluded"
        own = AddressPolicy(loopback=True, own=(("0.0.0.0", port),))
        assert (await probing(target(port), policy=own)).outcome == "excluded"


async def test_a_name_is_resolved_once_and_not_again(serve: Serve, contexts: Contexts) -> None:
    """DNS rebinding: the second answer is not asked for."""
    answers = iter([("127.0.0.1",), ("169.254.169.254",)])
    async with serve(saying(OK)) as port:
        found = await Probing(Names(lambda _: next(answers)), contexts)(target(port, address="rebind.example"))
    assert (found.outcome, found.connected) == ("ok", "127.0.0.1")
    assert next(answers)


async def test_proxies_of_the_environment_are_not_used(
    serve: Serve, probing: Probing, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with serve(saying(OK)) as port:
        assert (await probing(target(port))).status == 200


async def test_names_are_remembered_for_a_minute() -> None:
    asked: list[str] = []
    clock = [0.0]

    def lookup(name: str) -> tuple[str, ...]:
        asked.append(name)
        if name == "bad.example":
            raise OSError
        return ("10.0.0.1",)

    names = Names(lookup, clock=lambda: clock[0])
    for _ in range(3):
        assert await names.resolve("Shop.example.") == ("10.0.0.1",)
        assert await names.resolve("bad.example") == ()
        assert await names.resolve("::0001") == ("::1",)
    assert asked == ["shop.example", "bad.example"]
    clock[0] = 61
    assert names.remembered("shop.example") == ("10.0.0.1",)
    assert await names.resolve("shop.example") == ("10.0.0.1",)
    assert asked == ["shop.example", "bad.example", "shop.example"]
    names.close()
