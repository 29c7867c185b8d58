/** The filters of a table as state that lives in the address; typing does not fill the browser's history. */
import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { type Filters, parse, write } from "./filters";

export function useFilters(filterable: readonly string[]): [Filters, (changed: Partial<Filters>) => void] {
  const [params, setParams] = useSearchParams();
  const names = filterable.join(",");
  const filters = useMemo(() => parse(params, names.split(",").filter(Boolean)), [params, names]);
  const change = useCallback(
    (changed: Partial<Filters>) => {
      const list = names.split(",").filter(Boolean);
      const opens = "open" in changed && !!changed.open;
      setParams((before) => write(before, list, { ...parse(before, list), ...changed }), { replace: !opens });
    },
    [setParams, names],
  );
  return [filters, change];
}
