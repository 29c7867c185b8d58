"""The echo backend, a program of its own: answers every request with JSON that says who answered.

``python echo.py [--namespace ADDRESS/30 GATEWAY] ADDRESS``. Each line ``PORT=CLUSTER/NAME`` on standard input opens
a port, and is answered by ``ready`` on standard output. With ``--namespace`` it moves
into a new network namespace first, says so on standard output, waits for a line on standard input (its end of a
veth pair has arrived) and configures that. The namespace, and with it the pair, is gone when the process is.
It imports nothing of Gatewright and little else: one runs per lab.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer

_CLONE_NEWNET = 0x40000000
INTERFACE = "gw0"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str, port: int, cluster: str, backend: str) -> None:
        self.cluster = cluster
        self.backend = backend
        super().__init__((address, port), _Handler)

    def server_bind(self) -> None:
        """Without HTTPServer's look-up of the address's name, which waits ten seconds for a DNS that is not there."""
        TCPServer.server_bind(self)
        self.server_name = "echo"
        self.server_port = int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride] - the stubs know no narrower server

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = {
            "cluster": self.server.cluster,
            "backend": self.server.backend,
            "host": self.headers.get("Host", ""),
            "path": self.path,
            "method": self.command,
        }
        body = json.dumps(answer).encode() + b"\n"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        """Silent: a load test would fill the disk."""


def _enter_namespace(own: str, gateway: str) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    print("namespace", flush=True)
    sys.stdin.readline()
    for command in (
        ["link", "set", "lo", "up"],
        ["addr", "add", own, "dev", INTERFACE],
        ["link", "set", INTERFACE, "up"],
        ["route", "add", "default", "via", gateway],
    ):
        subprocess.run(["ip", *command], check=True)


def main(arguments: list[str]) -> None:
    """Serve until killed."""
    if arguments[0] == "--namespace":
        _enter_namespace(arguments[1], arguments[2])
        arguments = arguments[3:]
    address = arguments[0]
    print("ready", flush=True)
    for line in sys.stdin:
        port, _, who = line.strip().partition("=")
        cluster, _, backend = who.partition("/")
        threading.Thread(target=_Server(address, int(port), cluster, backend).serve_forever, daemon=True).start()
        print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1:])
