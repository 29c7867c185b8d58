"""What can stop the demo itself, beside what can stop its lab."""

from __future__ import annotations

from typing import ClassVar

from gatewright.model.errors import EnvironmentFailure


class ServerStartError(EnvironmentFailure):
    """The demo's ``gatewright up`` ended before it listened."""

    code: ClassVar[str] = "demo.server-failed"


class SceneryError(EnvironmentFailure):
    """Something that the story takes for granted (kubectl, a gateway's address) did not do its part."""

    code: ClassVar[str] = "demo.scenery"
