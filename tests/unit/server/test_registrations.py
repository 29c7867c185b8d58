"""Registering by a script: one-time, in time, quoted; what the script sends registers the cluster as a person would."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import yaml

from gatewright.gatewayapi import access
from gatewright.model.registration import RegistrationOffer, RegistrationStatus
from gatewright.server.principal import Principal
from gatewright.server.registration_script import MARK, refusal, script
from gatewright.server.services import Services
from gatewright.server.sessions import principal_of
from gatewright.store.registrations import LASTING, Options, RegistrationOverError, UnknownRegistrationError
from gatewright.store.unit import Unit
from gatewright.text import LANGUAGES, Language

HOSTILE = 'it\'s $(touch pwned) `touch pwned` "quoted" \\ && touch pwned; #'


async def test_it_holds_no_longer_than_the_right_of_whoever_made_it(
    api: httpx.AsyncClient, services: Services, connect: Any, kubernetes: Any
) -> None:
    await api.put("/users/root", json={"role": "administrator", "password": "correct horse battery"})
    cluster = yaml.safe_load(kubernetes.kubeconfig())["clusters"][0]["cluster"]
    body = sent(server=cluster["server"], authority=cluster.get("certificate-authority-data", ""))
    for change in ({"disabled": True}, {"role": ""}, None):
        assert (await api.put("/users/ida", json={"role": "administrator", "disabled": False})).status_code == 200
        async with services.clusters.database.reading() as unit:
            ida = await principal_of(unit, await unit.people.get("ida"))
        async with connect(ida) as client:
            token = (await client.post("/registrations", json={"name": "east"})).json()["token"]
        assert "gatewright_register" in (await api.get(f"/registrations/{token}/script")).text
        answer = await (api.delete("/users/ida") if change is None else api.put("/users/ida", json=change))
        assert answer.is_success, answer.text
        assert "gatewright_register" not in (await api.get(f"/registrations/{token}/script")).text
        answer = await api.post(f"/registrations/{token}/complete", json=body)
        assert answer.text.startswith("failed\n")
    assert (await api.get("/clusters")).json() == []


@pytest.fixture
async def offer(api: httpx.AsyncClient) -> RegistrationOffer:
    answer = await api.post("/registrations", json={"name": "east"})
    assert answer.status_code == 201, answer.text
    return msgspec.json.decode(answer.content, type=RegistrationOffer)


def sent(**more: Any) -> dict[str, Any]:
    return {"server": "https://10.0.0.1:6443", "token": base64.b64encode(b"t0ken").decode(), **more}


async def state_of(api: httpx.AsyncClient, id: str) -> RegistrationStatus:
    return msgspec.json.decode((await api.get(f"/registrations/{id}")).content, type=RegistrationStatus)


# Tokens


async def test_the_token_is_told_once_and_kept_as_a_digest(
    api: httpx.AsyncClient, services: Services, offer: RegistrationOffer
) -> None:
    assert offer.command == f"curl -sS {offer.url} | sh"
    assert offer.url.startswith("http://test/api/v1/registrations/")
    assert offer.token in offer.url
    again = await api.get(f"/registrations/{offer.registration.id}")
    assert offer.token not in again.text
    assert again.json()["state"] == "waiting"
    stored = b"".join(path.read_bytes() for path in services.settings.home.glob("gatewright.db*"))
    assert offer.token.encode() not in stored


async def test_a_registration_needs_the_right_to_register(connect: Any) -> None:
    async with connect(Principal("ann", frozenset({"fleet.read", "cluster.read"}))) as ann:
        assert (await ann.post("/registrations", json={"name": "east"})).status_code == 403
        assert (await ann.get("/registrations/x")).status_code == 403


@pytest.mark.parametrize("body", [{"name": "East"}, {"name": "a", "namespace": "kube-system"}, {"name": ""}, {}])
async def test_a_name_that_cannot_be_is_refused_at_once(api: httpx.AsyncClient, body: dict[str, Any]) -> None:
    assert (await api.post("/registrations", json=body)).status_code == 422


async def test_it_holds_for_half_an_hour_and_for_one_cluster(services: Services, clock: Any) -> None:
    database = services.clusters.database
    async with database.transaction() as unit:
        unit = Unit(unit.session, clock)
        made, token = await unit.registrations.create("east", Options(), "ann")
        assert (await unit.registrations.open(token)).status.id == made.id
        clock.now += LASTING - timedelta(seconds=1)
        assert (await unit.registrations.open(token)).status.state == "waiting"
        clock.now += timedelta(seconds=1)
        with pytest.raises(RegistrationOverError):
            await unit.registrations.open(token)
        assert (await unit.registrations.get(made.id)).state == "expired"
        other, second = await unit.registrations.create("west", Options(), "ann")
        assert await unit.registrations.finish(other.id)
        assert not await unit.registrations.finish(other.id)
        with pytest.raises(RegistrationOverError):
            await unit.registrations.open(second)
        with pytest.raises(UnknownRegistrationError):
            await unit.registrations.open(token + "x")
        clock.now += timedelta(days=8)
        await unit.registrations.create("north", Options(), "ann")
        with pytest.raises(UnknownRegistrationError):
            await unit.registrations.get(made.id)


# What the script sends


async def test_what_the_script_sends_registers_the_cluster(
    api: httpx.AsyncClient, offer: RegistrationOffer, kubernetes: Any
) -> None:
    config = yaml.safe_load(kubernetes.kubeconfig())
    cluster = config["clusters"][0]["cluster"]
    authority = cluster.get("certificate-authority-data", "")
    body = sent(server=cluster["server"], authority=authority)
    answer = await api.post(f"/registrations/{offer.token}/complete", json=body)
    assert answer.status_code == 200
    assert answer.text.splitlines() == ["registered", "Cluster east is registered."]
    status = await state_of(api, offer.registration.id)
    assert (status.state, status.cluster, status.error) == ("registered", "east", None)
    assert (await api.get("/clusters/east")).json()["uid"] == kubernetes.uid
    again = await api.post(f"/registrations/{offer.token}/complete", json=body)
    assert again.text.startswith("failed\nThis registration was used already")
    taken = await api.post("/registrations", json={"name": "east"})
    assert (taken.status_code, taken.json()["code"]) == (409, "store.name-taken")


async def test_a_cluster_that_is_registered_already_is_told_by_its_name(
    api: httpx.AsyncClient, offer: RegistrationOffer, kubernetes: Any
) -> None:
    registered = await api.post("/clusters", json={"name": "first", "kubeconfig": kubernetes.kubeconfig()})
    assert registered.status_code == 201, registered.text
    cluster = yaml.safe_load(kubernetes.kubeconfig())["clusters"][0]["cluster"]
    body = sent(server=cluster["server"], authority=cluster.get("certificate-authority-data", ""))
    answer = await api.post(f"/registrations/{offer.token}/complete", json=body)
    assert answer.text.startswith("failed\n")
    assert "first" in answer.text
    status = await state_of(api, offer.registration.id)
    assert status.state == "failed"
    assert status.error is not None
    assert status.error.code == "store.cluster-exists"


@pytest.mark.parametrize(
    "wrong",
    [
        {"server": "https://127.0.0.1:1"},
        {"server": "ftp://example.com"},
        {"token": "not base64 !"},
        {"token": base64.b64encode(b"two\nlines").decode()},
        {"authority": "bm90IGEgY2VydGlmaWNhdGU="},
    ],
)
async def test_what_leads_nowhere_is_told_and_may_be_tried_again(
    api: httpx.AsyncClient, offer: RegistrationOffer, wrong: dict[str, str]
) -> None:
    answer = await api.post(f"/registrations/{offer.token}/complete", json=sent(**wrong))
    assert answer.status_code == 200
    assert answer.text.startswith("failed\n")
    assert (await state_of(api, offer.registration.id)).state == "failed"
    again = await api.get(f"/registrations/{offer.token}/script")
    assert "gatewright_register" in again.text
    assert (await state_of(api, offer.registration.id)).state == "started"


async def test_nobody_needs_to_sign_in_to_run_it(services: Services, offer: RegistrationOffer, connect: Any) -> None:
    async with connect(Principal("nobody")) as stranger:
        assert (await stranger.get(f"/registrations/{offer.token}/script")).status_code == 200
        assert (await stranger.post(f"/registrations/{offer.token}x/complete", json=sent())).text.startswith("failed\n")


# The script


def made(
    language: Language = "en", name: str = "east", complete: str = "http://test/api/v1/registrations/t/complete"
) -> str:
    options = Options(language=language)
    return script(name, options, complete, access.access_manifests(), "gatewright-token")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_sound_sh(language: Language, tmp_path: Path) -> None:
    file = tmp_path / "register.sh"
    file.write_text(made(language), encoding="utf-8")
    assert subprocess.run(["sh", "-n", str(file)], capture_output=True, check=False).stderr == b""
    if shutil.which("shellcheck"):
        found = subprocess.run(["shellcheck", str(file)], capture_output=True, text=True, check=False)
        assert found.stdout == ""


def test_the_account_is_the_one_of_access() -> None:
    text = made()
    inside = text.partition(f"<<'{MARK}'\n")[2].partition(f"{MARK}\n}}")[0]
    assert list(yaml.safe_load_all(inside)) == access.access_manifests()
    assert MARK not in yaml.safe_dump_all(access.access_manifests())


def test_values_stay_values(tmp_path: Path) -> None:
    """Whatever a value is, the shell that reads the script runs nothing of it."""
    file = tmp_path / "register.sh"
    file.write_text(made(name=HOSTILE, complete=HOSTILE), encoding="utf-8")
    (tmp_path / "bin").mkdir()
    done = run(file, tmp_path)
    assert done.returncode == 1
    assert "kubectl was not found" in done.stderr
    assert list(tmp_path.glob("pwned*")) == []


def test_nothing_runs_of_a_script_that_arrived_in_part(tmp_path: Path) -> None:
    whole = made()
    (tmp_path / "bin").mkdir()
    tool(tmp_path, "kubectl", "touch ran; exit 1")
    tool(tmp_path, "curl", "touch ran")
    file = tmp_path / "register.sh"
    for part in range(0, len(whole) - len("gatewright_register\n"), 997):
        file.write_text(whole[:part], encoding="utf-8")
        run(file, tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_refusal_is_a_script_that_says_why_and_fails(tmp_path: Path) -> None:
    for language in LANGUAGES:
        file = tmp_path / "register.sh"
        file.write_text(refusal(RegistrationOverError(), language), encoding="utf-8")
        done = run(file, tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        assert "30" in done.stderr


async def test_an_expired_or_unknown_token_gives_such_a_script(api: httpx.AsyncClient, tmp_path: Path) -> None:
    answer = await api.get("/registrations/unknown/script", headers={"Accept-Language": "zh"})
    assert answer.headers["content-type"].startswith("text/x-shellscript")
    file = tmp_path / "register.sh"
    file.write_text(answer.text, encoding="utf-8")
    done = run(file, tmp_path)
    assert done.returncode == 1
    assert "该注册不存在" in done.stderr


KUBECTL = """
case "$*" in
  *current-context*) echo it ;;
  *"get --raw"*) exit {reach} ;;
  *"auth can-i create secrets"*) exit {secrets} ;;
  *"auth can-i"*) exit 0 ;;
  "apply -f -") cat > applied; exit {apply} ;;
  *"get secret"*"with .data"*) printf '%s' '{token}' ;;
  *"get secret"*) printf QQ== ;;
  *insecure*) printf '' ;;
  *cluster.server*) printf '%s' '{server}' ;;
  *authority*) printf Q0E= ;;
  *) printf '' ;;
