"""The settings of this process, each from one variable of the environment; the docs are checked against them."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from platformdirs import user_cache_path, user_config_path, user_data_path

from gatewright.model.events import RETENTION_DAYS
from gatewright.observe.probes.addresses import Exclusions, exclusions
from gatewright.observe.probes.errors import ExclusionError
from gatewright.server.errors import SettingError
from gatewright.server.oidc.options import GROUPS_CLAIM, LABEL, SCOPES, OidcOptions, public_url
from gatewright.server.oidc.options import from_environment as oidc_options
from gatewright.text import Message, message


class Setting(msgspec.Struct, frozen=True):
    """One variable and what it is for. ``default`` as a person would write it."""

    name: str
    default: str
    about: Message


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting("GATEWRIGHT_HOME", "", message("server.about.home")),
    Setting("GATEWRIGHT_DATABASE", "sqlite:///$GATEWRIGHT_HOME/gatewright.db", message("server.about.database")),
    Setting("GATEWRIGHT_KEY", "", message("server.about.key")),
    Setting("GATEWRIGHT_KEY_FILE", "$GATEWRIGHT_HOME/key", message("server.about.key-file")),
    Setting("GATEWRIGHT_BUNDLES", "", message("server.about.bundles")),
    Setting("GATEWRIGHT_SERVER", "", message("server.about.server")),
    Setting("GATEWRIGHT_TOKEN", "", message("server.about.token")),
    Setting("GATEWRIGHT_CONFIG", "", message("server.about.config")),
    Setting("GATEWRIGHT_LANG", "LANG", message("server.about.lang")),
    Setting("GATEWRIGHT_PROBE_LOOPBACK", "", message("server.about.probe-loopback")),
    Setting("GATEWRIGHT_PROBE_EXCLUDE", "", message("server.about.probe-exclude")),
    Setting("GATEWRIGHT_EVENT_DAYS", "90", message("server.about.event-days")),
    Setting("GATEWRIGHT_URL", "", message("server.about.url")),
    Setting("GATEWRIGHT_PROXIES", "", message("server.about.proxies")),
    Setting("GATEWRIGHT_OIDC_ISSUER", "", message("server.about.oidc-issuer")),
    Setting("GATEWRIGHT_OIDC_CLIENT_ID", "", message("server.about.oidc-client-id")),
    Setting("GATEWRIGHT_OIDC_CLIENT_SECRET", "", message("server.about.oidc-client-secret")),
    Setting("GATEWRIGHT_OIDC_CLIENT_SECRET_FILE", "", message("server.about.oidc-client-secret-file")),
    Setting("GATEWRIGHT_OIDC_SCOPES", SCOPES, message("server.about.oidc-scopes")),
    Setting("GATEWRIGHT_OIDC_NAME", LABEL, message("server.about.oidc-name")),
    Setting("GATEWRIGHT_OIDC_GROUPS_CLAIM", GROUPS_CLAIM, message("server.about.oidc-groups-claim")),
    Setting("GATEWRIGHT_OIDC_GROUPS", "", message("server.about.oidc-groups")),
    Setting("GATEWRIGHT_DEBUG", "", message("server.about.debug")),
)


class Settings(msgspec.Struct, frozen=True):
    """Where this process keeps and finds things. ``home`` and ``config`` are folders that may not be there yet."""

    home: Path
    config: Path
    database: str
    key: str
    key_file: Path
    bundles: str
    server: str
    token: str
    debug: bool
    probe_loopback: bool = False
    probe_exclude: Exclusions = Exclusions()
    event_days: int = RETENTION_DAYS
    oidc: OidcOptions | None = None
    url: str = ""
    proxies: tuple[str, ...] = ()

    @property
    def token_file(self) -> Path:
        return self.home / "operator-token"

    @property
    def setup_file(self) -> Path:
        """The code for making the first administrator; there while there is none."""
        return self.home / "setup-code"

    @property
    def bundle_cache(self) -> Path:
        """Shared by every installation of this user: the files are the same, and checked each time they are read."""
        return user_cache_path("gatewright") / "bundles"


def from_environment(environ: Mapping[str, str]) -> Settings:
    """The settings that ``environ`` gives. Raises ``SettingError``."""
    home = _folder(environ, "GATEWRIGHT_HOME") or user_data_path("gatewright")
    config = _folder(environ, "GATEWRIGHT_CONFIG")
    if config is None:
        config = home / "config" if environ.get("GATEWRIGHT_HOME") else user_config_path("gatewright")
    return Settings(
        home=home,
        config=config,
        database=environ.get("GATEWRIGHT_DATABASE") or f"sqlite:///{home / 'gatewright.db'}",
        key=environ.get("GATEWRIGHT_KEY", ""),
        key_file=_folder(environ, "GATEWRIGHT_KEY_FILE") or home / "key",
        bundles=environ.get("GATEWRIGHT_BUNDLES", ""),
        server=_server(environ.get("GATEWRIGHT_SERVER", "")),
        token=environ.get("GATEWRIGHT_TOKEN", ""),
        debug=environ.get("GATEWRIGHT_DEBUG", "") not in ("", "0"),
        probe_loopback=environ.get("GATEWRIGHT_PROBE_LOOPBACK", "") not in ("", "0"),
        event_days=_days(environ.get("GATEWRIGHT_EVENT_DAYS", "")),
        probe_exclude=_exclusions(environ.get("GATEWRIGHT_PROBE_EXCLUDE", "")),
        oidc=oidc_options(environ),
        url=public_url(environ),
        proxies=_proxies(environ.get("GATEWRIGHT_PROXIES", "")),
    )


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    given = environ.get(name)
    if not given:
        return None
    path = Path(given).expanduser()
    if "\0" in given or not path.is_absolute():
        raise SettingError(name=name, value=given[:200], wanted="/...")
    return path


def _days(given: str) -> int:
    if not given:
        return RETENTION_DAYS
    if not (given.isascii() and given.isdigit() and len(given) <= 5 and 1 <= int(given) <= 36500):
        raise SettingError(name="GATEWRIGHT_EVENT_DAYS", value=given[:200], wanted="1 - 36500")
    return int(given)


def _proxies(given: str) -> tuple[str, ...]:
    """Addresses and networks; nothing and ``none`` believe nobody."""
    if given.strip().lower() == "none":
        return ()
    found = tuple(part.strip() for part in given.split(",") if part.strip())
    for part in found:
        try:
            ipaddress.ip_network(part)
        except ValueError:
            wanted = "127.0.0.1, 10.0.0.0/8, none"
            raise SettingError(name="GATEWRIGHT_PROXIES", value=part[:200], wanted=wanted) from None
    return found


def _server(given: str) -> str:
    if given and not given.startswith(("http://", "https://")):
        raise SettingError(name="GATEWRIGHT_SERVER", value=given[:200], wanted="http://HOST:PORT, https://HOST")
    return given.rstrip("/")


def _exclusions(given: str) -> Exclusions:
    try:
        return exclusions(given)
    except ExclusionError as error:
        entry = error.report.params["entry"]
        raise SettingError(
            name="GATEWRIGHT_PROBE_EXCLUDE", value=entry, wanted="10.0.0.0/8, 192.0.2.7, internal.example"
        ) from None
