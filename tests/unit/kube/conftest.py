"""A server of faults: raw asyncio, so that it can do what no HTTP library would."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gatewright.kube.client import KubeClient
from gatewright.kube.connection import Connection
from gatewright.kube.transport import ClientOptions

QUICK = ClientOptions(
    attempts=4, deadline=5.0, connect_timeout=2.0, read_timeout=2.0, backoff=0.01, max_retry_after=2.0
)


@dataclass
class Seen:
    """One request as the server read it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Responder = Callable[[Seen, asyncio.StreamWriter], Awaitable[None]]


def answer(status: int, body: Any = None, **headers: str) -> Responder:
    """A whole answer; a body that is no bytes is sent as JSON."""
    payload = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    kind = headers.pop("content_type", "application/json")
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(payload)}\r\n{extra}\r\n"

    async def respond(_: Seen, writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + payload)
        await writer.drain()

    return respond


def status(code: int, reason: str, message: str = "", details: Any = None, **headers: str) -> Responder:
    """A Kubernetes Status."""
    body = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason}
    return answer(code, {**body, "details": details or {}, "code": code}, **headers)


async def hang(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Read the request, then say nothing."""
    await asyncio.sleep(3600)


async def reset(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Break the connection before any answer."""
    writer.transport.abort()


async def reset_in_body(_: Seen, writer: asyncio.StreamWriter) -> None:
    """Promise 1000 bytes, send ten, break."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"items":[')
    await writer.drain()
    writer.transport.abort()


async def endless(_: Seen, writer: asyncio.StreamWriter) -> None:
    """A body without end, as fast as it is read."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
        await writer.drain()


async def drip(_: Seen, writer: asyncio.StreamWriter) -> None:
    """A byte every 50 ms: never silent, never done."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


@dataclass
class FaultServer:
    """Answers the n-th request with the n-th responder; the last one answers all that follow."""

    port: int
    script: list[Responder]
    scheme: str = "http"
    seen: list[Seen] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def client(self, options: ClientOptions = QUICK, **connection: Any) -> KubeClient:
        return KubeClient(Connection(self.url, **connection), options=options)


async def _serve_one(server: FaultServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.split("\r\n")
            method, target, _ = first.split(" ")
            headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            seen = Seen(method, target, headers, body)
            responder = server.script[min(len(server.seen), len(server.script) - 1)]
            server.seen.append(seen)
            await responder(seen, writer)


@contextlib.asynccontextmanager
async def fault_server(*script: Responder, tls: ssl.SSLContext | None = None) -> AsyncIterator[FaultServer]:
    """Serve ``script`` on a free port of 127.0.0.1."""
    server = FaultServer(0, list(script), "https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _serve_one(server, reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)


class Authority:
    """A throw-away CA."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
        certificate = (
            _builder(self._name, self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, *names: str) -> tuple[str, str]:
        """A certificate for DNS names and addresses, and its key (PEM)."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = (
            _builder(subject, self._name, key.public_key())
            .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        return pem, key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    def server_context(self, directory: Path, *names: str) -> ssl.SSLContext:
        certificate, key = self.issue(*names)
        file = directory / "server.pem"
        file.write_text(certificate + key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def _builder(subject: x509.Name, issuer: x509.Name, key: Any) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


class Faults:
    """What the tests need of this module, by fixture (test files import nothing from each other)."""

    quick = QUICK
    serve = staticmethod(fault_server)
    answer = staticmethod(answer)
    status = staticmethod(status)
    hang = staticmethod(hang)
    reset = staticmethod(reset)
    reset_in_body = staticmethod(reset_in_body)
    endless = staticmethod(endless)
    drip = staticmethod(drip)


@pytest.fixture(scope="session")
def faults() -> type[Faults]:
    return Faults


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def other_authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
