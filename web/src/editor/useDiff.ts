/** What applying the text would change, as the server says it, asked a moment after the last key. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, ProblemError } from "~/api/client";
import type { ChangeView, Detail } from "~/api/schema";

const PAUSE = 600;

export interface Diffed {
  changes: ChangeView[] | undefined;
  /** Whether `changes` is of this very text. */
  settled: boolean;
  error: unknown;
  /** What is wrong, by line. */
  problems: readonly Detail[];
}

export function useDiff(text: string, file: string, enabled: boolean): Diffed {
  const [asked, setAsked] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);
  const query = useQuery({
    queryKey: ["diff", file, asked],
    queryFn: ({ signal }) => api("POST /diff", { body: { documents: [{ file, text: asked }] }, signal }),
    enabled: enabled && asked.trim() !== "",
    staleTime: 0,
    gcTime: 0,
    retry: false,
    placeholderData: keepPreviousData,
  });
  const settled = asked === text && !query.isFetching && !query.isPlaceholderData;
  const error = asked === text ? query.error : null;
  const problems = error instanceof ProblemError ? (error.problem.problems ?? []) : [];
  return { changes: error ? undefined : query.data, settled, error, problems };
}
