"""The server process: listens, tells where, and executes rollouts until it is stopped."""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import Callable
from types import FrameType

import msgspec
import uvicorn

from gatewright.server.app import create_app
from gatewright.server.auth import ensure_token
from gatewright.server.errors import AddressError, PortTakenError
from gatewright.server.garbage import collecting_seldom
from gatewright.server.services import open_services
from gatewright.server.settings import Settings

_GRACE_SECONDS = 3


class Listening(msgspec.Struct, frozen=True):
    """Where the server listens, and where its token lies. ``setup_code``: with which the first administrator can be
    made, None where there is one."""

    url: str
    token_file: str
    setup_code: str | None = None


class _Server(uvicorn.Server):
    """Does not send the signal again to the process, which would cancel the orderly end of everything around it."""

    interrupted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self.interrupted = sig == signal.SIGINT


async def serve(settings: Settings, host: str, port: int, ready: Callable[[Listening], None]) -> bool:
    """Serves until SIGINT or SIGTERM; tells whether it was SIGINT. ``ready`` is told where; port 0 takes a free one.

    Raises ``PortTakenError``, ``AddressError``, and those of ``ensure_token`` and ``open_services``.
    """
    with _listen(host, port) as listener, collecting_seldom():
        async with open_services(settings) as services, services.working(listener.getsockname()[:2]):
            app = create_app(services, token=ensure_token(settings.token_file))
            config = uvicorn.Config(
                app,
                lifespan="off",
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
            ready(Listening(_url(host, listener), str(settings.token_file), await services.set_up.code()))
            server = _Server(config)
            await server.serve(sockets=[listener])
            return server.interrupted


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise AddressError(address=f"{host}:{port}", reason=getattr(error, "strerror", None) or str(error)) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(address=f"{host}:{port}", port=port) from error
        raise AddressError(address=f"{host}:{port}", reason=error.strerror or str(error)) from error
    return listener


def _url(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
