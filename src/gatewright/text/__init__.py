"""Every sentence that a person reads, in English and Chinese.

A sentence is a ``Message``: a stable key and parameters. It is rendered at the edge (CLI, API), so the
core never holds prose. The catalogues are the ``*.json`` files beside this module; a key starts with the
name of its file (``kube.unreachable`` lives in ``kube.json``) and maps each language to a
``str.format`` template with named parameters only. An error's remedy has its key with ``.remedy`` appended.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Literal, cast

import msgspec

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")
Scalar = str | int


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sentence by key, e.g. ``Message("kube.unreachable", {"cluster": "shanghai"})``.

    A parameter may itself be a message: it is rendered in the same language.
    """

    key: str
    params: dict[str, str | int | Message] = {}

    def render(self, language: Language = "en") -> str:
        """The sentence in ``language``. Raises ``KeyError`` for a key or parameter that is not known."""
        values = {k: v.render(language) if isinstance(v, Message) else v for k, v in self.params.items()}
        return templates()[self.key][language].format_map(values)


Param = str | int | Message


def message(key: str, /, **params: Param) -> Message:
    """``Message(key, params)``, shorter to write."""
    return Message(key, {**params})


def text(key: str, language: Language, /, **params: Param) -> str:
    """The rendered sentence."""
    return Message(key, {**params}).render(language)


@cache
def templates() -> Mapping[str, Mapping[Language, str]]:
    """All templates by key; a key in the wrong file raises ``ValueError``."""
    merged: dict[str, Mapping[Language, str]] = {}
    for file in sorted(resources.files(__name__).iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".json"):
            continue
        area = file.name.removesuffix(".json")
        entries = cast(dict[str, dict[Language, str]], json.loads(file.read_text(encoding="utf-8")))
        for key, languages in entries.items():
            if key.partition(".")[0] != area or key in merged:
                raise ValueError(f"text key {key!r} does not belong in {file.name}")
            merged[key] = languages
    return merged


def language_of(value: str | None) -> Language:
    """The language that a locale (``zh_CN.UTF-8``) or an ``Accept-Language`` header asks for first."""
    first = (value or "").split(",")[0].strip().lower()
    return "zh" if first.startswith("zh") else "en"


def environment_language(environ: Mapping[str, str] = os.environ) -> Language:
    """From ``GATEWRIGHT_LANG``, then ``LC_ALL``, ``LC_MESSAGES``, ``LANG``: the first that is set."""
    for name in ("GATEWRIGHT_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):
            return language_of(environ[name])
    return "en"
