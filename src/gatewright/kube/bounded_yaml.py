"""YAML from strangers: parsed only within limits, so that no document costs more than its size suggests.

Three limits: bytes, nesting (checked on the event stream, before anything recurses), and the number of nodes
after all aliases are expanded ("YAML bombs"). Only plain JSON values come out: no dates, no tags.
"""

from __future__ import annotations

from typing import Any, Final, cast

import yaml

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 40
MAX_NODES: Final = 50_000
_DATES: Final = "tag:yaml.org,2002:timestamp"


class YamlLimitError(ValueError):
    """The document is larger or deeper than its limit; the text says which."""


class YamlSyntaxError(ValueError):
    """The document is not YAML; the text says where, and quotes nothing of it."""


class _Loader(yaml.SafeLoader):
    """SafeLoader that leaves dates as text: a token may look like one."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the class attribute of the base
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _DATES]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load(text: str) -> Any:
    """The one document in ``text``. Raises ``YamlLimitError`` or ``YamlSyntaxError``."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise YamlLimitError(f"> {MAX_BYTES >> 20} MiB")
    try:
        _check_depth(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            _count(node, {}, frozenset())
            return cast(Any, loader).construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise YamlSyntaxError(_where(error)) from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, YamlLimitError):
            raise
        raise YamlSyntaxError(type(error).__name__) from None


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise YamlLimitError(f"> {MAX_DEPTH} levels")


def _count(node: yaml.Node, known: dict[int, int], above: frozenset[int]) -> int:
    """Nodes below and including ``node`` with aliases expanded; each distinct node is visited once."""
    if id(node) in above:
        raise YamlLimitError("an alias that contains itself")
    if id(node) in known:
        return known[id(node)]
    inside = above | {id(node)}
    total = 1
    if isinstance(node, yaml.SequenceNode):
        total += sum(_count(child, known, inside) for child in node.value)
    elif isinstance(node, yaml.MappingNode):
        total += sum(_count(part, known, inside) for pair in node.value for part in pair)
    if total > MAX_NODES:
        raise YamlLimitError(f"> {MAX_NODES} nodes")
    known[id(node)] = total
    return total


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or type(error).__name__
    # The problem may quote a character, never a value; its context and snippet may quote secrets.
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem
