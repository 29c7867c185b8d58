/** What this page reads: the audit, narrowed down by the address. */
import { infiniteQueryOptions } from "@tanstack/react-query";
import { ask, queried } from "~/api/client";

export const FIELDS = ["who", "what", "team", "cluster", "outcome", "since", "until", "q"] as const;
export type Field = (typeof FIELDS)[number];
export type Wanted = Partial<Record<Field, string>>;

/** The field's name in the address, where `q` is what the list is searched for. */
export const paramOf = (field: Field) => (field === "q" ? "find" : field);

/** What the address asks for. */
export function wantedOf(params: URLSearchParams): Wanted {
  const found: Wanted = {};
  for (const field of FIELDS) {
    const value = params.get(paramOf(field));
    if (value) found[field] = value;
  }
  return found;
}

const asked = ({ outcome, ...others }: Wanted) => ({
  ...others,
  ...((outcome === "done" || outcome === "refused") && ({ outcome } as const)),
});

export const entries = (wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ["audit", wanted],
    queryFn: async ({ signal, pageParam }) => {
      const query = { ...asked(wanted), limit: 200, ...(pageParam && { continue: pageParam }) };
      const { body, next } = await ask("GET /audit", { query, signal });
      return { entries: body, next: next ? (new URL(next, location.href).searchParams.get("continue") ?? "") : "" };
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next || undefined,
    staleTime: 5_000,
  });

/** Where the same entries are had as a file. */
export const exported = (wanted: Wanted, format: "jsonl" | "csv") =>
  `/api/v1/audit/export${queried({ ...asked(wanted), format })}`;
