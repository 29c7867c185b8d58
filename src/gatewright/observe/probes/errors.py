"""What cannot be used of what probing is given."""

from __future__ import annotations

from typing import ClassVar

from gatewright.model.errors import InputError


class CertificateError(InputError):
    """The bytes hold no certificate that can be read."""

    code: ClassVar[str] = "probe.certificate"


class ExclusionError(InputError):
    """An entry of the exclusions is neither an address range nor the end of a hostname."""

    code: ClassVar[str] = "probe.exclusion"
