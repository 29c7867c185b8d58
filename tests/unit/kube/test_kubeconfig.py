"""Kubeconfigs: what kubectl accepts is accepted, what is dangerous or broken has its own error."""

from __future__ import annotations

import base64
import contextlib
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gatewright.kube import kubeconfig
from gatewright.kube.connection import Connection
from gatewright.model.documents import plain, read_documents
from gatewright.model.errors import InputError

SECRET = "tok-0123456789-secret"


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def document(user: Any = None, cluster: Any = None, **more: Any) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "one",
        "clusters": [{"name": "c", "cluster": {"server": "https://c:6443", **(cluster or {})}}],
        "users": [{"name": "u", "user": user if user is not None else {"token": SECRET}}],
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u"}}],
        "preferences": {},
        **more,
    }
    return yaml.safe_dump(content)


def refused(source: Any, context: str | None = None, trust: Any = "operator", **environ: str) -> InputError:
    with pytest.raises(InputError) as caught:
        kubeconfig.load(source, context, trust=trust, environ=environ)
    for language in ("en", "zh"):
        shown = caught.value.report.message(language) + caught.value.report.remedy(language)
        assert SECRET not in shown
        assert "{" not in shown.replace("{}", "")
    return caught.value


def test_embedded_credentials() -> None:
    user = {"client-certificate-data": b64("CERT"), "client-key-data": b64("KEY")}
    cluster = {
        "certificate-authority-data": b64("CA"),
        "proxy-url": "http://p:3128",
        "tls-server-name": "k8s",
        "insecure-skip-tls-verify": False,
    }
    for trust in ("operator", "uploaded"):
        found = kubeconfig.load(document(user, cluster), trust=trust)
        assert found == Connection(
            "https://c:6443", "CA", "CERT", "KEY", proxy_url="http://p:3128", tls_server_name="k8s"
        )
    assert kubeconfig.load(document({"username": "a", "password": "b"}), trust="uploaded").password == "b"
    assert kubeconfig.load(
        document(cluster={"insecure-skip-tls-verify": True}), trust="uploaded"
    ).insecure_skip_tls_verify


def test_json_and_null_lists() -> None:
    text = msgspec.json.encode(yaml.safe_load(document())).decode()
    assert kubeconfig.load(text, trust="uploaded").token == SECRET
    assert kubeconfig.contexts("kind: Config\nclusters: null\ncontexts: null\nusers: null\n") == []


def test_files_are_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "pki").mkdir()
    for name in ("ca", "crt", "key"):
        (tmp_path / "pki" / name).write_text(name.upper())
    user = {"client-certificate": "pki/crt", "client-key": str(tmp_path / "pki" / "key"), "tokenFile": "pki/token"}
    file = tmp_path / "config"
    file.write_text(document(user, {"certificate-authority": "pki/ca"}))
    found = kubeconfig.load(file, trust="operator")
    assert (found.ca_data, found.client_certificate_data, found.client_key_data) == ("CA", "CRT", "KEY")
    assert found.token_file == str(tmp_path / "pki" / "token")
    assert kubeconfig.load(str(file), trust="operator") == found
    (tmp_path / "pki" / "key").unlink()
    error = refused(file)
    assert error.code == "kube.kubeconfig-file"
    assert str(tmp_path / "pki" / "key") in str(error)


@pytest.mark.parametrize(
    ("user", "cluster"),
    [
        ({"client-certificate": "/etc/passwd", "client-key": "/etc/passwd"}, {}),
        ({"tokenFile": "/etc/passwd"}, {}),
        ({}, {"certificate-authority": "/etc/passwd"}),
        ({"client-certificate-data": "QQ==", "client-key": "key"}, {}),
    ],
)
def test_an_upload_names_no_file(user: Any, cluster: Any) -> None:
    assert refused(document(user, cluster), trust="uploaded").code == "kube.upload-file"


