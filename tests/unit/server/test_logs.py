"""The log leaves standard output to the answers of commands."""

from __future__ import annotations

import json

import pytest
import structlog

from gatewright.server.logs import configure


def test_warnings_are_json_on_standard_error_and_the_rest_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    configure(debug=False)
    log = structlog.get_logger("gatewright.test")
    log.info("small talk")
    log.warning("lost", cluster="shanghai")
    printed = capsys.readouterr()
    assert printed.out == ""
    line = json.loads(printed.err)
    assert (line["event"], line["cluster"], line["level"]) == ("lost", "shanghai", "warning")


def test_debugging_shows_everything(capsys: pytest.CaptureFixture[str]) -> None:
    configure(debug=True)
    structlog.get_logger("gatewright.test").debug("small talk")
    assert json.loads(capsys.readouterr().err)["event"] == "small talk"
    configure(debug=False)
