"""TLS: only the cluster's CA is believed, and nothing secret stays on disk."""

from __future__ import annotations

import asyncio
import asyncio.sslproto
import ssl
import tempfile
from pathlib import Path
from typing import Any

import pytest

from gatewright.kube import errors, tls
from gatewright.kube.auth import Credential
from gatewright.kube.client import KubeClient
from gatewright.kube.connection import Connection
from gatewright.kube.resources import NAMESPACES


async def outcome(faults: Any, context: ssl.SSLContext, **connection: Any) -> Any:
    serving = faults.serve(faults.answer(200, {"ok": 1}), tls=context)
    async with serving as server, server.client(**connection) as client:
        try:
            return await client.get(NAMESPACES, "a")
        except errors.ClusterError as error:
            return type(error) if error.report.message("zh") and error.report.remedy("zh") else error


async def test_the_right_ca_is_trusted(faults: Any, authority: Any, tmp_path: Path) -> None:
    context = authority.server_context(tmp_path, "127.0.0.1")
    assert await outcome(faults, context, ca_data=authority.pem) == {"ok": 1}


async def test_another_ca_is_not(faults: Any, authority: Any, other_authority: Any, tmp_path: Path) -> None:
    context = authority.server_context(tmp_path, "127.0.0.1")
    assert await outcome(faults, context, ca_data=other_authority.pem) is errors.TlsUntrustedError
    assert await outcome(faults, context) is errors.TlsUntrustedError


async def test_another_name_is_not(faults: Any, authority: Any, tmp_path: Path) -> None:
    for name in ("kubernetes.example", "10.9.8.7"):
        context = authority.server_context(tmp_path, name)
        assert await outcome(faults, context, ca_data=authority.pem) is errors.TlsHostnameError


async def test_tls_server_name(faults: Any, authority: Any, tmp_path: Path) -> None:
    context = authority.server_context(tmp_path, "kubernetes.example")
    assert await outcome(faults, context, ca_data=authority.pem, tls_server_name="kubernetes.example") == {"ok": 1}
    assert (
        await outcome(faults, context, ca_data=authority.pem, tls_server_name="other.example")
        is errors.TlsHostnameError
    )


async def test_verification_can_be_given_up(faults: Any, authority: Any, tmp_path: Path) -> None:
    context = authority.server_context(tmp_path, "kubernetes.example")
    assert await outcome(faults, context, insecure_skip_tls_verify=True) == {"ok": 1}


async def test_a_server_without_tls(faults: Any, authority: Any) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    listener = await asyncio.start_server(plain, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with KubeClient(Connection(url, ca_data=authority.pem), options=faults.quick) as client:
        with pytest.raises(errors.TlsFailedError):
            await client.get(NAMESPACES, "a")
    listener.close()


async def test_client_certificate_is_presented(faults: Any, authority: Any, tmp_path: Path) -> None:
    context = authority.server_context(tmp_path, "127.0.0.1")
    context.load_verify_locations(cadata=authority.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    certificate, key = authority.issue("operator")
    identity = {"client_certificate_data": certificate, "client_key_data": key}
    assert await outcome(faults, context, ca_data=authority.pem, **identity) == {"ok": 1}
    assert await outcome(faults, context, ca_data=authority.pem) in (
        errors.InterruptedAnswerError,
        errors.TlsFailedError,
    )


def test_the_key_file_is_gone(authority: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    certificate, key = authority.issue("operator")
    connection = Connection("https://x", ca_data=authority.pem)
    tls.context_of(connection, Credential(certificate=certificate, key=key))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(errors.ClientCertificateError):
        tls.context_of(connection, Credential(certificate=certificate, key="no key"))
    assert list(tmp_path.iterdir()) == []


def test_unusable_pem_is_named_and_not_shown(authority: Any, other_authority: Any) -> None:
    certificate, _ = authority.issue("a")
    _, other_key = other_authority.issue("b")
    broken: list[tuple[Connection, Credential]] = [
        (Connection("https://x", ca_data="nonsense"), Credential()),
        (Connection("https://x", ca_data="nönsense"), Credential()),
        (Connection("https://x"), Credential(certificate=certificate, key=other_key)),
        (Connection("https://x"), Credential(certificate="a", key="b")),
    ]
    for connection, credential in broken:
        with pytest.raises(errors.ClientCertificateError) as caught:
            tls.context_of(connection, credential)
        assert "PRIVATE KEY" not in str(caught.value)


def test_an_encrypted_key_asks_nobody() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    with pytest.raises(errors.ClientCertificateError):
        tls.context_of(Connection("https://x"), Credential(certificate="x", key=pem.decode()))


def test_read_buffers_are_small() -> None:
    assert tls.shrink_read_buffers() is hasattr(asyncio.sslproto.SSLProtocol, "max_size")
    assert asyncio.sslproto.SSLProtocol.max_size == 32768


async def test_through_a_proxy(faults: Any, authority: Any, tmp_path: Path) -> None:
    """An https server behind a CONNECT proxy: the tunnel is verified as the server, and the proxy sees no token."""
    tunnels: list[bytes] = []

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        tunnels.append(head)
        host, _, port = head.split(b" ")[1].decode().partition(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
            target.close()

        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer), return_exceptions=True)

    proxy = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    context = authority.server_context(tmp_path, "127.0.0.1")
    assert await outcome(faults, context, ca_data=authority.pem, proxy_url=url, token="secret-token") == {"ok": 1}
    assert len(tunnels) == 1
    assert b"secret-token" not in tunnels[0]
    proxy.close()
    assert await outcome(faults, context, ca_data=authority.pem, proxy_url=url) is errors.ProxyFailedError


async def test_a_proxy_that_refuses(faults: Any, authority: Any) -> None:
    async with faults.serve(faults.answer(407, b"")) as proxy:
        connection = Connection("https://cluster.example:6443", ca_data=authority.pem, proxy_url=proxy.url)
        async with KubeClient(connection, options=faults.quick) as client:
            with pytest.raises(errors.ProxyFailedError):
                await client.get(NAMESPACES, "a")
