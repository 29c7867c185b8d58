/** Waits for the session, so that nothing is drawn for somebody whom we do not know. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { session } from "~/api/session";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { usePreferences } from "./preferences";

export function Starting({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useQuery(session());
  usePreferences(data);
  if (data) return children;
  return (
    <main className="centred">
      <div className="door">{error ? <Problem error={error} retry={refetch} /> : <Loading lines={4} />}</div>
    </main>
  );
}
