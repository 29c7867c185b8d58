"""YAML and JSON text as trees that know their lines, read with limits, by the rules of YAML 1.2.

PyYAML resolves YAML 1.1 (``on`` and ``no`` become booleans) and its loaders build what an attacker asks for. So only
its *events* are used here: plain scalars are resolved by the core schema of YAML 1.2 (section 10.3.2), tags are
refused, and size, depth and the number of values are limited with aliases counted as often as they are used, which is
what stops a "billion laughs". Duplicate keys are kept and reported by the caller, who knows the field's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, TypeAlias, cast

import msgspec
import yaml
from yaml import events as ev

from gatewright.model.objects import JSON
from gatewright.text import Message, message

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 32
MAX_VALUES: Final = 50_000
_LOADER: Final = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT: Final = re.compile(r"[-+]?[0-9]+")
_RADIX: Final = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


class Scalar(msgspec.Struct, frozen=True):
    """A leaf. ``value``: str, int, float, bool or None."""

    line: int
    value: str | int | float | bool | None
    size: int = 1


class Items(msgspec.Struct, frozen=True):
    line: int
    items: tuple[Node, ...]
    size: int


class Entry(msgspec.Struct, frozen=True):
    line: int
    key: str
    value: Node


class Fields(msgspec.Struct, frozen=True):
    """A mapping, in the order of the text; a key may occur twice."""

    line: int
    entries: tuple[Entry, ...]
    size: int


Node: TypeAlias = Scalar | Items | Fields


_LIMITS: Final = frozenset({"manifest.too-large", "manifest.too-deep", "manifest.too-many"})


class UnreadableDocumentError(Exception):
    """The text cannot be read further: where (line from 1) and why. ``limit``: it is YAML, but more than is allowed."""

    def __init__(self, line: int, why: Message) -> None:
        super().__init__(line, why)
        self.line = line
        self.why = why
        self.limit = why.key in _LIMITS


def read_documents(content: bytes | str) -> Iterator[Node]:
    """The documents of a text, one after another; empty ones are left out. Raises ``UnreadableDocumentError``."""
    text = _decode(content)
    if text.lstrip().startswith("{"):
        # JSON may be indented with tabs, YAML may not; inside JSON's strings a tab is never literal.
        text = text.replace("\t", " ")
    try:
        yield from _Builder(text).documents()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise UnreadableDocumentError(line, _why(text, line, error)) from None
    except yaml.reader.ReaderError as error:
        position = cast(int, error.position)
        line = text.count("\n", 0, position) + 1
        raise UnreadableDocumentError(line, message("manifest.character", character=_code_point(error))) from None


def plain(node: Node) -> JSON:
    """The value of a tree without its lines; of a key that occurs twice, the last."""
    match node:
        case Scalar():
            return node.value
        case Items():
            return [plain(item) for item in node.items]
        case Fields():
            return {entry.key: plain(entry.value) for entry in node.entries}


def resolve(text: str) -> str | int | float | bool | None:
    """The value of a plain scalar by YAML 1.2's core schema."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text) if len(text) <= 40 else text
    if _RADIX.fullmatch(text):
        return int(text, 0) if len(text) <= 40 else text
    if _FLOAT.fullmatch(text):
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return text


def _decode(content: bytes | str) -> str:
    if len(content) > MAX_BYTES:
        raise UnreadableDocumentError(1, message("manifest.too-large", limit=MAX_BYTES // 1024))
    try:
        raw = content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        raise UnreadableDocumentError(1, message("manifest.not-utf8", position=error.start)) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableDocumentError(line, message("manifest.not-utf8", position=error.start)) from None


def _why(text: str, line: int, error: yaml.MarkedYAMLError) -> Message:
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    if "\t" in here[: len(here) - len(here.lstrip())]:
        return message("manifest.tab")
    if "alias" in str(error.problem):
        return message("manifest.alias")
    return message("manifest.syntax", detail=" ".join(str(error.problem or error.context).split()))


def _code_point(error: yaml.reader.ReaderError) -> str:
    character = cast("int | str", error.character)
    return f"U+{character if isinstance(character, int) else ord(character[0]):04X}"


class _Builder:
    """Builds trees from the events of one text."""

    def __init__(self, text: str) -> None:
        self._events = yaml.parse(text, Loader=_LOADER)
        self._anchors: dict[str, Node] = {}
        self._values = 0

    def documents(self) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, ev.DocumentStartEvent):
                self._anchors.clear()
                node = self._node(next(self._events), 1)
                if not (isinstance(node, Scalar) and node.value is None):
                    yield node

    def _node(self, event: ev.Event, depth: int) -> Node:
        line = _line(event)
        if depth > MAX_DEPTH:
            raise UnreadableDocumentError(line, message("manifest.too-deep", limit=MAX_DEPTH))
        if isinstance(event, ev.AliasEvent):
            return self._alias(event, line)
        self._count(line, 1)
        node = self._collection(event, line, depth)
        if event.anchor is not None:  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
            self._anchors[cast(str, event.anchor)] = node  # pyright: ignore
        return node

    def _alias(self, event: ev.AliasEvent, line: int) -> Node:
        node = self._anchors.get(cast(str, event.anchor))
        if node is None:
            raise UnreadableDocumentError(line, message("manifest.alias"))
        self._count(line, node.size)
        return node

    def _count(self, line: int, size: int) -> None:
        self._values += size
        if self._values > MAX_VALUES:
            raise UnreadableDocumentError(line, message("manifest.too-many", limit=MAX_VALUES))

    def _collection(self, event: ev.Event, line: int, depth: int) -> Node:
        _refuse_tag(event, line)
        if isinstance(event, ev.ScalarEvent):
            plain = event.implicit[0] and not event.style
            return Scalar(line, resolve(event.value) if plain else event.value)
        if isinstance(event, ev.SequenceStartEvent):
            return self._items(line, depth)
        return self._fields(line, depth)

    def _items(self, line: int, depth: int) -> Items:
        items: list[Node] = []
        for event in self._events:
            if isinstance(event, ev.SequenceEndEvent):
                break
            items.append(self._node(event, depth + 1))
        return Items(line, tuple(items), 1 + sum(item.size for item in items))

    def _fields(self, line: int, depth: int) -> Fields:
        entries: list[Entry] = []
        for event in self._events:
            if isinstance(event, ev.MappingEndEvent):
                break
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar):
                raise UnreadableDocumentError(key.line, message("manifest.key"))
            name = event.value if isinstance(event, ev.ScalarEvent) else str(key.value)
            entries.append(Entry(key.line, name, self._node(next(self._events), depth + 1)))
        return Fields(line, tuple(entries), 1 + sum(1 + entry.value.size for entry in entries))


def _refuse_tag(event: ev.Event, line: int) -> None:
    tag = cast("str | None", getattr(event, "tag", None))
    if tag is not None and not (tag in ("!", "tag:yaml.org,2002:str") and isinstance(event, ev.ScalarEvent)):
        raise UnreadableDocumentError(line, message("manifest.tag", tag=tag[:60]))


def _line(event: ev.Event) -> int:
    mark = event.start_mark
    return 1 if mark is None else mark.line + 1
