"""Reads the fields of one mapping, collecting every problem instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

import msgspec

from gatewright.model.documents import Entry, Fields, Items, Node, Scalar
from gatewright.model.names import RESERVED_NAMESPACES, is_label
from gatewright.text import Message, message


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong. ``field``: a path such as ``spec.bundle.version``, empty for the whole document."""

    file: str
    line: int
    field: str
    message: Message

    @property
    def place(self) -> str:
        """For example ``fleet.yaml:12 spec.bundle.version``."""
        return f"{self.file}:{self.line} {self.field}".rstrip()


def suggestion(name: str, known: Iterable[str]) -> str:
    """The nearest known name, or all of them where none is near."""
    options = list(known)
    lowered = {option.lower(): option for option in options}
    near = get_close_matches(name.lower(), lowered, n=1, cutoff=0.6)
    return lowered[near[0]] if near else ", ".join(options)


class Reader:
    """Reads the fields that it is asked for; ``finish`` then refuses the others. An unusable field reads as empty."""

    def __init__(self, file: str, path: str, node: Fields, problems: list[Problem], *, quiet: bool = False) -> None:
        self._file = file
        self._path = path
        self._line = node.line
        self._problems = problems
        self._quiet = quiet
        self._asked: list[str] = []
        self._entries: dict[str, Entry] = {}
        for entry in node.entries:
            if entry.key in self._entries:
                self._refuse_at(
                    entry.line, entry.key, message("manifest.duplicate-key", line=self._entries[entry.key].line)
                )
            self._entries.setdefault(entry.key, entry)

    def string(self, name: str, *, required: bool = True, check: Callable[[str], Message | None] | None = None) -> str:
        """A string; ``check`` gives what is wrong with a value that is not empty."""
        value = self._scalar(name, "string", str, required)
        if not isinstance(value, str):
            return ""
        if required and not value:
            self.refuse(name, message("manifest.empty"))
        problem = check(value) if check is not None and value else None
        if problem is not None:
            self.refuse(name, problem)
        return value

    def boolean(self, name: str, *, default: bool = False) -> bool:
        found = self._scalar(name, "boolean", bool, required=False)
        return default if found is None else found is True

    def choice(self, name: str, options: tuple[str, ...], *, required: bool = False) -> str:
        """One of ``options``, or empty where the field is absent."""
        value = self.string(name, required=required)
        if value and value not in options:
            self.refuse(name, message("manifest.choice", given=value[:80], options=", ".join(options)))
        return value

    def integers(self, name: str, low: int, high: int) -> tuple[int, ...] | None:
        """A list of distinct whole numbers with at least one; None where the field is absent."""
        entry = self._take(name, required=False)
        if entry is None:
            return None
        if not isinstance(entry.value, Items) or not entry.value.items:
            self.refuse(name, message("manifest.type", expected="list"))
            return None
        numbers: list[int] = []
        for index, item in enumerate(entry.value.items):
            value = item.value if isinstance(item, Scalar) else None
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                self._refuse_at(item.line, f"{name}[{index}]", message("manifest.range", low=low, high=high))
            elif value in numbers:
                self._refuse_at(item.line, f"{name}[{index}]", message("manifest.repeated", value=value))
            else:
                numbers.append(value)
        return tuple(numbers)

    def strings(self, name: str, check: Callable[[str], Message | None]) -> tuple[str, ...] | None:
        """A list of distinct strings with at least one; None where the field is absent."""
        entry = self._take(name, required=False)
        if entry is None:
            return None
        if not isinstance(entry.value, Items) or not entry.value.items:
            self.refuse(name, message("manifest.type", expected="list"))
            return None
        found: list[str] = []
        for index, item in enumerate(entry.value.items):
            value = item.value if isinstance(item, Scalar) else None
            problem = check(value) if isinstance(value, str) else _type_problem(item, "string")
            if problem is None and value in found:
                problem = message("manifest.repeated", value=str(value))
            if problem is not None:
                self._refuse_at(item.line, f"{name}[{index}]", problem)
            elif isinstance(value, str):
                found.append(value)
        return tuple(found)

    def mapping(self, name: str, *, required: bool = True) -> Reader:
        """A reader of the mapping; an empty one where it is absent or not a mapping."""
        entry = self._take(name, required)
        if entry is not None and isinstance(entry.value, Fields):
            return Reader(self._file, self._name(name), entry.value, self._problems)
        if entry is not None:
            self.refuse(name, message("manifest.type", expected="mapping"))
        # What was reported missing or misshapen as a whole is not reported once more field by field.
        return Reader(self._file, self._name(name), Fields(self._line, (), 1), self._problems, quiet=True)

    def has(self, name: str) -> bool:
        return name in self._entries

    def refuse(self, name: str, why: Message) -> None:
        """Reports a problem with a field, at its line."""
        entry = self._entries.get(name)
        self._refuse_at(entry.line if entry is not None else self._line, name, why)

    def refuse_where(self, forbidden: frozenset[str], why: Message) -> None:
        """Reports every field, at any depth, whose name is in ``forbidden``; such a field counts as read."""
        for entry in list(self._entries.values()):
            for line, path in _named(entry, forbidden, entry.key):
                self._refuse_at(line, path, why)
                self._asked.append(entry.key)

    def finish(self) -> None:
        """Refuses every field that was not asked for, with the nearest that exists."""
        for name, entry in self._entries.items():
            if name not in self._asked:
                why = message("manifest.unknown-field", given=name[:80], nearest=suggestion(name, self._asked))
                self._refuse_at(entry.line, name[:80], why)

    def _scalar(self, name: str, expected: str, kind: type, required: bool) -> object:
        entry = self._take(name, required)
        if entry is None:
            return None
        value = entry.value.value if isinstance(entry.value, Scalar) else None
        if not isinstance(value, kind):
            self.refuse(name, _type_problem(entry.value, expected))
            return None
        return value

    def _take(self, name: str, required: bool) -> Entry | None:
        self._asked.append(name)
        entry = self._entries.get(name)
        if entry is not None and isinstance(entry.value, Scalar) and entry.value.value is None:
            entry = None
        if entry is None and required and not self._quiet:
            self.refuse(name, message("manifest.required"))
        return entry

    def _refuse_at(self, line: int, name: str, why: Message) -> None:
        self._problems.append(Problem(self._file, line, self._name(name), why))

    def _name(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def _type_problem(node: Node, expected: str) -> Message:
    if expected == "string" and isinstance(node, Scalar):
        return message("manifest.quote")
    return message("manifest.type", expected=expected)


def _named(entry: Entry, forbidden: frozenset[str], path: str) -> Iterable[tuple[int, str]]:
    if entry.key.replace("-", "").replace("_", "").lower() in forbidden:
        yield entry.line, path
        return
    children = entry.value.entries if isinstance(entry.value, Fields) else ()
    for child in children:
        yield from _named(child, forbidden, f"{path}.{child.key}")


def label_problem(value: str) -> Message | None:
    """What is wrong with a name that must be an RFC 1123 label."""
    return None if is_label(value) else message("manifest.name", given=value[:80])


def subdomain_problem(value: str) -> Message | None:
    """What is wrong with a name that must be an RFC 1123 subdomain (labels joined by dots, at most 253 characters)."""
    fits = len(value) <= 253 and all(is_label(part) for part in value.split("."))
    return None if fits else message("manifest.name", given=value[:80])


def namespace_problem(value: str) -> Message | None:
    """What is wrong with a namespace that is to be a team's or a controller's."""
    if value in RESERVED_NAMESPACES:
        return message("manifest.reserved", given=value)
    return label_problem(value)
