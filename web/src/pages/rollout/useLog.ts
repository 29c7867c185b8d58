/** The rollout's log for the page: new lines make the rollout be read anew, one request at a time, with a pause between. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { api } from "~/api/client";
import { rollout } from "../rollouts/queries";
import { driven, type RolloutState } from "../rollouts/states";
import { type Following, RolloutLog } from "./log";

const PACE = 400;

export function useLog(id: string, state: RolloutState | undefined): Following {
  const client = useQueryClient();
  const log = useMemo(() => {
    const stillDriven = async () => {
      const found = await api("GET /rollouts/{id}", { path: { id } });
      client.setQueryData(rollout(id).queryKey, found);
      return driven(found.state);
    };
    return new RolloutLog(id, stillDriven, reader(client, id));
  }, [client, id]);
  useEffect(() => log.start(), [log]);
  // Whatever changed it has lines, also where it rests again: a rollout that was paused and is aborted.
  useEffect(() => {
    if (state !== undefined) log.wake();
  }, [log, state]);
  return useSyncExternalStore(log.subscribe, log.current);
}

/** What is asked while an answer is on its way is asked once more after it, so that a slow server is not starved. */
function reader(client: QueryClient, id: string): () => void {
  const { queryKey } = rollout(id);
  let due = false;
  let reading = false;
  const read = async () => {
    reading = true;
    while (due) {
      await new Promise((resolve) => setTimeout(resolve, PACE));
      due = false;
      await client.refetchQueries({ queryKey }, { cancelRefetch: false });
    }
    reading = false;
  };
  return () => {
    due = true;
    if (!reading) void read();
  };
}
