/** What registering reads: how a registration by script is getting on, and the account that it makes. */
import { queryOptions } from "@tanstack/react-query";
import { api } from "~/api/client";
import type { RegistrationStatus } from "~/api/schema";

const EVERY = 2_000;

export function over(status: RegistrationStatus | undefined): boolean {
  return status?.state === "registered" || status?.state === "expired";
}

/** Asked again until it is over; after a failure the script may be run again. */
export const registration = (id: string) =>
  queryOptions({
    queryKey: ["registrations", id],
    queryFn: ({ signal }) => api("GET /registrations/{id}", { path: { id }, signal }),
    refetchInterval: (query) => (over(query.state.data) ? false : EVERY),
    refetchIntervalInBackground: true,
  });

export interface Account {
  namespace: string;
  removal: boolean;
  secrets: boolean;
  observe_only: boolean;
}

export const access = (account: Account) =>
  queryOptions({
    queryKey: ["access", account],
    queryFn: ({ signal }) => api("GET /access", { query: { ...account }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
