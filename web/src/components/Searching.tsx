/** Above what one can search and filter: the field, and how much was found. `DataTable` has both. */
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "~/i18n/react";
import type { Filters } from "~/lib/filters";
import { SearchField } from "./SearchField";

export function Search({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  useEffect(() => {
    if (value !== sent.current) setTyped(value);
    sent.current = value;
  }, [value]);
  useEffect(() => {
    if (typed === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = typed;
      onChange(typed);
    }, 200);
    return () => clearTimeout(timer);
  }, [typed, onChange]);
  return <SearchField value={typed} onChange={setTyped} label={t("table.search")} />;
}

interface CountProps {
  found: number;
  all: number;
  filters: Filters;
  clear: () => void;
}

export function Count({ found, all, filters, clear }: CountProps) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const filtered = filters.q !== "" || Object.keys(filters.picks).length > 0;
  return (
    <span className="row muted numbers" role="status">
      {filtered
        ? t("table.some", { found: number.format(found), all: number.format(all) })
        : t("table.all", { count: all, all: number.format(all) })}
      {filtered && (
        <Button type="link" size="small" onClick={clear}>
          {t("table.clear")}
        </Button>
      )}
    </span>
  );
}
