/** The live connection for the signed-in person, and what the header says of it. */
import type { QueryClient } from "@tanstack/react-query";
import { Tooltip } from "antd";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import { type Connection, Live } from "~/api/live";
import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";
import { useNow } from "~/lib/now";
import { exact, relative } from "~/lib/time";
import { useSession } from "./session";

const Context = createContext<Live | null>(null);
const NOBODY: Connection = { state: "connecting", since: 0 };
const tones = { live: "healthy", connecting: "unknown", reconnecting: "degraded" } as const;

export function LiveProvider({ client, children }: { client: QueryClient; children: ReactNode }) {
  const { may } = useSession();
  const live = useMemo(() => new Live(client), [client]);
  const allowed = may("fleet.read");
  useEffect(() => (allowed ? live.start() : undefined), [live, allowed]);
  return <Context value={allowed ? live : null}>{children}</Context>;
}

export function useLive(): Connection {
  const live = useContext(Context);
  return useSyncExternalStore(live?.subscribe ?? (() => () => undefined), () => live?.connection() ?? NOBODY);
}

export function LiveSign() {
  const { t, i18n } = useTranslation("shell");
  const { state, since } = useLive();
  const now = useNow();
  if (!since) return null;
  const words =
    state === "reconnecting"
      ? t("live.reconnecting", { since: relative(since, now, i18n.language) })
      : t(`live.${state}`);
  return (
    <Tooltip title={t(`live.${state}-about`, { at: exact(since, i18n.language) })}>
      <span className={`live state tone-${tones[state]}`} role="status">
        <Shape tone={tones[state]} />
        <span className="word">{words}</span>
      </span>
    </Tooltip>
  );
}
