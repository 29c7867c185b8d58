/**
 * What this page reads.
 *
 * It is asked for anew from time to time, for no stream tells of messages: that one waits, was sent or was given up is
 * no event (an event of a message would be told by a message), and it happens seconds to an hour after the change that
 * the message is about, in whichever worker sends it.
 */
import { queryOptions } from "@tanstack/react-query";
import { all, api } from "~/api/client";

const ANEW = 15_000;

export const notifications = () =>
  queryOptions({
    queryKey: ["notifications"],
    queryFn: ({ signal }) => all("GET /notifications", { signal }),
    refetchInterval: ANEW,
  });

/** The newest 500 messages, of everybody or of a team's notifications. */
export const deliveries = (team?: string) =>
  queryOptions({
    queryKey: ["deliveries", team ?? ""],
    queryFn: ({ signal }) => api("GET /deliveries", { query: { limit: 500, ...(team && { team }) }, signal }),
    refetchInterval: ANEW,
  });
