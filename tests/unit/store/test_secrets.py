"""Credentials at rest: they open with the right key, for the right cluster, and nowhere else."""

from __future__ import annotations

import asyncio
import base64
import os
import stat
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.store.database import Database
from gatewright.store.errors import (
    CredentialDamagedError,
    KeyExposedError,
    KeyInvalidError,
    KeyMissingError,
    KeyWrongError,
)
from gatewright.store.secrets import KeyRing, Sealed, key_id

OLD, NEW = b"o" * 32, b"n" * 32
SECRET = b'{"token":"hunter2"}'


def text(*keys: bytes) -> str:
    return "\n".join(base64.b64encode(key).decode() for key in keys)


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_again(plaintext: bytes, uid: str) -> None:
    ring = KeyRing((NEW,))
    sealed = ring.seal(uid, plaintext)
    assert ring.open(uid, sealed) == plaintext
    assert ring.seal(uid, plaintext) != sealed


def test_a_row_moved_to_another_cluster_does_not_open() -> None:
    ring = KeyRing((NEW,))
    a, b = ring.seal("uid-a", SECRET), ring.seal("uid-b", SECRET)
    for moved in (a, msgspec.structs.replace(a, wrapped_key=b.wrapped_key)):
        with pytest.raises(CredentialDamagedError):
            ring.open("uid-b", moved)


@given(st.integers(0, 10_000), st.sampled_from(["wrapped_key", "ciphertext"]))
def test_a_changed_or_shortened_byte_does_not_open(position: int, part: str) -> None:
    ring = KeyRing((NEW,))
    sealed = ring.seal("uid-a", SECRET)
    blob = bytearray(getattr(sealed, part))
    blob[position % len(blob)] ^= 1
    for broken in (bytes(blob), bytes(blob)[: position % len(blob)]):
        with pytest.raises(CredentialDamagedError):
            ring.open("uid-a", msgspec.structs.replace(sealed, **{part: broken}))


def test_another_key_is_named_as_wrong() -> None:
    sealed = KeyRing((OLD,)).seal("uid-a", SECRET)
    with pytest.raises(KeyWrongError) as caught:
        KeyRing((NEW,)).open("uid-a", sealed)
    assert caught.value.report.params["key"] == key_id(OLD)


def test_rewrapping_moves_to_the_current_key_without_touching_the_secret() -> None:
    sealed = KeyRing((OLD,)).seal("uid-a", SECRET)
    moved = KeyRing((NEW, OLD)).rewrap("uid-a", sealed)
    assert moved.ciphertext == sealed.ciphertext
    assert KeyRing((NEW,)).open("uid-a", moved) == SECRET


def test_no_repr_shows_a_key_or_a_secret() -> None:
    ring = KeyRing((NEW, OLD))
    shown = repr(ring) + repr(ring.seal("uid-a", SECRET)) + str(ring)
    for secret in ("hunter2", text(NEW), text(OLD), NEW.hex(), repr(NEW), "nnnn"):
        assert secret not in shown


# Where the key comes from


def test_a_key_is_made_once_and_privately(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    ring = KeyRing.load(folder, {}, create=True)
    assert stat.S_IMODE(os.stat(folder / "key").st_mode) == 0o600
    assert [p.name for p in folder.iterdir()] == ["key"]
    assert KeyRing.load(folder, {}, create=True).current == ring.current
    assert KeyRing.load(folder, {}, create=False).current == ring.current


def test_several_that_make_the_key_at_once_get_the_same(tmp_path: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(KeyRing.load(tmp_path, {}, create=True).current)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_the_environment_overrides_the_folder(tmp_path: Path) -> None:
    KeyRing.load(tmp_path, {}, create=True)
    file = tmp_path / "elsewhere"
    file.touch(0o600)
    file.write_text(text(NEW, OLD))
    assert KeyRing.load(tmp_path, {"GATEWRIGHT_KEY": text(OLD)}, create=False).current == key_id(OLD)
    assert KeyRing.load(tmp_path, {"GATEWRIGHT_KEY_FILE": str(file)}, create=False).current == key_id(NEW)


@pytest.mark.parametrize("value", ["", "   ", "x", text(b"short"), text(NEW) + "\noops", "\xff\xfe", "A" * 100_000])
def test_a_file_without_keys_is_invalid(tmp_path: Path, value: str) -> None:
    (tmp_path / "key").touch(0o600)
    (tmp_path / "key").write_text(value, encoding="latin-1")
    with pytest.raises(KeyInvalidError) as caught:
        KeyRing.load(tmp_path, {}, create=True)
    assert value.strip() == "" or value not in str(caught.value) or value == "x"


def test_a_missing_key_is_not_replaced_where_credentials_exist(tmp_path: Path) -> None:
    with pytest.raises(KeyMissingError):
        KeyRing.load(tmp_path, {}, create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    KeyRing.load(tmp_path, {}, create=True)
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(KeyExposedError, match="chmod 600"):
        KeyRing.load(tmp_path, {}, create=False)


def test_a_folder_that_cannot_be_written_is_our_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyMissingError):
        KeyRing.load(tmp_path / "file", {}, create=True)


# In the database


async def test_credentials_are_kept_sealed_and_rewrapped(fleet: Database) -> None:
    old = KeyRing((OLD,))
    async with fleet.transaction() as unit:
        assert not await unit.credentials.any()
        for uid in ("uid-a", "uid-b"):
            await unit.credentials.put(uid, old.seal(uid, SECRET))
        await unit.credentials.put("uid-b", old.seal("uid-b", b"newer"))
    both = KeyRing((NEW, OLD))
    async with fleet.transaction() as unit:
        assert await unit.credentials.rewrap(both) == 2
        assert await unit.credentials.rewrap(both) == 0
        opened = {}
        for uid in ("uid-a", "uid-b"):
            sealed = await unit.credentials.get(uid)
            assert isinstance(sealed, Sealed)
            opened[uid] = KeyRing((NEW,)).open(uid, sealed)
        assert opened == {"uid-a": SECRET, "uid-b": b"newer"}
        await unit.credentials.forget("uid-a")
        assert await unit.credentials.get("uid-a") is None


async def test_no_secret_is_in_the_file(sqlite_url: str) -> None:
    from gatewright.model.desired import Cluster
    from gatewright.store.apply import Registration

    async with Database.open(sqlite_url) as db, db.transaction() as unit:
        sealed = KeyRing((NEW,)).seal("uid-a", SECRET)
        await unit.fleet.register(Cluster("a"), Registration("uid-a", "https://a", "", sealed), "ann")
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    content = await asyncio.to_thread(
        lambda: b"".join(p.read_bytes() for p in path.parent.iterdir() if p.name.startswith(path.name))
    )
    assert b"uid-a" in content
    assert b"hunter2" not in content
    assert NEW not in content
