/** What this page reads. */
import { queryOptions } from "@tanstack/react-query";
import { all } from "~/api/client";

/** One's own; for those who may see people, everybody's. */
export const tokens = () =>
  queryOptions({ queryKey: ["tokens"], queryFn: ({ signal }) => all("GET /tokens", { signal }), staleTime: 10_000 });

export const people = () =>
  queryOptions({ queryKey: ["users"], queryFn: ({ signal }) => all("GET /users", { signal }), staleTime: 15_000 });
