"""Settings: from the environment alone, each explained in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatewright.observe.probes.addresses import Exclusions
from gatewright.server.errors import SettingError
from gatewright.server.services import engine_url
from gatewright.server.settings import SETTINGS, from_environment


def test_every_setting_is_explained() -> None:
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.about.render("en")
        assert setting.about.render("zh") != setting.about.render("en")


def test_every_variable_in_the_code_is_a_setting() -> None:
    import re

    import gatewright

    source = Path(gatewright.__file__).parent
    found = {name for file in source.rglob("*.py") for name in re.findall(r"\bGATEWRIGHT_[A-Z_]+\b", file.read_text())}
    # Words of the script that registers a cluster, which runs elsewhere.
    found -= {"GATEWRIGHT_API_SERVER", "GATEWRIGHT_MANIFESTS"}
    assert found - {name for name in found if name.startswith("GATEWRIGHT_LAB")} <= {s.name for s in SETTINGS}


def test_defaults_lie_in_the_home(tmp_path: Path) -> None:
    settings = from_environment({"GATEWRIGHT_HOME": str(tmp_path)})
    assert settings.database == f"sqlite:///{tmp_path}/gatewright.db"
    assert settings.config == tmp_path / "config"
    assert engine_url(settings) == f"sqlite:///{tmp_path}/engine.db"


def test_postgresql_serves_both() -> None:
    settings = from_environment({"GATEWRIGHT_DATABASE": "postgresql://u@h/n"})
    assert engine_url(settings) == "postgresql+psycopg://u@h/n"


@pytest.mark.parametrize(
    "environ",
    [
        {"GATEWRIGHT_HOME": "relative"},
        {"GATEWRIGHT_SERVER": "localhost:8770"},
        {"GATEWRIGHT_CONFIG": "x"},
        {"GATEWRIGHT_PROBE_EXCLUDE": "10.0.0.0/8,10.0.0.0/99"},
        {"GATEWRIGHT_PROXIES": "proxy.example"},
        {"GATEWRIGHT_PROXIES": "*"},
        {"GATEWRIGHT_OIDC_ISSUER": "https://id.example"},
    ],
)
def test_values_that_cannot_be_used(environ: dict[str, str]) -> None:
    with pytest.raises(SettingError):
        from_environment(environ)


def test_what_probes_may_reach() -> None:
    plain = from_environment({"GATEWRIGHT_PROBE_LOOPBACK": "0"})
    assert (plain.probe_loopback, plain.probe_exclude) == (False, Exclusions())
    given = from_environment(
        {"GATEWRIGHT_PROBE_LOOPBACK": "1", "GATEWRIGHT_PROBE_EXCLUDE": "10.0.0.0/8, .corp.example"}
    )
    assert (given.probe_loopback, given.probe_exclude) == (True, Exclusions(("10.0.0.0/8",), ("corp.example",)))


def test_whose_word_of_a_client_s_address_is_taken() -> None:
    assert from_environment({}).proxies == ()
    assert from_environment({"GATEWRIGHT_PROXIES": "none"}).proxies == ()
    assert from_environment({"GATEWRIGHT_PROXIES": "10.0.0.0/8, ::1"}).proxies == ("10.0.0.0/8", "::1")
