"""What is sent for a kubeconfig: everything that it refers to, or a refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gatewright.cli.kubeconfig import connection_body, flat
from gatewright.kube.connection import Connection, ExecPlugin
from gatewright.kube.kubeconfig import UploadExecError, UploadFileError, load

FULL = Connection(
    "https://example.org:6443/k8s",
    ca_data="-----BEGIN CERTIFICATE-----\nca\n-----END CERTIFICATE-----\n",
    client_certificate_data="-----BEGIN CERTIFICATE-----\nc\n-----END CERTIFICATE-----\n",
    client_key_data="-----BEGIN PRIVATE KEY-----\nk\n-----END PRIVATE KEY-----\n",
    token="t",
    username="u",
    password="p",
    proxy_url="http://proxy:3128",
    tls_server_name="kubernetes",
    insecure_skip_tls_verify=True,
    impersonate=(("Impersonate-User", "ada"), ("Impersonate-Group", "dev"), ("Impersonate-Extra-scopes", "x")),
)


@pytest.mark.parametrize("connection", [FULL, Connection("http://127.0.0.1:8080")])
def test_a_flat_kubeconfig_is_the_same_connection(connection: Connection) -> None:
    assert load(flat(connection), trust="uploaded") == connection


def test_what_lives_on_this_machine_cannot_be_sent() -> None:
    with pytest.raises(UploadExecError):
        flat(Connection("https://x", exec=ExecPlugin("aws", "client.authentication.k8s.io/v1")))
    with pytest.raises(UploadFileError):
        flat(Connection("https://x", token_file="/var/run/token"))


def test_files_are_read_before_sending(tmp_path: Path, kubernetes: Any) -> None:
    (tmp_path / "c.pem").write_text("cert")
    (tmp_path / "k.pem").write_text("key")
    file = tmp_path / "config"
    file.write_text(kubernetes.kubeconfig(**{"client-certificate": "c.pem", "client-key": "k.pem"}))
    sent = connection_body(str(file), "c", False, remote=True)
    assert load(sent["kubeconfig"], trust="uploaded").client_key_data == "key"
    assert connection_body(str(file), "c", False, remote=False)["path"] == str(file)
