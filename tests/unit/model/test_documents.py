"""Reading YAML: limits hold, lines are told, and the rules are those of YAML 1.2."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.documents import (
    MAX_BYTES,
    MAX_DEPTH,
    Fields,
    Items,
    Node,
    Scalar,
    UnreadableDocumentError,
    read_documents,
    resolve,
)


def plain(node: Node) -> object:
    match node:
        case Scalar():
            return node.value
        case Items():
            return [plain(item) for item in node.items]
        case Fields():
            return {entry.key: plain(entry.value) for entry in node.entries}


def refusal(content: bytes | str) -> tuple[int, str]:
    with pytest.raises(UnreadableDocumentError) as caught:
        list(read_documents(content))
    assert caught.value.why.render("en")
    assert caught.value.why.render("zh")
    return caught.value.line, caught.value.why.key


def test_a_billion_laughs_is_refused_before_it_grows() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in range(1, 12):
        bomb += f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n"
    line, key = refusal(bomb)
    assert key == "manifest.too-many"
    assert line <= 6


def test_an_alias_of_its_own_container_is_refused() -> None:
    assert refusal("a: &a\n  b: *a\n") == (2, "manifest.alias")
    assert refusal("a: *nowhere\n") == (1, "manifest.alias")


def test_an_anchor_does_not_reach_into_the_next_document() -> None:
    assert refusal("a: &a 1\n---\nb: *a\n") == (3, "manifest.alias")


def test_a_few_aliases_are_fine() -> None:
    [node] = read_documents("a: &a {x: 1}\nb: *a\nc: [*a, *a]\n")
    assert plain(node) == {"a": {"x": 1}, "b": {"x": 1}, "c": [{"x": 1}, {"x": 1}]}


def test_depth_and_size_are_limited() -> None:
    assert refusal("[" * 10_000)[1] == "manifest.too-deep"
    assert refusal("- " * (MAX_DEPTH + 5) + "x")[1] == "manifest.too-deep"
    assert refusal(b"a" * (MAX_BYTES + 1)) == (1, "manifest.too-large")
    assert refusal("- x\n" * 60_000)[1] == "manifest.too-many"


@pytest.mark.parametrize(
    ("content", "line", "key"),
    [
        ("a:\n\tb: 1\n", 2, "manifest.tab"),
        (b"a: 1\nb: \xff\n", 2, "manifest.not-utf8"),
        ("a: 1\n".encode("utf-16"), 1, "manifest.not-utf8"),
        ("a: \ud800", 1, "manifest.not-utf8"),
        ("a: 1\nb: \x00\n", 2, "manifest.character"),
        ("a: 1\nb: [\n", 3, "manifest.syntax"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "manifest.tag"),
        ("a: !!binary aGk=\n", 1, "manifest.tag"),
        ("? [a, b]\n: c\n", 1, "manifest.key"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(content: str | bytes, line: int, key: str) -> None:
    assert refusal(content) == (line, key)


def test_duplicate_keys_are_both_there_for_the_caller_to_name() -> None:
    [node] = read_documents("a: 1\nb: 2\na: 3\n")
    assert isinstance(node, Fields)
    assert [(e.key, e.line) for e in node.entries] == [("a", 1), ("b", 2), ("a", 3)]


def test_scalars_follow_yaml_1_2() -> None:
    for text in ("on", "off", "yes", "no", "y", "n", "1_000", "12:30", "0b1", "v1.6.1", "3.7.0", "2026-11-22", "="):
        assert resolve(text) == text
    assert [resolve(t) for t in ("true", "FALSE", "null", "~", "")] == [True, False, None, None, None]
    assert [resolve(t) for t in ("12", "-3", "0o17", "0x1F", "1.5", "1e3", "-.inf", "010")] == [
        12, -3, 15, 31, 1.5, 1000.0, float("-inf"), 10,
    ]  # fmt: skip
    assert isinstance(resolve("9" * 5000), str)


def test_a_byte_order_mark_is_not_content() -> None:
    [node] = read_documents(b"\xef\xbb\xbfa: 1\n")
    assert plain(node) == {"a": 1}


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126))
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz", min_size=1), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text("abcxyz", min_size=1), values, min_size=1))
def test_json_reads_as_itself(value: dict[str, object]) -> None:
    [node] = read_documents(json.dumps(value))
    assert plain(node) == value
