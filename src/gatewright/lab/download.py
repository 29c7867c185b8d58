"""Downloads official release binaries; nothing is kept whose published SHA-256 does not match."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

import aiohttp

from gatewright.lab.releases import ETCD_DOWNLOADS, KUBERNETES_DOWNLOADS, Release, architecture

# connecting is quick or hopeless; the files have 30 to 100 MB
_TIMEOUT = aiohttp.ClientTimeout(total=900, connect=4, sock_read=30)


async def download(release: Release, into: Path, *, bases: tuple[str, str] | None = None) -> bool:
    """Fetch every binary of ``release`` into the folder ``into``; ``False`` if that cannot be done from here.

    ``bases`` are the URLs of the Kubernetes and the etcd release pages, without a slash at the end.
    """
    kubernetes, etcd = bases or (KUBERNETES_DOWNLOADS, ETCD_DOWNLOADS)
    try:
        async with aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True, raise_for_status=True) as session:
            if release.name == "etcd":
                await _etcd(session, etcd, release, into)
            else:
                await _kubernetes(session, kubernetes, release, into)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, tarfile.TarError):
        return False
    return True


async def _kubernetes(session: aiohttp.ClientSession, base: str, release: Release, into: Path) -> None:
    for name in release.packages:
        url = f"{base}/v{release.version}/bin/linux/{architecture()}/{name}"
        async with session.get(f"{url}.sha256") as response:
            digest = (await response.text()).split()[0]
        await _verified(session, url, digest, into / name)
        (into / name).chmod(0o755)


async def _etcd(session: aiohttp.ClientSession, base: str, release: Release, into: Path) -> None:
    folder = f"etcd-v{release.version}-linux-{architecture()}"
    async with session.get(f"{base}/v{release.version}/SHA256SUMS") as response:
        rows = (line.split() for line in (await response.text()).splitlines())
        digests = {row[1]: row[0] for row in rows if len(row) == 2}
    archive = into / f"{folder}.tar.gz"
    await _verified(session, f"{base}/v{release.version}/{archive.name}", digests[archive.name], archive)
    with tarfile.open(archive) as content:
        member = content.extractfile(f"{folder}/etcd")
        if member is None:
            raise ValueError(archive.name)
        (into / "etcd").write_bytes(member.read())
    (into / "etcd").chmod(0o755)
    archive.unlink()


async def _verified(session: aiohttp.ClientSession, url: str, digest: str, path: Path) -> None:
    seen = hashlib.sha256()
    async with session.get(url) as response:
        with path.open("wb") as file:
            async for chunk in response.content.iter_chunked(1 << 20):
                seen.update(chunk)
                file.write(chunk)
    if seen.hexdigest() != digest:
        raise ValueError(url)
