/** A stack with the tag by which the server knows what was read, and the releases that one can choose. */
import { queryOptions } from "@tanstack/react-query";
import { all, ask } from "~/api/client";

export const stack = (team: string, name: string) =>
  queryOptions({
    queryKey: ["stacks", team, name],
    queryFn: async ({ signal }) => {
      const { body, etag } = await ask("GET /teams/{team}/stacks/{name}", { path: { team, name }, signal });
      return { body, etag };
    },
    staleTime: 5_000,
  });

export const bundles = () =>
  queryOptions({
    queryKey: ["bundles"],
    queryFn: ({ signal }) => all("GET /bundles", { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
