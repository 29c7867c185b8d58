"""People, the roles they have in the installation and in teams, and the roles there are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from gatewright.model.people import INSTALLATION, Grant, Person, Role, Scope
from gatewright.server.operations import answers, answers_nothing, answers_pages, reads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import LABEL, PERSON_NAME, Label, LabelOrNone, TeamName
from gatewright.server.people import Wish
from gatewright.server.permissions import require
from gatewright.server.principal import ALL, Permission, Principal
from gatewright.server.roles import IN_TEAM, OWN
from gatewright.server.routes.given import Given
from gatewright.server.routes.session import DisplayName, NewPassword
from gatewright.server.values import PermissionRow, PersonView
from gatewright.server.wire import Body

router = APIRouter(tags=["people"])

PersonName = Annotated[str, Path(description="Name of a person.", examples=["ada"], json_schema_extra=PERSON_NAME)]
Member = Annotated[str, Path(description="Name of a person.", examples=["ada"], json_schema_extra=PERSON_NAME)]
RoleName = Annotated[str, Path(description="Name of a role.", examples=["release-manager"], json_schema_extra=LABEL)]


class PersonBody(Body, frozen=True):
    """What is left out stays. ``role``: in the installation, empty for none; somebody new without a password cannot
    sign in with one."""

    display_name: DisplayName | None = None
    role: LabelOrNone | None = None
    disabled: bool | None = None
    password: NewPassword | None = None


class PasswordBody(Body, frozen=True):
    """The password that shall be."""

    password: NewPassword


class RoleBody(Body, frozen=True):
    """What a role allows, and whether it is given in the installation or in teams."""

    scope: Scope
    permissions: tuple[Permission, ...]


class MemberBody(Body, frozen=True):
    """The one role of the person in the team."""

    role: Label


@router.get("/users")
@answers_pages(PersonView)
async def users(given: Given, page: Paging, who: Principal = Depends(require("user.read"))) -> Page[PersonView]:
    """Everybody, by name."""
    return page.of([_view(person, who) for person in await given.people.all()], lambda person: (person.name,))


@router.get("/users/{name}")
@answers(PersonView, refuses=(404,))
async def user(name: PersonName, given: Given, who: Principal = Depends(require("user.read"))) -> PersonView:
    """A person."""
    return _view(await given.people.get(name), who)


@router.put("/users/{name}")
@answers(PersonView, refuses=(404, 409, 503))
async def put_user(
    name: PersonName,
    given: Given,
    who: Principal = Depends(require("user.write")),
    asked: PersonBody = Depends(reads(PersonBody)),
) -> PersonView:
    """Makes or changes a person. Disabling ends their sessions, and no token of theirs is taken any more."""
    wish = Wish(asked.display_name, asked.role, asked.disabled, asked.password)
    return _view(await given.people.put(name, wish, who), who)


@router.delete("/users/{name}")
@answers_nothing(refuses=(404, 409))
async def delete_user(name: PersonName, given: Given, who: Principal = Depends(require("user.write"))) -> None:
    """Forgets a person with their roles, sessions and tokens; what they did stays."""
    await given.people.remove(name, who)


@router.put("/users/{name}/password")
@answers_nothing(refuses=(404, 503))
async def put_password(
    name: PersonName,
    given: Given,
    who: Principal = Depends(require("user.write")),
    asked: PasswordBody = Depends(reads(PasswordBody)),
) -> None:
    """Gives a person a new password and ends their sessions."""
    await given.people.set_password(name, asked.password, who)


@router.get("/permissions")
@answers(list[PermissionRow])
async def permissions(_: Principal = Depends(require("role.read", anywhere=True))) -> list[PermissionRow]:
    """Every permission that a role may hold."""
    scopes: dict[str, tuple[Scope, ...]] = {
        name: ("installation", "team") if name in IN_TEAM else ("installation",) for name in sorted(ALL - OWN)
    }
    return [PermissionRow(name, found) for name, found in scopes.items()]


@router.get("/roles")
@answers(list[Role])
async def roles(given: Given, who: Principal = Depends(require("role.read", anywhere=True))) -> list[Role]:
    """The roles: those that are built in, then the others. Who may ask in teams only is told of roles of teams."""
    found = await given.people.roles()
    return found if who.may("role.read") else [role for role in found if role.scope == "team"]


@router.put("/roles/{name}")
@answers(Role, refuses=(409,))
async def put_role(
    name: RoleName,
    given: Given,
    who: Principal = Depends(require("role.write")),
    asked: RoleBody = Depends(reads(RoleBody)),
) -> Role:
    """Makes or changes a role; whoever has it may at once what it then allows."""
    return await given.people.put_role(name, asked.scope, asked.permissions, who)


@router.delete("/roles/{name}")
@answers_nothing(refuses=(404, 409))
async def delete_role(name: RoleName, given: Given, who: Principal = Depends(require("role.write"))) -> None:
    """Refused while somebody has the role."""
    await given.people.remove_role(name, who)


@router.get("/teams/{team}/members")
@answers_pages(Grant, refuses=(404,))
async def members(
    team: TeamName, given: Given, page: Paging, _: Principal = Depends(require("member.read"))
) -> Page[Grant]:
    """Who has which role in the team, by name."""
    return page.of(await given.people.members(team), lambda grant: (grant.user,))


@router.put("/teams/{team}/members/{user}")
@answers(Grant, refuses=(404,))
async def put_member(
    team: TeamName,
    user: Member,
    given: Given,
    who: Principal = Depends(require("member.write")),
    asked: MemberBody = Depends(reads(MemberBody)),
) -> Grant:
    """Gives a person their one role in the team; nobody gives or takes more than they hold."""
    return await given.people.put_member(team, user, asked.role, who)


@router.delete("/teams/{team}/members/{user}")
@answers_nothing(refuses=(404,))
async def delete_member(
    team: TeamName, user: Member, given: Given, who: Principal = Depends(require("member.write"))
) -> None:
    """Takes a person's role in the team."""
    await given.people.remove_member(team, user, who)


def _view(person: Person, who: Principal) -> PersonView:
    """Of teams whose names ``who`` may not be told nothing is said."""
    teams = {team: role for team, role in sorted(person.grants.items()) if team != INSTALLATION and who.sees(team)}
    return PersonView(
        person.name,
        person.display_name,
        person.grants.get(INSTALLATION, ""),
        teams,
        person.disabled,
        person.password,
        person.issuer,
        person.created_at,
        person.last_sign_in_at,
    )