esac
"""
FINE = {"reach": 0, "secrets": 0, "apply": 0, "token": "dG9rZW4=", "server": "https://h:6443"}


@pytest.mark.parametrize(
    ("wrong", "said", "applied"),
    [
        ({"reach": 1}, "does not reach a cluster", False),
        ({"secrets": 1}, "Nothing was changed", False),
        ({"apply": 1}, "could not be created", True),
        ({"server": "https://h$(touch pwned):6443"}, "cannot be used", True),
        ({"server": "h:6443"}, "cannot be used", True),
        ({"token": 'a"b'}, "no token", True),
    ],
)
def test_it_says_what_is_wrong_and_stops(tmp_path: Path, wrong: dict[str, Any], said: str, applied: bool) -> None:
    done = ran(tmp_path, {**FINE, **wrong}, "registered")
    assert done.returncode == 1
    assert said in done.stderr
    assert (tmp_path / "applied").exists() == applied
    assert not (tmp_path / "sent").exists()
    assert not (tmp_path / "pwned").exists()


def test_it_sends_what_it_found_and_shows_the_answer(tmp_path: Path) -> None:
    done = ran(tmp_path, FINE, "registered\nCluster east is registered.")
    assert (done.returncode, done.stdout) == (0, "Cluster east is registered.\n")
    body = msgspec.json.decode((tmp_path / "sent").read_bytes())
    assert body == {"server": "https://h:6443", "token": "dG9rZW4=", "authority": "Q0E=", "tls_server_name": ""}
    arguments = (tmp_path / "arguments").read_text(encoding="utf-8")
    assert "dG9rZW4=" not in arguments
    assert arguments.rstrip().endswith("http://test/api/v1/registrations/t/complete")


def test_a_refusal_of_the_server_is_a_failure(tmp_path: Path) -> None:
    done = ran(tmp_path, FINE, "failed\nAlready registered as first.")
    assert (done.returncode, done.stdout) == (1, "")
    assert "Already registered as first." in done.stderr
    assert "GW_API_SERVER" in done.stderr
    assert ran(tmp_path, FINE, '{"code": "server.body"}').returncode == 1


def test_another_address_may_be_given(tmp_path: Path) -> None:
    ran(tmp_path, FINE, "registered", GW_API_SERVER="https://other:6443")
    body = msgspec.json.decode((tmp_path / "sent").read_bytes())
    assert (body["server"], body["authority"]) == ("https://other:6443", "QQ==")


def ran(folder: Path, kubectl: dict[str, Any], answer: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The script with a kubectl and a curl that say what they are told to."""
    (folder / "bin").mkdir(exist_ok=True)
    tool(folder, "kubectl", KUBECTL.format(**kubectl))
    (folder / "answer").write_text(answer, encoding="utf-8")
    tool(folder, "curl", 'printf "%s" "$*" > arguments; cat > sent; cat answer')
    file = folder / "register.sh"
    file.write_text(made(), encoding="utf-8")
    return run(file, folder, **environ)


def tool(folder: Path, name: str, content: str) -> None:
    path = folder / "bin" / name
    path.write_text(f"#!/bin/sh\n{content}\n", encoding="utf-8")
    path.chmod(0o755)


def run(file: Path, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """As ``sh`` runs it with only the tools in ``folder/bin`` and those that every system has."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for name in ("cat", "sed", "sleep", "touch"):
        found = shutil.which(name)
        assert found
        if not (tools / name).exists():
            (tools / name).symlink_to(found)
    shell = shutil.which("sh")
    assert shell
    return subprocess.run(
        [shell, str(file)],
        cwd=folder,
        env={"PATH": str(tools), "LANG": os.environ.get("LANG", "C.UTF-8"), **environ},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )


async def test_a_token_longer_than_any_is_refused(api: httpx.AsyncClient) -> None:
    path = f"/registrations/{'t' * 81}"
    assert (await api.get(f"{path}/script")).status_code == 422
    assert (await api.post(f"{path}/complete", json=sent())).status_code == 422
    assert (await api.post("/registrations/t/complete", json=sent(token="t" * 65537))).status_code == 422
