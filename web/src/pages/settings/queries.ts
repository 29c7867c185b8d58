/** What this page reads. */
import { queryOptions } from "@tanstack/react-query";
import { all, api } from "~/api/client";

/** Where one is signed in, newest first. */
export const sessions = () =>
  queryOptions({
    queryKey: ["sessions"],
    queryFn: ({ signal }) => all("GET /sessions", { signal }),
    staleTime: 10_000,
  });

export const version = () =>
  queryOptions({
    queryKey: ["version"],
    queryFn: ({ signal }) => api("GET /version", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The releases of the Gateway API that can be installed. */
export const bundles = () =>
  queryOptions({ queryKey: ["bundles"], queryFn: ({ signal }) => api("GET /bundles", { signal }), staleTime: 60_000 });

export const people = () =>
  queryOptions({ queryKey: ["users"], queryFn: ({ signal }) => all("GET /users", { signal }), staleTime: 15_000 });
