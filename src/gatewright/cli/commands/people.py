"""``gatewright user ...``, ``member ...``, ``role ...``: who may sign in, and what they may do where."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gatewright.cli.command import Session, TeamOption, YesOption, command
from gatewright.cli.errors import BadValueError
from gatewright.cli.help import typer_app

root = typer_app()
users = typer_app()
members = typer_app()
roles = typer_app()

_LONGEST = 4096
PersonArgument = Annotated[str, typer.Argument(metavar="NAME", help="cli.argument.person")]
RoleArgument = Annotated[str, typer.Argument(metavar="ROLE", help="cli.argument.role")]
PasswordOption = Annotated[str | None, typer.Option("--password-file", metavar="FILE|-", help="cli.option.password")]


@command(users, "list")
async def list_users(session: Session) -> None:
    from gatewright.cli.views import people as view
    from gatewright.server.values import PersonView

    api = await session.api()
    session.screen.show(await api.get("/users", list[PersonView]), view.people)


@command(users, "add")
async def add_user(
    session: Session,
    name: PersonArgument,
    role: Annotated[str | None, typer.Option("--role", metavar="ROLE", help="cli.option.installation-role")] = None,
    display_name: Annotated[
        str | None, typer.Option("--display-name", metavar="TEXT", help="cli.option.display-name")
    ] = None,
    password_file: PasswordOption = None,
) -> None:
    password = None if password_file is None else _read(password_file)
    await _put(session, name, {"role": role, "display_name": display_name, "password": password})


@command(users, "disable")
async def disable(session: Session, name: PersonArgument, yes: YesOption = False) -> None:
    session.confirm("cli.confirm.disable-user", yes, name=name)
    await _put(session, name, {"disabled": True}, known=True)


@command(users, "enable")
async def enable(session: Session, name: PersonArgument) -> None:
    await _put(session, name, {"disabled": False}, known=True)


@command(users, "password")
async def password(session: Session, name: PersonArgument, password_file: PasswordOption = None) -> None:
    from gatewright.cli.client import part

    api = await session.api()
    new = _asked(session) if password_file is None else _read(password_file)
    await api.do("PUT", f"/users/{part(name)}/password", {"password": new})
    session.screen.done("cli.done.password", name=name)


@command(users, "delete")
async def delete_user(session: Session, name: PersonArgument, yes: YesOption = False) -> None:
    from gatewright.cli.client import part

    api = await session.api()
    session.confirm("cli.confirm.delete-user", yes, name=name)
    await api.delete(f"/users/{part(name)}")
    session.screen.done("cli.done.user-deleted", name=name)


@command(members, "list")
async def list_members(session: Session, team: TeamOption = None) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import people as view
    from gatewright.model.people import Grant

    api = await session.api()
    found = await api.get(f"/teams/{part(session.team(team))}/members", list[Grant])
    session.screen.show(found, view.members)


@command(members, "add")
async def add_member(session: Session, name: PersonArgument, role: RoleArgument, team: TeamOption = None) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import people as view
    from gatewright.model.people import Grant

    api = await session.api()
    path = f"/teams/{part(session.team(team))}/members/{part(name)}"
    session.screen.show([await api.put(path, Grant, {"role": role})], view.members)


@command(members, "remove")
async def remove_member(
    session: Session, name: PersonArgument, team: TeamOption = None, yes: YesOption = False
) -> None:
    from gatewright.cli.client import part

    chosen = session.team(team)
    api = await session.api()
    session.confirm("cli.confirm.remove-member", yes, name=name, team=chosen)
    await api.delete(f"/teams/{part(chosen)}/members/{part(name)}")
    session.screen.done("cli.done.member-removed", name=name, team=chosen)


@command(roles, "list")
async def list_roles(session: Session) -> None:
    from gatewright.cli.views import people as view
    from gatewright.model.people import Role

    api = await session.api()
    session.screen.show(await api.get("/roles", list[Role]), view.roles)


@command(roles, "permissions")
async def permissions(session: Session) -> None:
    from gatewright.cli.views import people as view
    from gatewright.server.values import PermissionRow

    api = await session.api()
    session.screen.show(await api.get("/permissions", list[PermissionRow]), view.permissions)


@command(roles, "add")
async def add_role(
    session: Session,
    role: RoleArgument,
    permission: Annotated[
        list[str] | None, typer.Option("--permission", metavar="PERMISSION", help="cli.option.permission")
    ] = None,
    scope: Annotated[str, typer.Option("--scope", metavar="team|installation", help="cli.option.scope")] = "team",
) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import people as view
    from gatewright.model.people import Role

    api = await session.api()
    body = {"scope": scope, "permissions": permission or []}
    session.screen.show([await api.put(f"/roles/{part(role)}", Role, body)], view.roles)


@command(roles, "delete")
async def delete_role(session: Session, role: RoleArgument, yes: YesOption = False) -> None:
    from gatewright.cli.client import part

    api = await session.api()
    session.confirm("cli.confirm.delete-role", yes, role=role)
    await api.delete(f"/roles/{part(role)}")
    session.screen.done("cli.done.role-deleted", role=role)


@command(root, "setup-code")
async def setup_code(session: Session) -> int:
    from gatewright.cli.exits import NOTHING_TO_DO
    from gatewright.server.services import open_services

    async with open_services(session.settings) as services:
        code = await services.set_up.code()
    if session.screen.format != "table":
        session.screen.data({"setup_code": code})
    elif code is None:
        session.screen.done("cli.done.set-up-over")
    else:
        session.screen.done("cli.done.setup-code", code=code)
    return NOTHING_TO_DO if code is None else 0


async def _put(session: Session, name: str, wish: dict[str, Any], *, known: bool = False) -> None:
    from gatewright.cli.client import part
    from gatewright.cli.views import people as view
    from gatewright.server.values import PersonView

    api = await session.api()
    path = f"/users/{part(name)}"
    if known:
        await api.get(path, PersonView)
    body = {key: value for key, value in wish.items() if value is not None}
    session.screen.show([await api.put(path, PersonView, body)], view.people)


def _read(path: str) -> str:
    """A password from a file or standard input: an argument would stay in the shell's history. Without its line's
    end, and else as it is."""
    from gatewright.cli.secrets import read_secret

    return read_secret(path, _LONGEST).rstrip("\r\n")


def _asked(session: Session) -> str:
    """Asks twice on a terminal. Raises ``BadValueError`` where there is none, or the two differ."""
    import getpass
    import os

    from gatewright.text import text

    if not os.isatty(0):
        raise BadValueError(name="--password-file", value="", wanted="FILE, -")
    first = getpass.getpass(text("cli.ask.password", session.language))
    if first != getpass.getpass(text("cli.ask.password-again", session.language)):
        raise BadValueError(
            name="--password-file", value="...", wanted=text("cli.ask.password-again", session.language)
        )
    return first
