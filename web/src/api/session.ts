/** Who the person is and what they may do: `GET /session`, read once, and anew after signing in or out. */
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, configure } from "./client";
import type { Self, SessionView } from "./schema";

/** `left`: the person signed out here, and whoever comes next need not want the page that was open. */
export type Session = SessionView & { left?: boolean };
export type Preferences = Self["preferences"];

export const ANONYMOUS: Session = {
  state: "anonymous",
  person: null,
  permissions: [],
  teams: {},
  csrf: null,
  oidc: null,
};
const KEY = ["session"];

export const session = () =>
  queryOptions({
    queryKey: KEY,
    queryFn: async ({ signal }) => {
      const found = await api("GET /session", { signal });
      configure({ csrf: found.csrf ?? "" });
      return found;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });

/** Signs in and makes everything that a stranger saw be read anew. Throws `ProblemError`. */
export async function signIn(client: QueryClient, name: string, password: string): Promise<void> {
  begin(client, await api("POST /session", { body: { name, password } }));
}

/** Makes the first administrator and signs in. `token`: the code that `gatewright up` printed. */
export async function setUp(client: QueryClient, token: string, name: string, password: string): Promise<void> {
  begin(client, await api("POST /setup", { body: { token, name, password } }));
}

export async function signOut(client: QueryClient): Promise<void> {
  const { oidc } = client.getQueryData<Session>(KEY) ?? ANONYMOUS;
  await api("DELETE /session");
  configure({ csrf: "" });
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== KEY[0] });
  client.setQueryData<Session>(KEY, { ...ANONYMOUS, oidc, left: true });
}

/** What follows from an answer that did not know us: the shell asks to sign in, and comes back here. */
export function forget(client: QueryClient): void {
  const known = client.getQueryData<Session>(KEY);
  if (known?.state === "signed-in") client.setQueryData<Session>(KEY, { ...ANONYMOUS, oidc: known.oidc });
}

function begin(client: QueryClient, found: Session): void {
  configure({ csrf: found.csrf ?? "" });
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== KEY[0] });
  client.setQueryData<Session>(KEY, found);
}

/** Keeps how the person wants to see pages, for their other browsers. Not being able to is no reason to stop. */
export async function prefer(client: QueryClient, changed: Partial<Preferences>): Promise<void> {
  const known = client.getQueryData<Session>(KEY);
  if (known?.state !== "signed-in" || !known.person) return;
  const preferences = { ...known.person.preferences, ...changed };
  client.setQueryData<Session>(KEY, { ...known, person: { ...known.person, preferences } });
  try {
    await api("PUT /me/preferences", { body: preferences });
  } catch {
    // This browser remembers it by itself.
  }
}

/** The name that is shown. */
export function nameOf(found: Session): string {
  return found.person?.display_name || found.person?.name || "";
}

/** Whether the person may do this: in `team`, or, without one, in any team or everywhere. The server decides; the
 * page only does not offer what would be refused. */
export function may(found: Session, permission: string, team?: string): boolean {
  if (found.permissions.includes(permission)) return true;
  if (team !== undefined) return found.teams[team]?.includes(permission) ?? false;
  return Object.values(found.teams).some((allowed) => allowed.includes(permission));
}
