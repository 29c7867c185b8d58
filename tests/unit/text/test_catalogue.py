"""The text catalogue: both languages say the same, in the house's voice, and every error has its two sentences."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import string
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import gatewright
from gatewright.model.errors import GatewrightError, error_classes
from gatewright.text import LANGUAGES, Language, language_of, templates, text

ALWAYS = {"cluster", "object", "owner"}


def parameters(template: str) -> set[str]:
    """The names in the braces; raises for positional ones and for anything but plain names."""
    names = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    assert all(name.isidentifier() for name in names), template
    return names


def import_everything() -> None:
    """Imports every module, so that every error class is known; an Alembic entry point runs only inside Alembic."""
    for module in pkgutil.walk_packages(gatewright.__path__, "gatewright."):
        name = module.name
        if not name.endswith((".migrations.env", ".__main__")):
            importlib.import_module(name)


import_everything()
ERRORS = sorted(set(error_classes(GatewrightError)), key=lambda error: error.code)


def test_a_key_has_both_languages_with_the_same_parameters() -> None:
    """One test for all keys: thousands of small ones take longer to begin than to run."""
    assert [key for key, languages in templates().items() if not same(languages)] == []


def same(languages: Mapping[Language, str]) -> bool:
    if set(languages) != set(LANGUAGES) or not all(template.strip() for template in languages.values()):
        return False
    return parameters(languages["en"]) == parameters(languages["zh"])


def test_a_sentence_keeps_the_voice() -> None:
    spoken = [(key, template) for key, languages in templates().items() for template in languages.values()]
    assert [key for key, template in spoken if "!" in template or "！" in template] == []
    assert [key for key, template in spoken if {"sorry", "oops", "抱歉"} & set(template.lower().split())] == []


def test_an_error_has_a_sentence_a_remedy_and_a_reason_to_exist() -> None:
    codes = [error.code for error in ERRORS]
    assert [code for code in codes if not {code, f"{code}.remedy"} <= templates().keys()] == []
    assert [error.code for error in ERRORS if not (error.__doc__ or "").strip()] == []


def calls(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Every call of something named ``...Error`` that spells all its parameters: the name, and the keywords."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not node.args and all(keyword.arg for keyword in node.keywords):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield name, {keyword.arg for keyword in node.keywords if keyword.arg}


def test_whoever_raises_an_error_gives_what_its_sentences_need() -> None:
    """Checked where it can be read from the code: a class of a unique name, with the constructor of the root."""
    names = Counter(error.__name__ for error in ERRORS)
    plain = [e for e in ERRORS if e.__init__ is GatewrightError.__init__ and names[e.__name__] == 1]
    needs = {
        e.__name__: parameters(templates()[e.code]["en"]) | parameters(templates()[f"{e.code}.remedy"]["en"])
        for e in plain
    }
    wrong = [
        f"{path.name}: {name} lacks {sorted(missing)}"
        for path in Path(gatewright.__path__[0]).rglob("*.py")
        for name, given in calls(ast.parse(path.read_text(encoding="utf-8")))
        if (missing := needs.get(name, set()) - given - ALWAYS)
    ]
    assert wrong == []


def test_codes_are_unique() -> None:
    codes = [error.code for error in ERRORS]
    assert sorted(set(codes)) == codes


def test_languages_are_told_from_locales_and_headers() -> None:
    assert [language_of(v) for v in ("zh_CN.UTF-8", "zh-TW,en;q=0.5", "en-US,zh", "", None, "C")] == [
        "zh", "zh", "en", "en", "en", "en",
    ]  # fmt: skip


def test_a_sentence_is_rendered_in_the_language_asked_for() -> None:
    assert text("store.unknown-team", "en", team="pay") == "No team is named pay."
    assert text("store.unknown-team", "zh", team="pay") == "没有名为 pay 的团队。"
    with pytest.raises(KeyError):
        text("store.unknown-team", "en")
