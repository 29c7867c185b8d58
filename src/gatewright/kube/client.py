"""The verbs of Kubernetes that Gatewright uses, on one cluster: get, list, watch, apply, patch, create, delete.

Objects are plain dictionaries with apiVersion and kind; ``get_raw`` gives bytes to callers with typed decoders.
Every method raises the errors of ``kube.errors`` and nothing else for what the cluster or the network does.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Final, Literal, TypeVar, cast

import msgspec

from gatewright.kube.auth import Authenticator
from gatewright.kube.connection import Connection
from gatewright.kube.errors import KindUnknownError, ObjectNotFoundError
from gatewright.kube.listing import Page, PageInfo, read_pages
from gatewright.kube.queries import METADATA_TYPE, list_call, query, watch_call
from gatewright.kube.resources import SELF_SUBJECT_ACCESS_REVIEWS, Resource, resource_of
from gatewright.kube.translate import not_json
from gatewright.kube.transport import JSON_TYPE, Answer, Call, ClientOptions, Transport
from gatewright.kube.watch import WatchEvent, watch_events
from gatewright.model.objects import JSON, Manifest
from gatewright.model.observation import MissingPermission

PatchKind = Literal["merge", "json", "strategic"]
Propagation = Literal["Background", "Foreground", "Orphan"]
FIELD_MANAGER: Final = "gatewright"
ABSENT: Final = "1"
"""A resource version that no object ever has (etcd's first write makes revision 2): a lock on absence for ``apply``."""
_PATCH_TYPES: Final[dict[PatchKind, str]] = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
_APPLY_TYPE: Final = "application/apply-patch+yaml"


class Applied(msgspec.Struct, frozen=True):
    """The outcome of an apply. ``created`` is the server's word (201). ``certain`` is False if an earlier attempt of
    the same call may have taken effect unseen: then ``created`` may be False for an object that we did create."""

    object: dict[str, Any]
    created: bool
    certain: bool = True


class Permission(msgspec.Struct, frozen=True, order=True):
    """One permission to ask about. ``resource`` is the plural, with ``/subresource`` if any."""

    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""


class _PlainPage(msgspec.Struct, frozen=True):
    metadata: PageInfo = PageInfo()
    items: list[dict[str, Any]] | None = None


class _Verdict(msgspec.Struct, frozen=True):
    allowed: bool = False


class _Review(msgspec.Struct, frozen=True):
    status: _Verdict = _Verdict()


_T = TypeVar("_T")


class KubeClient:
    """One cluster. An async context manager; cheap to make, one per cluster and event loop."""

    def __init__(
        self,
        connection: Connection,
        *,
        options: ClientOptions | None = None,
        auth: Authenticator | None = None,
    ) -> None:
        self._transport = Transport(connection, options, auth)
        self._discovered: dict[str, dict[str, Resource]] = {}

    def __repr__(self) -> str:
        return f"KubeClient({self.connection!r})"

    @property
    def connection(self) -> Connection:
        return self._transport.connection

    @property
    def transport(self) -> Transport:
        """The session below, for ``kube.feed``."""
        return self._transport

    @property
    def options(self) -> ClientOptions:
        return self._transport.options

    async def __aenter__(self) -> KubeClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()

    async def version(self, *, multiplexed: bool = False) -> str:
        """The server's ``gitVersion``, e.g. ``v1.36.3``. ``multiplexed``: see ``Call``."""
        call = Call("GET", "/version", "get", "/version", multiplexed=multiplexed)
        answer = await self._transport.call(call)
        version = self._object(call, answer).get("gitVersion")
        if not isinstance(version, str):
            raise not_json(self._transport.request(call))
        return version

    async def discover(self, api_version: str, kind: str) -> Resource:
        """Where ``kind`` is served: from the well-known kinds, else from discovery (kept, asked again on a miss).

        Raises ``NotServedError`` for an unknown group version, ``KindUnknownError`` for an unknown kind.
        """
        try:
            return resource_of(api_version, kind)
        except KeyError:
            pass
        if kind not in self._discovered.get(api_version, {}):
            self._discovered[api_version] = await self._discover(api_version)
        try:
            return self._discovered[api_version][kind]
        except KeyError:
            raise KindUnknownError(server=self._where, api_version=api_version, kind=kind) from None

    async def _discover(self, api_version: str) -> dict[str, Resource]:
        group, _, version = api_version.rpartition("/")
        path = Resource(group, version, "", "", False).root
        found = await self._get_object(Call("GET", path, "discover", api_version))
        kinds: dict[str, Resource] = {}
        for entry in cast(list[dict[str, Any]], found.get("resources") or []):
            name, kind = str(entry.get("name", "")), str(entry.get("kind", ""))
            if name and "/" not in name:
                kinds.setdefault(kind, Resource(group, version, name, kind, bool(entry.get("namespaced"))))
        return kinds

    async def get(
        self, resource: Resource, name: str, namespace: str | None = None, *, multiplexed: bool = False
    ) -> dict[str, Any]:
        """The object. ``multiplexed``: see ``Call``. Raises ``ObjectNotFoundError``."""
        subject = resource.describe(name, namespace)
        return await self._get_object(
            Call("GET", resource.path(namespace, name), "get", subject, multiplexed=multiplexed)
        )

    async def find(self, resource: Resource, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        """The object, or None if it (or its kind) is not there."""
        try:
            return await self.get(resource, name, namespace)
        except ObjectNotFoundError:
            return None

    async def get_raw(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        accept: str = JSON_TYPE,
        *,
        subject: str = "",
        multiplexed: bool = False,
    ) -> bytes:
        """The body of a GET as it came, for typed decoders. ``multiplexed``: see ``Call``."""
        pairs = tuple((params or {}).items())
        call = Call("GET", path, "get", subject or path, pairs, accept=accept, multiplexed=multiplexed)
        return (await self._transport.call(call)).body

    async def list(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        label_selector: str | None = None,
        field_selector: str | None = None,
        metadata_only: bool = False,
        limit: int = 500,
    ) -> list[dict[str, Any]]:
        """All objects of a kind, of one namespace or of all. Pages of ``limit``; each object has apiVersion and kind.

        A continue token that expires on the way (410) restarts the list once.
        """
        call = list_call(
            resource,
            namespace,
            label_selector=label_selector,
            field_selector=field_selector,
            metadata_only=metadata_only,
            limit=limit,
        )

        async def decode(body: bytes, _: int) -> Page[dict[str, Any]]:
            content = self._decode(call, body, _PlainPage)
            kind = {"apiVersion": resource.api_version, "kind": resource.kind}
            return Page(content.metadata, [{**item, **kind} for item in content.items or ()])

        return (await read_pages(self._transport, call, decode, sys.maxsize)).items

    def watch(
        self,
        resource: Resource,
        namespace: str | None = None,
        *,
        resource_version: str = "",
        label_selector: str | None = None,
        field_selector: str | None = None,
        metadata_only: bool = False,
        seconds: int = 300,
    ) -> AsyncIterator[WatchEvent]:
        """Changes since ``resource_version`` (empty: all objects first, as ``ADDED``), with bookmarks.

        Ends after about ``seconds``, or whenever the server likes: continue from the last event's resource version.
        Raises ``GoneError`` when that is too old, and the errors of the connection.
        """
        call = watch_call(
            resource,
            namespace,
            resource_version=resource_version,
            label_selector=label_selector,
            field_selector=field_selector,
            metadata_only=metadata_only,
            seconds=seconds,
        )
        return watch_events(self._transport, call, seconds)

    async def apply(
        self,
        manifest: Manifest,
        *,
        force: bool = False,
        dry_run: bool = False,
        resource_version: str | None = None,
        uid: str | None = None,
        manager: str = FIELD_MANAGER,
        metadata_only: bool = False,
    ) -> Applied:
        """Server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/).

        With ``resource_version``, only if the object is still at that version, or (``ABSENT``) does not exist. That
        alone does not keep an object that was deleted in the meantime from being created again; ``uid`` does.
        Unknown fields are refused, not dropped. ``metadata_only``: the answer is a PartialObjectMetadata, which spares
        both sides the megabyte of a bundle's schemas.
        Raises ``FieldConflictError`` naming the managers, ``ObjectConflictError``, ``InvalidObjectError``, ...
        """
        resource = await self.discover(manifest["apiVersion"], manifest["kind"])
        metadata = {k: v for k, v in manifest["metadata"].items() if k not in ("managedFields", "resourceVersion")}
        if resource_version is not None:
            metadata["resourceVersion"] = resource_version
        if uid is not None:
            metadata["uid"] = uid
        name, namespace = metadata["name"], metadata.get("namespace")
        call = Call(
            "PATCH",
            resource.path(namespace, name),
            "apply",
            resource.describe(name, namespace),
            query(
                fieldManager=manager,
                force="true" if force else None,
                dryRun="All" if dry_run else None,
                fieldValidation="Strict",
            ),
            msgspec.json.encode({**manifest, "metadata": metadata}),
            _APPLY_TYPE,
            accept=f"{METADATA_TYPE},{JSON_TYPE}" if metadata_only else JSON_TYPE,
            # Under a lock the second of two runs would fail on the success of the first.
            idempotent=resource_version is None,
        )
        answer = await self._transport.call(call)
        return Applied(self._object(call, answer), answer.status == 201, not answer.repeated)

    async def patch(
        self,
        resource: Resource,
        name: str,
        patch: JSON,
        *,
        namespace: str | None = None,
        subresource: str | None = None,
        kind: PatchKind = "merge",
    ) -> dict[str, Any]:
        """The object after a merge patch (RFC 7396), JSON patch (RFC 6902) or strategic merge patch."""
        call = Call(
            "PATCH",
            resource.path(namespace, name, subresource),
            "patch",
            resource.describe(name, namespace),
            query(fieldManager=FIELD_MANAGER),
            msgspec.json.encode(patch),
            _PATCH_TYPES[kind],
            idempotent=kind != "json",
        )
        return self._object(call, await self._transport.call(call))

    async def create(
        self,
        resource: Resource,
        manifest: Manifest,
        namespace: str | None = None,
        *,
        subresource_of: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        """The object that was created. ``subresource_of``: (name, subresource) to post to, e.g. a token request.

        Raises ``AlreadyExistsError``. Not repeated when its outcome is unknown.
        """
        namespace = namespace or manifest.get("metadata", {}).get("namespace")
        name, subresource = subresource_of or (None, None)
        shown = name or manifest.get("metadata", {}).get("name")
        call = Call(
            "POST",
            resource.path(namespace, name, subresource),
            "create",
            resource.describe(shown, namespace),
            query(fieldManager=FIELD_MANAGER),
            msgspec.json.encode(manifest),
            idempotent=resource == SELF_SUBJECT_ACCESS_REVIEWS,
        )
        return self._object(call, await self._transport.call(call))

    async def delete(
        self,
        resource: Resource,
        name: str,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        propagation: Propagation = "Background",
    ) -> bool:
        """Ask for the deletion; False if there was nothing to delete. With ``uid`` or ``resource_version`` only that
        very object is deleted (``ObjectConflictError`` for another)."""
        preconditions = dict(query(uid=uid, resourceVersion=resource_version))
        body: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if preconditions:
            body["preconditions"] = preconditions
        call = Call(
            "DELETE",
            resource.path(namespace, name),
            "delete",
            resource.describe(name, namespace),
            body=msgspec.json.encode(body),
            # Without a uid, a repeated delete could hit a successor of the same name.
            idempotent=uid is not None,
        )
        try:
            await self._transport.call(call)
        except ObjectNotFoundError:
            return False
        return True

    async def can(self, permissions: Iterable[Permission]) -> list[MissingPermission]:
        """Those of ``permissions`` that the cluster would refuse us, sorted (SelfSubjectAccessReview, side by side)."""
        wanted = sorted(set(permissions))
        allowed = await asyncio.gather(*(self._allowed(permission) for permission in wanted))
        return [
            MissingPermission(p.verb, p.group, p.resource, p.namespace, p.name)
            for p, yes in zip(wanted, allowed, strict=True)
            if not yes
        ]

    async def _allowed(self, permission: Permission) -> bool:
        resource, _, subresource = permission.resource.partition("/")
        attributes = query(
            verb=permission.verb,
            group=permission.group or None,
            resource=resource,
            subresource=subresource or None,
            namespace=permission.namespace or None,
            name=permission.name or None,
        )
        review = {
            "apiVersion": SELF_SUBJECT_ACCESS_REVIEWS.api_version,
            "kind": SELF_SUBJECT_ACCESS_REVIEWS.kind,
            "spec": {"resourceAttributes": dict(attributes)},
        }
        answer = await self.create(SELF_SUBJECT_ACCESS_REVIEWS, review)
        return msgspec.convert(answer, type=_Review).status.allowed

    async def _get_object(self, call: Call) -> dict[str, Any]:
        return self._object(call, await self._transport.call(call))

    def _object(self, call: Call, answer: Answer) -> dict[str, Any]:
        return self._decode(call, answer.body, dict[str, Any])

    def _decode(self, call: Call, body: bytes, shape: type[_T]) -> _T:
        try:
            return msgspec.json.decode(body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise not_json(self._transport.request(call)) from None

    @property
    def _where(self) -> str:
        return self._transport.request(Call("GET", "/", "", "")).where