def test_an_upload_is_never_a_path(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(document())
    assert refused(str(file), trust="uploaded").code == "kube.kubeconfig-kind"


def test_exec_plugins(tmp_path: Path) -> None:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "aws",
        "args": ["eks"],
        "env": [{"name": "P", "value": "v"}],
        "installHint": "get it",
        "provideClusterInfo": True,
        "interactiveMode": "Never",
    }
    extension = {"extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}]}
    file = tmp_path / "config"
    file.write_text(document({"exec": plugin}, extension))
    found = kubeconfig.load(file, trust="operator").exec
    assert found is not None
    assert (found.command, found.args, found.env, found.directory) == ("aws", ("eks",), (("P", "v"),), str(tmp_path))
    assert found.cluster_config == {"audience": "x"}
    assert refused(file.read_text(), trust="uploaded").code == "kube.upload-exec"


def test_auth_providers_are_gone() -> None:
    error = refused(document({"auth-provider": {"name": "gcp", "config": {"access-token": SECRET}}}))
    assert error.code == "kube.auth-provider"


def test_impersonation_is_not_lost() -> None:
    user = {"token": SECRET, "as": "a", "as-groups": ["g", "h"], "as-uid": "1", "as-user-extra": {"k": ["v"]}}
    assert kubeconfig.load(document(user), trust="uploaded").impersonate == (
        ("Impersonate-User", "a"),
        ("Impersonate-Uid", "1"),
        ("Impersonate-Group", "g"),
        ("Impersonate-Group", "h"),
        ("Impersonate-Extra-k", "v"),
    )
    assert refused(document({"as-groups": ["g"]})).code == "kube.kubeconfig-field"
    assert refused(document({"as": "a\r\nX-Evil: 1"})).code == "kube.kubeconfig-field"


def test_contexts_are_chosen_by_name() -> None:
    text = document(contexts=[{"name": n, "context": {"cluster": "c", "user": "u"}} for n in ("one", "two")])
    assert [(c.name, c.current, c.server) for c in kubeconfig.contexts(text)] == [
        ("one", True, "https://c:6443"),
        ("two", False, "https://c:6443"),
    ]
    assert kubeconfig.load(text, "two", trust="uploaded").token == SECRET
    error = refused(text, "three")
    assert error.code == "kube.context-unknown"
    assert "one, two" in str(error)
    assert refused(document(**{"current-context": ""})).code == "kube.context-missing"
    assert refused(document(clusters=[])).code == "kube.context-broken"
    assert refused(document(users=[])).code == "kube.context-broken"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [", "kube.kubeconfig-malformed"),
        ("a: 1\n---\nb: 2\n", "kube.kubeconfig-malformed"),
        ("clusters: 3\n", "kube.kubeconfig-malformed"),
        ("users:\n- name: u\n  user: {token: 5}\n", "kube.kubeconfig-malformed"),
        (f"users: !!python/object/apply:os.system [{SECRET}]\n", "kube.kubeconfig-malformed"),
        (f"token: '{SECRET}\nx: \"\n", "kube.kubeconfig-malformed"),
        ("\x00\n", "kube.kubeconfig-malformed"),
        ("", "kube.kubeconfig-kind"),
        ("just words\nand more", "kube.kubeconfig-kind"),
        ("kind: Secret\napiVersion: v1\n", "kube.kubeconfig-kind"),
        ("kind: Config\napiVersion: gatewright.io/v1alpha1\n", "kube.kubeconfig-kind"),
        ("foo: 1\nbar: 2\n", "kube.kubeconfig-kind"),
        ("x: " + "[" * 5000 + "]" * 5000, "kube.kubeconfig-too-complex"),
        ("x: " + "y" * (1 << 20), "kube.kubeconfig-too-complex"),
        ("x: &a [*a]\n", "kube.kubeconfig-malformed"),
    ],
)
def test_broken_documents(text: str, code: str) -> None:
    error = refused(text, trust="uploaded")
    assert error.code == code
    assert error.report.message("en").startswith("The pasted text ")
    assert error.report.message("zh").startswith("粘贴的内容")


