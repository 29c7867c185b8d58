"""Targets to probe, certificates of every kind, and what a server may say, for tests of probes."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gatewright.model.objects import ObjectRef
from gatewright.model.probe import ProbeTarget, Protocol
from gatewright.observe.probes.addresses import AddressPolicy

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[..., AbstractAsyncContextManager[int]]
GATEWAY = ObjectRef("gateway.networking.k8s.io/v1", "Gateway", "web", "shop")
LOOPBACK = AddressPolicy(loopback=True)


def target(
    port: int = 80,
    *,
    protocol: Protocol = "HTTP",
    hostname: str = "shop.example",
    address: str = "127.0.0.1",
    cluster: str = "shanghai",
    gateway: ObjectRef = GATEWAY,
    path: str = "/",
) -> ProbeTarget:
    return ProbeTarget(cluster, gateway, "web", protocol, address, port, hostname, path)


def made(
    *names: str,
    days: tuple[int, int] = (-1, 90),
    issuer: str | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> tuple[bytes, bytes]:
    """A certificate for ``names`` and its key, PEM; valid for ``days`` from now. Signed by itself, or, with
    ``issuer``, by a stranger of that name."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    signer = ec.generate_private_key(ec.SECP256R1()) if issuer else own
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a shop")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]) if issuer else subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + dt.timedelta(days=days[0]))
        .not_valid_after(now + dt.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        alternatives = [_name(name) for name in names]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    certificate = builder.sign(signer, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(pem), private


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def saying(content: bytes, *, then_wait: bool = False) -> Handler:
    """A server that reads a request's head and says ``content``."""

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(content)
        await writer.drain()
        if then_wait:
            await asyncio.Event().wait()
        writer.close()
        await writer.wait_closed()

    return handler
