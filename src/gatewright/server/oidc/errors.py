"""What goes wrong between the browser, the provider and this server; the browser lands on ``/sign-in?error=CODE``."""

from __future__ import annotations

from typing import ClassVar

from gatewright.model.errors import DeniedError, EnvironmentFailure, InputError, NotFoundError


class NoProviderError(NotFoundError):
    """This server has no OpenID provider."""

    code: ClassVar[str] = "oidc.off"


class ProviderUnreachableError(EnvironmentFailure):
    """The provider does not answer, or with an error of its own."""

    code: ClassVar[str] = "oidc.unreachable"


class ProviderInvalidError(EnvironmentFailure):
    """What the provider says of itself or answers is not what OpenID Connect asks for."""

    code: ClassVar[str] = "oidc.invalid"


class ProviderRefusedError(DeniedError):
    """The provider refuses the person, or the code that it gave them."""

    code: ClassVar[str] = "oidc.refused"
    http_status: ClassVar[int] = 401


class SignInLostError(InputError):
    """The browser comes back without the sign-in that it began here, or too late."""

    code: ClassVar[str] = "oidc.lost"


class IdTokenError(DeniedError):
    """The provider's word of who the person is does not hold."""

    code: ClassVar[str] = "oidc.token"
    http_status: ClassVar[int] = 401


class PersonDisabledError(DeniedError):
    """The person is known here, and may not sign in."""

    code: ClassVar[str] = "oidc.disabled"
