/** Who the person is and what they may do: `GET /session`, read once, and anew after signing in or out. */
import { type QueryClient, queryOptions } from "@tanstack/react-query";
import { configure, raw } from "./client";

export interface Session {
  state: "setup" | "anonymous" | "signed-in";
  person?: { name: string; display_name?: string } | string | null;
  /** What holds in the whole installation. */
  permissions?: string[];
  /** What holds in one team only. */
  teams?: Record<string, string[]>;
  csrf?: string | null;
  /** The label of the button that signs in with OpenID Connect; false or absent: there is none. */
  oidc?: boolean | string | { label?: string } | null;
  language?: string | null;
  preferences?: { language?: string; theme?: string } | null;
}

export const ANONYMOUS: Session = { state: "anonymous", permissions: [], teams: {} };
const KEY = ["session"];

export const session = () =>
  queryOptions({
    queryKey: KEY,
    queryFn: async ({ signal }) => {
      const found = (await raw("GET", "/session", undefined, signal)) as Session;
      configure({ csrf: found.csrf ?? "" });
      return found;
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: Number.POSITIVE_INFINITY,
  });

/** Signs in and makes everything that a stranger saw be read anew. Throws `ProblemError`. */
export async function signIn(client: QueryClient, name: string, password: string): Promise<void> {
  await raw("POST", "/session", { name, password });
  await begin(client);
}

/** Makes the first administrator and signs in. `token`: the code that `gatewright up` printed. */
export async function setUp(client: QueryClient, token: string, name: string, password: string): Promise<void> {
  await raw("POST", "/setup", { token, name, password });
  await begin(client);
}

export async function signOut(client: QueryClient): Promise<void> {
  await raw("DELETE", "/session");
  configure({ csrf: "" });
  client.clear();
  client.setQueryData(KEY, { ...ANONYMOUS });
}

/** What follows from an answer that did not know us: the shell asks to sign in, and comes back here. */
export function forget(client: QueryClient): void {
  const known = client.getQueryData<Session>(KEY);
  if (known?.state === "signed-in")
    client.setQueryData(KEY, { ...known, state: "anonymous", permissions: [], teams: {} });
}

async function begin(client: QueryClient): Promise<void> {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  await client.fetchQuery({ ...session(), staleTime: 0 });
}

export function nameOf(found: Session): string {
  return typeof found.person === "string" ? found.person : (found.person?.name ?? "");
}

/** Whether the person may do this: in `team`, or, without one, in any team or everywhere. The server decides; the
 * page only does not offer what would be refused. */
export function may(found: Session, permission: string, team?: string): boolean {
  if (found.permissions?.includes(permission)) return true;
  const teams = found.teams ?? {};
  if (team !== undefined) return teams[team]?.includes(permission) ?? false;
  return Object.values(teams).some((allowed) => allowed.includes(permission));
}
