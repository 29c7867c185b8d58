/** What this page reads. */
import { queryOptions } from "@tanstack/react-query";
import { all, api } from "~/api/client";

const SELDOM = 15_000;

export const people = () =>
  queryOptions({ queryKey: ["users"], queryFn: ({ signal }) => all("GET /users", { signal }), staleTime: SELDOM });

/** Those that are built in, then the others. */
export const roles = () =>
  queryOptions({ queryKey: ["roles"], queryFn: ({ signal }) => api("GET /roles", { signal }), staleTime: SELDOM });

/** Every permission that a role may hold, and in which places. */
export const permissions = () =>
  queryOptions({
    queryKey: ["permissions"],
    queryFn: ({ signal }) => api("GET /permissions", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Everybody's API tokens. */
export const tokens = () =>
  queryOptions({ queryKey: ["tokens"], queryFn: ({ signal }) => all("GET /tokens", { signal }), staleTime: SELDOM });
