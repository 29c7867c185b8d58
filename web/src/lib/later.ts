/**
 * What is fetched once the page stands: its head and its questions to the server do not wait for a large program.
 *
 *   const useRows = later(async () => (await import("./Rows")).Rows);
 *   const Rows = useRows();                 null until it has come; there at once from then on, on every page
 *
 * Not `lazy` with `Suspense`, which keeps what has come back for up to 300 ms so that fewer states are seen.
 */
import { useEffect, useState } from "react";

export function later<T>(load: () => Promise<T>): () => T | null {
  let loaded: T | null = null;
  return function useLater() {
    const [, redraw] = useState(0);
    useEffect(() => {
      if (loaded) return;
      let gone = false;
      load().then(
        (found) => {
          loaded = found;
          if (!gone) redraw((n) => n + 1);
        },
        (error: unknown) => {
          // Thrown while drawing, it is the page's failure (`RouteProblem`).
          const fail = () => {
            throw error;
          };
          if (!gone) redraw(fail);
        },
      );
      return () => {
        gone = true;
      };
    }, []);
    return loaded;
  };
}
