/** The session for whatever is drawn inside the shell: `const { session, may } = useSession();`. */
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { ANONYMOUS, may as allowed, session as query, type Session } from "~/api/session";

export interface Known {
  session: Session;
  /** Whether the person may do this, in `team`, or without one anywhere. */
  may: (permission: string, team?: string) => boolean;
}

export function useSession(): Known {
  const { data } = useQuery(query());
  const session = data ?? ANONYMOUS;
  const may = useCallback((permission: string, team?: string) => allowed(session, permission, team), [session]);
  return { session, may };
}
