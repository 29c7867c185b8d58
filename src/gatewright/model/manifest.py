"""Manifests of ``gatewright.io/v1alpha1``: text to desired state, and back.

Parsing refuses everything or nothing: ``ManifestError`` lists every problem of every document with its file, line and
field, so that a person corrects a file once. Names and shapes are checked here; what needs the
catalogue (does this version exist?) or the store (who has this namespace?) is checked there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, Final

import msgspec
import yaml

from gatewright.model.desired import API_VERSION, Binding, Desired, Notification, Stack
from gatewright.model.documents import Fields, Node, UnreadableDocumentError, read_documents, resolve
from gatewright.model.errors import ErrorReport, InputError
from gatewright.model.fields import Problem, Reader, suggestion
from gatewright.model.objects import JSON
from gatewright.model.specs import SPECS
from gatewright.text import Language, Message, message

KINDS: Final = ("Cluster", "Team", "Stack", "Binding", "Notification")
MAX_PROBLEMS: Final = 100


class Sourced(msgspec.Struct, frozen=True):
    """A manifest and where it stands: its file, and the line (from 1) where its document begins."""

    desired: Desired
    file: str
    line: int


class ManifestReport(ErrorReport, frozen=True, omit_defaults=True):
    """The report with every problem; its sentence quotes the first in the reader's language."""

    problems: tuple[Problem, ...] = ()

    def message(self, language: Language) -> str:
        params = {**self.params, "first": self.problems[0].message.render(language)}
        return Message(self.code, params).render(language)


class ManifestError(InputError):
    """Manifests cannot be used; ``problems`` has what is wrong with them (the first 100), in the
    order of the text."""

    code: ClassVar[str] = "manifest.invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        self.problems: Final = tuple(problems[:MAX_PROBLEMS])
        super().__init__(place=first.place, first=first.message.render("en"), count=len(problems))
        self.report = ManifestReport(self.code, self.report.params, problems=self.problems)


def parse(content: bytes | str, file: str = "-") -> list[Sourced]:
    """The manifests of one text, in its order. Raises ``ManifestError``."""
    return parse_all([(file, content)])


def parse_all(sources: Iterable[tuple[str, bytes | str]]) -> list[Sourced]:
    """The manifests of several texts (name, content), all or none. Raises ``ManifestError``."""
    problems: list[Problem] = []
    found: list[Sourced] = []
    seen: dict[tuple[str, str], Sourced] = {}
    for file, content in sources:
        start = len(problems)
        for sourced in _read(file, content, problems):
            key = (type(sourced.desired).__name__, manifest_name(sourced.desired))
            first = seen.setdefault(key, sourced)
            if first is not sourced:
                place = f"{first.file}:{first.line}"
                why = message("manifest.duplicate", kind=key[0], name=key[1], place=place)
                problems.append(Problem(file, sourced.line, "metadata.name", why))
            found.append(sourced)
        problems[start:] = sorted(problems[start:], key=lambda problem: problem.line)
    if problems:
        raise ManifestError(problems)
    return found


def _read(file: str, content: bytes | str, problems: list[Problem]) -> Iterator[Sourced]:
    try:
        for node in read_documents(content):
            desired = _document(node, file, problems)
            if desired is not None:
                yield Sourced(desired, file, node.line)
    except UnreadableDocumentError as error:
        problems.append(Problem(file, error.line, "", error.why))


def _document(node: Node, file: str, problems: list[Problem]) -> Desired | None:
    if not isinstance(node, Fields):
        problems.append(Problem(file, node.line, "", message("manifest.not-a-manifest")))
        return None
    before = len(problems)
    top = Reader(file, "", node, problems)
    version, kind = top.string("apiVersion"), top.string("kind")
    if version and version != API_VERSION:
        top.refuse("apiVersion", message("manifest.api-version", given=version[:80], known=API_VERSION))
    if kind and kind not in KINDS:
        top.refuse("kind", message("manifest.kind", given=kind[:80], nearest=suggestion(kind, KINDS)))
    if len(problems) > before:
        return None
    metadata, spec = (
        top.mapping("metadata", required=kind != "Binding"),
        top.mapping("spec", required=kind in ("Stack", "Binding", "Notification")),
    )
    top.finish()
    desired = SPECS[kind](metadata, spec)
    return desired if len(problems) == before else None


def manifest_name(desired: Desired) -> str:
    """What names a manifest among those of its kind: ``TEAM.CLUSTER`` for a binding, ``TEAM.NAME`` for a stack and for
    a team's notification."""
    match desired:
        case Stack():
            return f"{desired.team}.{desired.name}"
        case Notification():
            return desired.full_name
        case _:
            return desired.name


def manifest_of(desired: Desired) -> dict[str, JSON]:
    """The manifest of a value: what ``parse`` reads and ``dump`` writes; defaults are left out."""
    spec: dict[str, JSON] = msgspec.to_builtins(desired)
    if not isinstance(desired, Binding):
        del spec["name"]
    manifest: dict[str, JSON] = {
        "apiVersion": API_VERSION,
        "kind": type(desired).__name__,
        "metadata": {"name": desired.name},
    }
    return {**manifest, "spec": spec} if spec else manifest


def dump(desired: Iterable[Desired]) -> str:
    """YAML of many documents, by kind and name: equal sets give equal text, and ``parse`` gives the values back."""
    ordered = sorted(desired, key=lambda d: (KINDS.index(type(d).__name__), manifest_name(d)))
    documents = (
        yaml.dump(manifest_of(d), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000) for d in ordered
    )
    return "---\n".join(documents)


class _Dumper(yaml.SafeDumper):
    """Quotes a string that either YAML 1.1 or 1.2 would read as something else."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None if isinstance(resolve(value), str) else '"'
    return yaml.ScalarNode("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _string)
