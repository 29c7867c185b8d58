/** What this page reads. */
import { queryOptions } from "@tanstack/react-query";
import { all, api } from "~/api/client";

export const notifications = () =>
  queryOptions({
    queryKey: ["notifications"],
    queryFn: ({ signal }) => all("GET /notifications", { signal }),
    refetchInterval: 15_000,
  });

/** The newest 500 messages. */
export const deliveries = () =>
  queryOptions({
    queryKey: ["deliveries"],
    queryFn: ({ signal }) => api("GET /deliveries", { query: { limit: 500 }, signal }),
    refetchInterval: 15_000,
  });