def bomb(merge: bool) -> str:
    lines = ["a0: &a0 {k: v}" if merge else "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 30):
        inside = ", ".join([f"*a{n - 1}"] * 9)
        lines.append(f"a{n}: &a{n} {{<<: [{inside}]}}" if merge else f"a{n}: &a{n} [{inside}]")
    return "\n".join(lines)


@pytest.mark.parametrize("merge", [False, True])
def test_yaml_bombs(merge: bool) -> None:
    assert refused(bomb(merge), trust="uploaded").code == "kube.kubeconfig-too-complex"


def test_harmless_aliases_work() -> None:
    (node,) = read_documents("a: &x {b: 1}\nc: *x\nd: 2024-01-01\n")
    assert plain(node) == {"a": {"b": 1}, "c": {"b": 1}, "d": "2024-01-01"}


@given(st.text(max_size=200))
def test_any_text_is_a_kubeconfig_or_refused_in_our_words(text: str) -> None:
    with contextlib.suppress(InputError):
        kubeconfig.load(text, trust="uploaded")


@pytest.mark.parametrize(
    ("user", "cluster", "field"),
    [
        ({}, {"server": ""}, "server"),
        ({}, {"server": "c:6443"}, "server"),
        ({}, {"server": "ftp://c"}, "server"),
        ({}, {"server": "https://c:99999"}, "server"),
        ({}, {"server": "https://c/?a=b"}, "server"),
        ({}, {"server": "https://c c"}, "server"),
        ({}, {"server": "https://u:secret@c"}, "server"),
        ({}, {"proxy-url": "socks5://p:1"}, "proxy-url"),
        ({}, {"certificate-authority-data": "%%%"}, "certificate-authority-data"),
        ({"client-key-data": "QQ=="}, {}, "client-certificate"),
        ({"client-certificate-data": "QQ=="}, {}, "client-key"),
        ({"token": "a\nb"}, {}, "token"),
        ({"token": "a b"}, {}, "token"),
        ({"exec": {"apiVersion": "client.authentication.k8s.io/v1"}}, {}, "exec.command"),
    ],
)
def test_unusable_fields(user: Any, cluster: Any, field: str) -> None:
    error = refused(document(user, cluster))
    assert (error.code, error.report.params["field"]) == ("kube.kubeconfig-field", field)


def test_missing_files(tmp_path: Path) -> None:
    assert refused(tmp_path / "no").code == "kube.kubeconfig-missing"
    assert refused(str(tmp_path / "no")).code == "kube.kubeconfig-missing"
    assert refused(tmp_path).code == "kube.kubeconfig-missing"
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert refused(tmp_path / "binary").code == "kube.kubeconfig-missing"
    assert refused(None, HOME=str(tmp_path)).code == "kube.kubeconfig-none"
    assert refused(None, KUBECONFIG=f"{tmp_path}/a:{tmp_path}/b").code == "kube.kubeconfig-none"


def test_several_files_merge_first_wins(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "ca").write_text("CA-D")
    first = document({"token": "first"}, **{"current-context": "two"})
    contexts = [{"name": "two", "context": {"cluster": "d", "user": "u"}}]
    second = document({"token": "second"}, {"certificate-authority": "ca", "server": "https://d"}, contexts=contexts)
    second = second.replace("name: c\n", "name: d\n")
    (tmp_path / "a").write_text(first)
    (tmp_path / "d" / "b").write_text(second)
    environ = {"KUBECONFIG": os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "no"), str(tmp_path / "d" / "b")])}
    found = kubeconfig.load(None, trust="operator", environ=environ)
    assert (found.server, found.token, found.ca_data) == ("https://d", "first", "CA-D")
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(document())
    assert kubeconfig.load(None, trust="operator", environ={"HOME": str(tmp_path)}).server == "https://c:6443"


def test_connections_keep_their_secrets() -> None:
    connection = kubeconfig.load(document({"token": SECRET}, {"proxy-url": "http://me:passw0rd@p:1"}), trust="uploaded")
    assert SECRET not in repr(connection)
    assert "passw0rd" not in repr(connection)
    assert Connection.from_secret(connection.to_secret()) == connection
    assert {SECRET, "me:passw0rd"} <= set(connection.secrets())
