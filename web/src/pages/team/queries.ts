/** What the page of a team reads. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { all, api, ask } from "~/api/client";
import { touches } from "~/api/live";

const LIVE = 60_000;
const SELDOM = 30_000;

/** The team with its bindings and stacks, and the ETag for a change of it. */
export const team = (name: string) =>
  queryOptions({
    queryKey: ["teams", name],
    queryFn: async ({ signal }) => {
      const { body, etag } = await ask("GET /teams/{team}", { path: { team: name }, signal });
      return { ...body, etag };
    },
    staleTime: SELDOM,
  });

/** Its clusters: health with the first cause, versions, custody, drift, skew. */
export const rows = (name: string) =>
  queryOptions({
    queryKey: ["matrix", name],
    queryFn: ({ signal }) => all("GET /matrix", { query: { team: name }, signal }),
    staleTime: LIVE,
    placeholderData: keepPreviousData,
    meta: { live: touches.any },
  });

export const mappings = (name: string) =>
  queryOptions({
    queryKey: ["mappings", name],
    queryFn: ({ signal }) => all("GET /mappings", { query: { team: name }, signal }),
    staleTime: LIVE,
    meta: { live: touches.any },
  });

export const findings = (name: string, cluster?: string) =>
  queryOptions({
    queryKey: ["findings", name, cluster ?? ""],
    queryFn: ({ signal }) =>
      all("GET /findings", { query: { team: name, ...(cluster && { cluster: [cluster] }) }, signal }),
    staleTime: LIVE,
    meta: { live: touches.any },
  });

export const hostnames = (name: string) =>
  queryOptions({
    queryKey: ["hostnames", name],
    queryFn: ({ signal }) => all("GET /hostnames", { query: { team: name }, signal }),
    staleTime: LIVE,
    meta: { live: touches.kind("HTTPRoute", "GRPCRoute", "TLSRoute", "Gateway") },
  });

export const drifts = (name: string, cluster: string | undefined, closed: boolean) =>
  queryOptions({
    queryKey: ["drifts", name, cluster ?? "", closed],
    queryFn: ({ signal }) =>
      all("GET /drifts", { query: { team: name, ...(cluster && { cluster }), ...(closed && { closed }) }, signal }),
    staleTime: SELDOM,
    meta: { live: touches.any },
  });

export const members = (name: string) =>
  queryOptions({
    queryKey: ["members", name],
    queryFn: ({ signal }) => all("GET /teams/{team}/members", { path: { team: name }, signal }),
    staleTime: SELDOM,
  });

export const roles = () =>
  queryOptions({
    queryKey: ["roles"],
    queryFn: ({ signal }) => api("GET /roles", { signal }),
    staleTime: SELDOM,
  });

export const people = () =>
  queryOptions({
    queryKey: ["users"],
    queryFn: ({ signal }) => all("GET /users", { signal }),
    staleTime: SELDOM,
  });

export const EVENTS = 300;

/** The latest events of the team. */
export const events = (name: string, cluster?: string) =>
  queryOptions({
    queryKey: ["events", name, cluster ?? "", "team-page"],
    queryFn: ({ signal }) =>
      api("GET /events", { query: { team: name, limit: EVENTS, ...(cluster && { cluster }) }, signal }),
    staleTime: 5_000,
    refetchInterval: 15_000,
  });
