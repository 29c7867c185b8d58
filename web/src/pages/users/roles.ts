/** Who has a role, and what a role may hold. Pure. */
import type { PermissionRow, PersonView, Role } from "~/api/schema";
import type { Session } from "~/api/session";

/** A person with the role; `team` empty: in the installation. */
export interface Holder {
  person: PersonView;
  team: string;
}

export function holdersOf(role: string, scope: Role["scope"], people: readonly PersonView[]): Holder[] {
  return people.flatMap((person): Holder[] => {
    if (scope === "installation") return person.role === role ? [{ person, team: "" }] : [];
    return Object.entries(person.teams)
      .filter(([, held]) => held === role)
      .map(([team]) => ({ person, team }));
  });
}

/** What the person may put into a role of this scope: what such a role may hold, and they hold themselves. */
export function offered(known: readonly PermissionRow[], scope: Role["scope"], session: Session): string[] {
  return known
    .filter((one) => one.scopes.includes(scope) && session.permissions.includes(one.name))
    .map((one) => one.name);
}
