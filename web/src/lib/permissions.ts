/** Permissions in groups that people understand, and whether somebody holds them. Pure. */
import type { Role, RoleBody } from "~/api/schema";
import type { Session } from "~/api/session";

export type Permission = RoleBody["permissions"][number];

export const GROUPS = ["clusters", "teams", "changes", "record", "people"] as const;
export type Group = (typeof GROUPS)[number];

const GROUP_OF: Record<string, Group> = {
  fleet: "clusters",
  cluster: "clusters",
  probe: "clusters",
  team: "teams",
  member: "teams",
  binding: "teams",
  stack: "changes",
  plan: "changes",
  rollout: "changes",
  manifest: "changes",
  bundle: "changes",
  event: "record",
  audit: "record",
  notification: "record",
  metrics: "record",
};

/** What everybody has with what is their own: no role and no token grants it. */
const OWN: ReadonlySet<string> = new Set(["account.read", "account.write"]);
/** What everybody may who is known at all: it need not be granted. */
const EVERYONE: ReadonlySet<string> = new Set(["api.describe"]);

export function groupOf(permission: string): Group {
  return GROUP_OF[permission.split(".", 1)[0] ?? ""] ?? "people";
}

/** The permissions by group, in the order of the groups; groups without any are left out. */
export function grouped(permissions: readonly string[]): [Group, string[]][] {
  return GROUPS.map((group): [Group, string[]] => [group, permissions.filter((one) => groupOf(one) === group)]).filter(
    ([, found]) => found.length > 0,
  );
}

/** Whether the person holds all of these: in the whole installation, or in `team`. */
export function holds(session: Session, permissions: readonly string[], team = ""): boolean {
  return permissions.every(
    (one) => OWN.has(one) || session.permissions.includes(one) || (session.teams[team]?.includes(one) ?? false),
  );
}

/** What a token of the person may be narrowed to: all that they hold anywhere, but for what is only their own. */
export function delegable(session: Session): string[] {
  const held = new Set([...session.permissions, ...Object.values(session.teams).flat()]);
  return [...held].filter((one) => !OWN.has(one) && !EVERYONE.has(one)).sort();
}

/** Whether the person may change somebody with these roles (the installation's, then by team): nobody changes whoever
 * may more than they do. Roles that are not known are the server's to judge. */
export function mayChange(
  session: Session,
  person: { role: string; teams: Readonly<Record<string, string>> },
  roles: readonly Role[] | undefined,
): boolean {
  const allows = (name: string) => roles?.find((role) => role.name === name)?.permissions ?? [];
  return (
    session.permissions.includes("user.write") &&
    holds(session, allows(person.role)) &&
    Object.entries(person.teams).every(([team, role]) => holds(session, allows(role), team))
  );
}
