"""Every event has a sentence: of its own, or the one that is made for its kind; in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gatewright
from gatewright.model.sentences import KINDS, Deed, by_groups, sentence
from gatewright.text import LANGUAGES, templates

KIND = re.compile(r"[a-z]+\.[a-z]+")
USER = {"display_name": "", "role": "", "disabled": False, "password": True, "issuer": ""}
TOLD: dict[str, list[tuple[Deed, str]]] = {
    "cluster": [(Deed("ada", "cluster.create", "shanghai"), "ada registered cluster shanghai.")],
    "stack": [
        (Deed("ada", "stack.delete", "web.web", team="web"), "ada deleted stack web of team web."),
    ],
    "binding": [
        (
            Deed("ada", "binding.create", "web.sh", cluster="sh", team="web"),
            "ada bound team web to cluster sh.",
        ),
    ],
    "member": [
        (
            Deed("ada", "member.create", "web.o.lga", after="owner", team="web"),
            "ada gave o.lga the role owner in team web.",
        ),
        (
            Deed("ada", "member.update", "web.olga", "owner", "viewer", team="web"),
            "ada changed the role of olga in team web to viewer.",
        ),
        (
            Deed("ada", "member.delete", "web.olga", "viewer", None, team="web"),
            "ada took the role viewer of olga in team web.",
        ),
    ],
    "token": [
        (
            Deed("ada", "token.create", "o.lga.c.i", after={"name": "c.i", "prefix": "gwt_1"}),
            "ada made the API token c.i of o.lga.",
        ),
        (
            Deed("ada", "token.delete", "olga.ci", before={"name": "ci"}),
            "ada revoked the API token ci of olga.",
        ),
    ],
    "user": [
        (Deed("ada", "user.create", "olga", after=USER), "ada added olga."),
        (Deed("olga", "user.create", "olga", after=USER), "olga has an account from now on."),
        (
            Deed("ada", "user.update", "olga", USER, {**USER, "role": "administrator"}),
            "ada gave olga the role administrator in the whole installation.",
        ),
        (
            Deed("ada", "user.update", "olga", {**USER, "role": "administrator"}, USER),
            "ada took the role of olga in the whole installation.",
        ),
        (Deed("ada", "user.update", "olga", USER, {**USER, "disabled": True}), "ada disabled olga."),
        (Deed("ada", "user.update", "olga", {**USER, "disabled": True}, USER), "ada enabled olga again."),
        (
            Deed("ada", "user.update", "olga", USER, {**USER, "display_name": "Olga"}),
            "ada changed the account of olga.",
        ),
        (
            Deed("ada", "user.update", "olga", USER, {**USER, "role": "x", "disabled": True}),
            "ada changed the account of olga.",
        ),
        (Deed("ada", "user.password", "olga"), "ada set a new password for olga."),
    ],
    "session": [
        (Deed("olga", "session.create", "olga", after={"address": "::1"}), "olga signed in."),
        (Deed("olga", "session.delete", "olga", before={"session": "4f"}), "olga ended a session."),
        (
            Deed("olga", "session.delete", "olga", before={"sessions": 3}),
            "olga ended all other sessions of their own.",
        ),
        (
            Deed("olga", "session.refused", "olga", after={"address": "192.0.2.7"}),
            "A sign-in as olga from 192.0.2.7 was refused.",
        ),
        (
            Deed("-", "session.refused", "-", after={"address": "192.0.2.7"}),
            "A sign-in from 192.0.2.7 was refused: nobody has the name.",
        ),
    ],
}


@pytest.mark.parametrize(("deed", "told"), [case for cases in TOLD.values() for case in cases])
def test_what_people_did_is_said(deed: Deed, told: str) -> None:
    said = sentence(deed)
    assert said is not None
    assert said.render("en") == told
    assert said.render("zh") != told
    assert all(name in said.render("zh") for name in re.findall(r"shanghai|o\.?lga|c\.?i\b|viewer|192\S+", told))


@pytest.mark.parametrize("what", sorted(KINDS))
@pytest.mark.parametrize("state", [None, "x", {}, {"role": "x"}, 7, []])
def test_every_kind_has_one_whatever_was_before_and_after(what: str, state: Any) -> None:
    for before, after in ((None, state), (state, None), (state, state)):
        said = sentence(Deed("ada", what, "x", before, after))
        assert said is not None
        assert all(said.render(language) for language in LANGUAGES)


def test_what_the_fleet_does_is_said_by_whoever_noticed() -> None:
    assert sentence(Deed("gatewright", "health.object", "x")) is None


def test_roles_of_groups_are_said_to_be_theirs() -> None:
    for team in ("", "web"):
        for role in ("", "owner"):
            said = by_groups("olga", team, role).render("en")
            assert "olga" in said
            assert team in said
            assert role in said


def test_no_sentence_is_for_nothing() -> None:
    keys = {key for key in templates() if key.startswith("event.") and not key.startswith("event.groups.")}
    assert {".".join(re.split(r"[.-]", key)[1:3]) for key in keys} == KINDS


def noting(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.Call]]:
    """Every call of a journal's ``note`` that brings no sentence, with the function that it is in."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "note"):
                continue
            if not ast.unparse(node.func.value).endswith("journal"):
                continue
            if not any(keyword.arg in ("message", None) for keyword in node.keywords):
                yield function, node


def kinds_of(function: ast.AST, kind: ast.expr) -> set[str]:
    """The kinds that an argument may be: those it spells, or those that its variable is given."""
    sources = [kind]
    if isinstance(kind, ast.Name):
        assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
        sources = [node.value for node in assigned if ast.unparse(node.targets[0]) == kind.id]
    found = [node.value for source in sources for node in ast.walk(source) if isinstance(node, ast.Constant)]
    return {value for value in found if isinstance(value, str) and KIND.fullmatch(value)}


def test_whoever_notes_an_event_without_a_sentence_notes_a_kind_that_has_one() -> None:
    seen: set[str] = set()
    for path in Path(gatewright.__path__[0]).rglob("*.py"):
        for function, call in noting(ast.parse(path.read_text(encoding="utf-8"))):
            kinds = kinds_of(function, call.args[1])
            # what is applied is named by its kind of manifest
            assert kinds or path.name == "apply.py", f"{path}:{call.lineno}"
            assert kinds <= KINDS, f"{path}:{call.lineno}"
            seen |= kinds
    applied = {f"{noun}.{verb}" for noun in ("cluster", "team", "stack", "binding", "notification") for verb in
               ("create", "update", "delete")}  # fmt: skip
    assert seen | applied == KINDS
