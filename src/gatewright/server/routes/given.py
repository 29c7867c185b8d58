"""What a route is given: the services, and the person with the permission."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from gatewright.server.services import Services


def _services(request: Request) -> Services:
    return request.app.state.services


Given: TypeAlias = Annotated[Services, Depends(_services)]
