/**
 * Whose a notification is: a team's, or (without one) the installation's. Each owner's names are its own, so that
 * both together address it.
 */
import { api } from "~/api/client";
import type { ChangeView, NotificationBody } from "~/api/schema";
import { may, type Session } from "~/api/session";

export interface Owned {
  team?: string;
  name: string;
}

/** `team.name`, or the bare name of one of the installation. */
export function fullName({ team, name }: Owned): string {
  return team ? `${team}.${name}` : name;
}

export function put({ team, name }: Owned, body: NotificationBody): Promise<ChangeView> {
  return team
    ? api("PUT /teams/{team}/notifications/{name}", { path: { team, name }, body })
    : api("PUT /notifications/{name}", { path: { name }, body });
}

export function remove({ team, name }: Owned): Promise<undefined> {
  return team
    ? api("DELETE /teams/{team}/notifications/{name}", { path: { team, name } })
    : api("DELETE /notifications/{name}", { path: { name } });
}

/** A message that says it is a test; it throws where the message does not arrive. */
export function test({ team, name }: Owned): Promise<undefined> {
  return team
    ? api("POST /teams/{team}/notifications/{name}/test", { path: { team, name } })
    : api("POST /notifications/{name}/test", { path: { name } });
}

/** Whether the person may do this with what is this owner's. */
export function mayFor(session: Session, permission: string, team: string | undefined): boolean {
  return team ? may(session, permission, team) : session.permissions.includes(permission);
}

/** The owners for whom the person may make one, of these teams; the empty one is the installation. */
export function owners(session: Session, teams: readonly string[]): string[] {
  return ["", ...teams].filter((team) => mayFor(session, "notification.write", team));
}

/** Whether the owner has one of this name already. */
export function taken(known: readonly Owned[], wanted: Owned): boolean {
  return known.some((one) => one.name === wanted.name && (one.team ?? "") === (wanted.team ?? ""));
}
