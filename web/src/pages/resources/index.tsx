/**
 * The Gateway API's objects on all clusters, the worst first. Filters are the server's work: a fleet has more objects
 * than a page should hold, so that what is found and not yet loaded is said.
 */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Segmented } from "antd";
import { useDeferredValue, useMemo } from "react";
import { useSearchParams } from "react-router";
import { DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { useTranslation } from "~/i18n/react";
import { useScope } from "~/shell/scope";
import { KINDS, useColumns } from "./columns";
import { ObjectDetail } from "./ObjectDetail";
import { objects } from "./queries";

/** Those that are asked for most; the others are in the filter of the column. */
const FIRST = ["Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "GatewayClass"];

export default function Resources() {
  const { t } = useTranslation("resources");
  const { team, cluster } = useScope();
  const [params, setParams] = useSearchParams();
  const list = (name: string) => (params.get(name) ?? "").split(",").filter(Boolean);
  const kinds = list("kind").filter((kind) => KINDS.includes(kind));
  const states = list("state");
  const q = useDeferredValue(params.get("q") ?? "");
  const query = useInfiniteQuery(objects({ team, cluster, kinds, states, q }));
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.rows), [query.data]);
  const columns = useColumns();
  const choose = (kind: string) =>
    setParams((before) => {
      const made = new URLSearchParams(before);
      if (kind === "all") made.delete("kind");
      else made.set("kind", kind);
      made.delete("open");
      return made;
    });
  const [only] = kinds;
  const asked = kinds.length > 0 || states.length > 0 || q !== "";
  return (
    <>
      <PageHeader title={t("title")} summary={t("summary")} />
      <div className="row spread" style={{ marginBottom: 10 }}>
        <Segmented
          value={kinds.length === 1 && only && FIRST.includes(only) ? only : kinds.length ? "" : "all"}
          onChange={choose}
          options={[{ value: "all", label: t("all") }, ...FIRST.map((kind) => ({ value: kind, label: kind }))]}
        />
        {query.hasNextPage && rows && (
          <span className="row muted" role="status">
            {t("cut", { count: rows.length })}
            <Button size="small" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {t("more")}
            </Button>
          </span>
        )}
      </div>
      <DataTable
        label={t("title")}
        query={query}
        rows={rows}
        columns={columns}
        rowKey={(row) =>
          `${row.cluster}/${row.object.ref.kind}/${row.object.ref.namespace ?? ""}/${row.object.ref.name}`
        }
        doing={t("doing")}
        empty={asked ? undefined : <EmptyState title={t("empty.title")}>{t("empty.text")}</EmptyState>}
        detail={(row, close) => <ObjectDetail seen={row} team={team} close={close} />}
      />
    </>
  );
}
