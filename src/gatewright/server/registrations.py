"""Registering a cluster by a script that its administrator runs: the offer, the script, and what it sends back."""

from __future__ import annotations

import base64
import binascii
import re
import shlex
from typing import ClassVar, Final

import msgspec
import yaml

from gatewright.gatewayapi import access
from gatewright.kube import kubeconfig
from gatewright.model.errors import GatewrightError, InputError
from gatewright.model.names import require_label, require_namespace
from gatewright.model.registration import RegistrationOffer, RegistrationStatus
from gatewright.observe.clusters import Clusters
from gatewright.server.registration_script import refusal, script
from gatewright.server.sessions import principal_of
from gatewright.store.database import Database
from gatewright.store.errors import NameTakenError
from gatewright.store.origin import about, recognised
from gatewright.store.registrations import Found, Options, RegistrationOverError
from gatewright.store.unit import Unit
from gatewright.text import Language, text

_BASE: Final = re.compile(r"https?://[A-Za-z0-9.\-_\[\]:]+(/[A-Za-z0-9.\-_/~]*)?")
SECRET: Final = f"{access.NAME}-token"


class RegistrationAddressError(InputError):
    """The address by which the request came cannot be put into a script."""

    code: ClassVar[str] = "registration.address"


class Reached(msgspec.Struct, frozen=True):
    """What the script found: the address, and base64 of the token and of the certificate authority (may be empty)."""

    server: str
    token: str
    authority: str = ""
    tls_server_name: str = ""


class RegistrationDesk:
    """The registrations of one installation."""

    def __init__(self, database: Database, clusters: Clusters) -> None:
        self._database = database
        self._clusters = clusters

    async def offer(self, name: str, options: Options, base: str, who: str) -> RegistrationOffer:
        """A registration, good once and for 30 minutes. ``base``: the address of the API as the person reaches it.

        Raises ``InvalidNameError``, ``ReservedNamespaceError``, ``NameTakenError``, ``RegistrationAddressError``.
        """
        require_label(name, "name")
        require_namespace(options.namespace, "namespace")
        if not _BASE.fullmatch(base):
            raise RegistrationAddressError(address=base[:200])
        async with self._database.transaction() as unit:
            for cluster in await unit.fleet.clusters():
                if cluster.name == name:
                    raise NameTakenError(cluster=name, server=cluster.server)
            made, token = await unit.registrations.create(name, options, who)
            after = {"name": name, "expires_at": made.expires_at, **msgspec.to_builtins(options)}
            await unit.journal.record(who, "registration.create", made.id, after=after)
        url = f"{base}/registrations/{token}/script"
        return RegistrationOffer(made, token, url, f"curl -sS {shlex.quote(url)} | sh")

    async def show(self, id: str) -> RegistrationStatus:
        """Raises ``UnknownRegistrationError``."""
        async with self._database.reading() as unit:
            return await unit.registrations.get(id)

    async def script(self, token: str, base: str, language: Language) -> str:
        """The script of a registration; of one that is over or unknown, a script that says so."""
        try:
            if not _BASE.fullmatch(base):
                raise RegistrationAddressError(address=base[:200])
            async with self._database.transaction() as unit:
                found = await _open(unit, token)
                await unit.registrations.start(found.status.id)
        except GatewrightError as error:
            return refusal(error, language)
        options = found.options
        manifests = access.access_manifests(
            options.namespace, options.removal, None, secrets=options.secrets, observe_only=options.observe_only
        )
        return script(found.status.name, options, f"{base}/registrations/{token}/complete", manifests, SECRET)

    async def complete(self, token: str, reached: Reached, language: Language) -> str:
        """Registers the cluster as ``POST /clusters`` does, for the person who made the offer. The answer is for the
        script: ``registered`` or ``failed`` on the first line, then what to tell."""
        try:
            async with self._database.reading() as unit:
                found = await _open(unit, token)
        except GatewrightError as error:
            return _failed(error, language)
        recognised(found.status.created_by, via="registration")
        about(where=found.status.id, cluster=found.status.name)
        try:
            return await self._register(found, reached)
        except GatewrightError as error:
            async with self._database.transaction() as unit:
                await unit.registrations.fail(found.status.id, error.report)
            return _failed(error, found.options.language)

    async def _register(self, found: Found, reached: Reached) -> str:
        status, options = found.status, found.options
        connection = kubeconfig.load(_kubeconfig(reached), None, trust="uploaded")
        cluster = await self._clusters.register(
            status.name, connection, read_secrets=options.secrets, who=status.created_by
        )
        async with self._database.transaction() as unit:
            await unit.registrations.finish(status.id)
            after = {"cluster": cluster.name, "uid": cluster.uid, "server": cluster.server}
            await unit.journal.record(
                status.created_by, "registration.complete", status.id, after=after, cluster=cluster.name
            )
        return f"registered\n{text('registration.registered', options.language, cluster=cluster.name)}\n"


async def _open(unit: Unit, token: str) -> Found:
    """The registration, while it holds and whoever made it may register clusters. Raises as ``Registrations.open``."""
    found = await unit.registrations.open(token)
    if name := found.options.person:
        person = await unit.people.find(name)
        if person is None or person.disabled or not (await principal_of(unit, person)).may("cluster.register"):
            raise RegistrationOverError()
    return found


def _failed(error: GatewrightError, language: Language) -> str:
    about(what="registration.complete", code=error.report.code)
    return f"failed\n{error.report.message(language)} {error.report.remedy(language)}\n"


def _kubeconfig(reached: Reached) -> str:
    """As a person would have pasted it, so that it is checked in the same way."""
    cluster: dict[str, str] = {"server": reached.server}
    if reached.authority:
        cluster["certificate-authority-data"] = reached.authority
    if reached.tls_server_name:
        cluster["tls-server-name"] = reached.tls_server_name
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "it", "user": {"token": _token(reached.token)}}],
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "current-context": "it",
    }
    return yaml.safe_dump(document)


def _token(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("ascii").strip()
    except (binascii.Error, ValueError) as error:
        raise kubeconfig.KubeconfigFieldError(field="token", reason="base64") from error
