"""Which proxy the environment asks for, as kubectl reads it."""

from __future__ import annotations

import contextlib
import ipaddress
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from gatewright.model.addresses import is_this_machine


def is_loopback(url: str) -> bool:
    """Whether the host is this machine."""
    return is_this_machine(urlsplit(url).hostname or "")


def environment_proxy(url: str, environ: Mapping[str, str] | None = None) -> str:
    """The proxy that ``HTTPS_PROXY`` and ``NO_PROXY`` ask for, else an empty string; none for this machine, as kubectl.

    ``environ`` maps ``https``, ``http`` and ``no`` to their values, as ``urllib.request.getproxies_environment``.
    """
    if is_loopback(url):
        return ""
    proxies = dict(urllib.request.getproxies_environment() if environ is None else environ)
    parts = urlsplit(url)
    if _bypasses(parts.hostname or "", proxies.get("no", "")):
        return ""
    return proxies.get(parts.scheme, "")


def _bypasses(host: str, no_proxy: str) -> bool:
    """Whether ``NO_PROXY`` (names, ``.suffixes``, addresses, CIDR blocks, ``*``) covers the host."""
    for entry in (e.strip().lower() for e in no_proxy.split(",")):
        name = entry.rpartition(":")[0] if entry.count(":") == 1 else entry
        bare = name.removeprefix("*").removeprefix(".")
        if entry == "*" or (bare and (host == bare or host.endswith(f".{bare}"))):
            return True
        with contextlib.suppress(ValueError):
            if "/" in entry and ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False):
                return True
    return False
