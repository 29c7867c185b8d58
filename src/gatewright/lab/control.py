"""The words between a lab's process and others: one JSON line asked, one answered, over a Unix socket in its folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Self

import msgspec

from gatewright.lab.errors import SupervisorLost
from gatewright.lab.lab import Lab
from gatewright.lab.state import LabState
from gatewright.model.errors import ErrorReport, GatewrightError, error_classes
from gatewright.text import Message

Operation = Literal["stop-apiserver", "start-apiserver", "kill-apiserver", "add-cluster", "remove-cluster", "state"]


class Request(msgspec.Struct, frozen=True):
    """What to do, to which cluster; ``kubernetes`` is the minor of a cluster to add."""

    operation: Operation
    cluster: str = ""
    kubernetes: str | None = None


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """The lab afterwards, or the error, or (from a starting lab) news."""

    state: LabState | None = None
    error: ErrorReport | None = None
    news: Message | None = None

    def result(self, *, log: Path | None = None) -> LabState:
        """The state. Raises the error."""
        if self.error is not None:
            raise error_from(self.error)
        if self.state is None:
            raise SupervisorLost(log=str(log or "-"))
        return self.state


def error_from(report: ErrorReport) -> GatewrightError:
    """The error that ``report`` was made of."""
    for kind in error_classes():
        if kind.code == report.code:
            error = kind()
            error.report = report
            return error
    return SupervisorLost(log=report.code)


async def ask(directory: Path, request: Request) -> LabState:
    """Ask the lab in ``directory``; its state afterwards. Raises ``SupervisorLost`` or what the lab raised."""
    try:
        with short_path(directory) as path:
            reader, writer = await asyncio.open_unix_connection(path)
        writer.write(msgspec.json.encode(request) + b"\n")
        # the state of a lab of 100 clusters has some 100 kB
        line = await reader.read()
        writer.close()
        await writer.wait_closed()
        return msgspec.json.decode(line, type=Answer).result()
    except (OSError, msgspec.DecodeError) as failure:
        raise SupervisorLost(log=str(directory)) from failure


class ControlServer:
    """Answers for a lab, until ``close``."""

    def __init__(self, server: asyncio.Server) -> None:
        self._server = server

    @classmethod
    async def start(cls, lab: Lab) -> Self:
        """Listen in the lab's directory."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                reply = await _perform(lab, await reader.readline())
                writer.write(msgspec.json.encode(reply))
                await writer.drain()
            finally:
                writer.close()

        with short_path(lab.directory) as path:
            return cls(await asyncio.start_unix_server(answer, path))

    async def close(self) -> None:
        """Stop listening."""
        self._server.close()
        await self._server.wait_closed()


async def _perform(lab: Lab, line: bytes) -> Answer:
    try:
        request = msgspec.json.decode(line, type=Request)
        await _operate(lab, request)
    except GatewrightError as error:
        return Answer(error=error.report)
    except msgspec.DecodeError as failure:
        return Answer(error=SupervisorLost(log=str(failure)).report)
    return Answer(state=lab.state())


async def _operate(lab: Lab, request: Request) -> None:
    match request.operation:
        case "stop-apiserver":
            await lab.cluster(request.cluster).stop_apiserver()
        case "start-apiserver":
            await lab.cluster(request.cluster).start_apiserver()
        case "kill-apiserver":
            await lab.cluster(request.cluster).kill_apiserver()
        case "add-cluster":
            await lab.add_cluster(request.cluster, kubernetes=request.kubernetes)
        case "remove-cluster":
            await lab.remove_cluster(request.cluster)
        case "state":
            pass


@contextmanager
def short_path(directory: Path) -> Generator[str]:
    """The socket's path by way of an open folder: Unix sockets allow 107 characters, homes have more."""
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/control.sock"
    finally:
        os.close(folder)
