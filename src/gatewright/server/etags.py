"""Entity tags (RFC 9110, sections 8.8.3 and 13): what was read is named, and not sent or overwritten blindly.

The tag of an answer is a digest of its bytes. A reader that sends it back as ``If-None-Match`` gets 304 and no body
while nothing changed; a writer that sends it as ``If-Match`` is refused when the value moved since it was read.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request, Response

from gatewright.server.errors import MovedError, ParameterError
from gatewright.server.wire import encoded

_TAG: Final = re.compile(r'\s*(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")\s*')
_TAGS: Final = r'^(|\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$'
_MAX_HEADER: Final = 4096
REVALIDATE: Final = "private, no-cache"


def etag(content: bytes) -> str:
    """The strong tag of an answer, quoted as the header has it."""
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def etag_of(value: Any) -> str:
    """The tag that a GET of ``value`` answers with."""
    return etag(encoded(value))


def conditional(request: Request, response: Response) -> Response:
    """The answer with its tag, or 304 where the reader has it already. What is no reading is never kept by anybody."""
    if request.method != "GET" or response.status_code != 200 or "cache-control" in response.headers:
        response.headers.setdefault("Cache-Control", "no-store")
        return response
    tag = etag(bytes(response.body))
    kept = {"ETag": tag, "Cache-Control": REVALIDATE}
    if "link" in response.headers:
        kept["Link"] = response.headers["link"]
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=kept)
    response.headers.update(kept)
    return response


class IfMatch:
    """What a writer says to have read: nothing, anything that is there (``*``), or one of some tags."""

    def __init__(
        self,
        if_match: Annotated[
            str,
            Header(
                max_length=_MAX_HEADER,
                json_schema_extra={"pattern": _TAGS},
                description="The ETag that the same object was read with: refused (412) if it changed since.",
            ),
        ] = "",
    ) -> None:
        self._given = if_match.strip()

    def require(self, name: str, current: Any) -> None:
        """Raises ``MovedError`` where ``current`` (what a GET of ``name`` answers; None: it is not there) is not what
        was read, and ``ParameterError`` where the header is no list of tags."""
        if self._given not in ("", "*") and not _tags(self._given):
            raise ParameterError(field="If-Match", reason='"...", "..." | *')
        if self._given and (current is None or not _names(self._given, etag_of(current))):
            raise MovedError(name=name)

    @property
    def given(self) -> bool:
        """Whether the writer said anything."""
        return bool(self._given)


Unmoved = Annotated[IfMatch, Depends(IfMatch)]
"""The parameter of a route that changes one object: ``unmoved.require(name, current)`` before it writes."""


def _names(given: str, tag: str) -> bool:
    return given.strip() == "*" or tag in _tags(given)


def _tags(given: str) -> list[str]:
    """The opaque parts of a list of tags; empty where the header is no such list."""
    found = [_TAG.fullmatch(part) for part in given[:_MAX_HEADER].split(",")]
    return [match[1] for match in found if match is not None]
