"""Lists in pages: ``limit`` and an opaque ``continue``, and a ``Link`` header to the next page (RFC 8288).

A token names the last key of a page, not a position: what is added or removed meanwhile neither repeats nor hides an
item that was there all along. It belongs to one path and one set of filters. It is sealed with a key of the
installation: a key of a list may be made of more than its reader is shown, and equal keys make equal tokens.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Final, Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from fastapi import Depends, Query, Request

from gatewright.server.errors import ContinueError

MAX_LIMIT: Final = 1000
DEFAULT_LIMIT: Final = 500
_MAX_TOKEN: Final = 2048
PAGE_KEY: Final = "page_key"
"""Where the key that seals tokens lies in the state of the application."""

T = TypeVar("T")
Key = tuple[str | int, ...]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """Some items of a list in its order. ``next``: path and query of the next page, empty on the last one."""

    items: list[T]
    next: str = ""


class PageRequest:
    """Which page is asked for; the parameter ``Paging`` of a route. The token is read when the page is made, after
    the permission."""

    def __init__(
        self,
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="At most so many items.")] = DEFAULT_LIMIT,
        token: Annotated[
            str,
            Query(
                alias="continue",
                json_schema_extra={"format": "continue-token"},
                description="Where the page before ended: from its Link header, as it is.",
            ),
        ] = "",
    ) -> None:
        self.limit = limit
        self._path = request.url.path
        self._query = [(k, v) for k, v in request.query_params.multi_items() if k not in ("limit", "continue")]
        self._token = token
        self._key: Callable[[], bytes] = lambda: getattr(request.app.state, PAGE_KEY)

    @property
    def after(self) -> Key | None:
        """The last key of the page before, None for the first page. Raises ``ContinueError``."""
        return self._open(self._token) if self._token else None

    def after_texts(self, count: int) -> tuple[str, ...] | None:
        """The last key of the page before, where keys are ``count`` texts (for a query). Raises ``ContinueError``."""
        after = self.after
        if after is None:
            return None
        texts = tuple(part for part in after if isinstance(part, str))
        if len(texts) != count or len(after) != count:
            raise ContinueError()
        return texts

    def of(self, items: Sequence[T], key: Callable[[T], Key], *, newest_first: bool = False) -> Page[T]:
        """The page of ``items``, sorted by ``key``, which must be unique and is all strings or all numbers in each
        place (descending if ``newest_first``)."""
        after = self.after
        try:
            rest = [item for item in items if after is None or _beyond(key(item), after, newest_first)]
        except TypeError as error:
            raise ContinueError() from error
        return self.cut(sorted(rest, key=key, reverse=newest_first), key)

    def cut(self, found: Sequence[T], key: Callable[[T], Key]) -> Page[T]:
        """The page where ``found`` already begins behind ``after``; one item more than ``limit`` tells that there is a
        next page."""
        shown = list(found[: self.limit])
        return Page(shown, self._next(key(shown[-1])) if len(found) > self.limit else "")

    def _next(self, key: Key) -> str:
        query = [*self._query, ("limit", str(self.limit)), ("continue", self._seal(key))]
        return f"{self._path}?{urlencode(query)}"

    def _seal(self, key: Key) -> str:
        sealed = self._cipher().encrypt(msgspec.json.encode(key), [self._belongs()])
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def _open(self, token: str) -> Key:
        if len(token) > _MAX_TOKEN:
            raise ContinueError()
        try:
            content = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            return msgspec.json.decode(self._cipher().decrypt(content, [self._belongs()]), type=Key)
        except (binascii.Error, ValueError, InvalidTag, msgspec.DecodeError) as error:
            raise ContinueError() from error

    def _cipher(self) -> AESSIV:
        return AESSIV(self._key())

    def _belongs(self) -> bytes:
        return msgspec.json.encode((self._path, sorted(self._query)))


Paging = Annotated[PageRequest, Depends(PageRequest)]


def _beyond(key: Key, after: Key, newest_first: bool) -> bool:
    return key < after if newest_first else key > after
