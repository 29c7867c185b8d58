"""Runs Alembic on a connection whose transaction the caller owns. Apart, because importing Alembic is slow."""

from __future__ import annotations

import uuid
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

FOLDER = Path(__file__).parent


def config(connection: Connection) -> Config:
    """Alembic's configuration for these migrations on ``connection``."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection, now: str) -> None:
    """Migrates to the newest revision, and gives a new installation its identity."""
    command.upgrade(config(connection), "head")
    if connection.scalar(text("SELECT value FROM meta WHERE key = 'uid'")) is None:
        insert = text("INSERT INTO meta (key, value) VALUES (:key, :value)")
        connection.execute(insert, [{"key": "uid", "value": str(uuid.uuid4())}, {"key": "created_at", "value": now}])
