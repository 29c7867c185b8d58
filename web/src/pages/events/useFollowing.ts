/** Events as they happen, after the newest that was read. The browser goes on after the last one when it was cut off. */
import { useEffect, useState } from "react";
import { queried } from "~/api/client";
import type { EventView } from "~/api/schema";
import { given, type Of } from "./queries";

const MOST = 2000;

/** The newest first. `after`: the id of the newest that was read, undefined until it is known. */
export function useFollowing({ team, cluster }: Of, after: string | undefined): EventView[] {
  const [found, setFound] = useState<EventView[]>([]);
  useEffect(() => {
    if (after === undefined) return;
    setFound([]);
    const source = new EventSource(`/api/v1/events/stream${queried({ ...given({ team, cluster }), after })}`);
    source.onmessage = (message) => {
      const event = JSON.parse(message.data as string) as EventView;
      setFound((before) => [event, ...before.filter((one) => one.id !== event.id)].slice(0, MOST));
    };
    return () => source.close();
  }, [team, cluster, after]);
  return found;
}
