"""``user``, ``member``, ``role``, ``token`` and ``setup-code``: what they do, say and exit with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
PASSWORD = "correct-staple-1789"


@pytest.fixture
def password(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    return str(file)


def test_the_setup_code_is_there_until_there_is_an_administrator(run: Run, home: Path, password: str) -> None:
    first = run("setup-code", "-o", "json")
    code = json.loads(first.out)["setup_code"]
    assert (home / "setup-code").read_text().strip() == code
    assert code in run("setup-code", lang="zh").out
    assert run("user", "add", "root", "--role", "administrator", "--password-file", password).code == 0
    assert run("setup-code").code == 3
    assert not (home / "setup-code").exists()


def test_a_person_is_added_changed_and_deleted(run: Run, password: str) -> None:
    assert "No people" in run("user", "list").out
    run("user", "add", "root", "--role", "administrator", "--password-file", password)
    made = run("user", "add", "olga", "--display-name", "Olga Ohm", "--password-file", "-", stdin=PASSWORD + "\n")
    assert made.code == 0, made.err
    assert all(word in made.out for word in ("olga", "Olga Ohm", "active"))
    assert "已停用" in run("user", "disable", "olga", "--yes", lang="zh").out
    assert "active" in run("user", "enable", "olga").out
    assert run("user", "enable", "nobody").code == 4
    assert run("user", "password", "olga", "--password-file", password).code == 0
    assert run("user", "password", "olga", "--password-file", "-", stdin="short").code == 2
    assert run("user", "password", "olga").code == 2
    assert run("user", "delete", "root", "--yes").code == 5
    assert run("user", "delete", "olga").code == 10
    assert run("user", "delete", "olga", "--yes").code == 0
    everything = run("user", "list", "-o", "json").out + run("events", "-o", "json").out
    assert PASSWORD not in everything
    assert "argon2" not in everything
    assert [person["name"] for person in json.loads(run("user", "list", "-o", "json").out)] == ["root"]


def test_members_and_roles(run: Run) -> None:
    run("team", "create", "payments")
    run("user", "add", "olga")
    assert "No members" in run("member", "list", "--team", "payments").out
    assert "owner" in run("member", "add", "olga", "owner", "--team", "payments").out
    assert run("member", "add", "olga", "wizard", "--team", "payments").code == 4
    made = run("role", "add", "reader", "--permission", "team.read", "--permission", "member.read")
    assert "member.read, team.read" in made.out
    assert run("role", "add", "bad", "--permission", "user.write").code == 2
    assert run("member", "add", "olga", "reader", "--team", "payments").code == 0
    assert run("role", "delete", "reader", "--yes").code == 5
    assert "payments: reader" in run("user", "list").out
    assert run("member", "remove", "olga", "--team", "payments", "--yes").code == 0
    assert run("member", "remove", "olga", "--team", "payments", "--yes").code == 4
    assert run("role", "delete", "reader", "--yes").code == 0
    for command in (("role", "list"), ("role", "permissions")):
        for lang in ("en", "zh"):
            shown = run(*command, lang=lang)
            assert shown.code == 0
            assert max(len(line) for line in shown.out.splitlines()) <= 100


def test_a_token_is_shown_once_and_revoked(run: Run) -> None:
    run("team", "create", "payments")
    run("user", "add", "olga")
    run("member", "add", "olga", "owner", "--team", "payments")
    made = json.loads(
        run("token", "create", "ci", "-u", "olga", "-t", "payments", "--permission", "team.read", "-o", "json").out
    )
    shown = run("token", "list").out
    assert made["secret"] not in shown
    assert made["token"]["id"] in shown
    assert "holds" in shown
    second = run("token", "create", "other", "-u", "olga", lang="zh")
    assert "gwt_" in second.out
    assert run("token", "create", "mine").code == 10
    assert run("token", "create", "far", "-u", "olga", "-t", "orders").code == 4
    assert run("token", "revoke", made["token"]["id"], "--yes").code == 0
    assert "已吊销" in run("token", "list", lang="zh").out
    assert run("token", "revoke", "nothing", "--yes").code == 4
