/** Every cluster in one list: health, reachability, versions, custody, and when it was last seen. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import * as queries from "~/api/queries";
import type { ClusterStatus } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { Since } from "~/components/Since";
import { Reachability, StateTag } from "~/components/StateTag";
import { WORST } from "~/lib/states";
import { useScope } from "~/shell/scope";

export default function Fleet() {
  const { t } = useTranslation("fleet");
  const { team } = useScope();
  const navigate = useNavigate();
  const query = useQuery(queries.status(team));
  const columns = useColumns();
  return (
    <>
      <PageHeader title={t("title")} />
      <DataTable
        label={t("title")}
        query={query}
        rows={query.data}
        columns={columns}
        rowKey={(row) => row.cluster}
        doing={t("doing")}
        onOpen={(row) => void navigate(`/clusters/${encodeURIComponent(row.cluster)}`)}
        empty={
          <EmptyState
            title={t("empty.title")}
            action={
              <Link to="/start">
                <Button type="primary">{t("empty.next")}</Button>
              </Link>
            }
          >
            {t("empty.text")}
          </EmptyState>
        }
      />
    </>
  );
}

function useColumns(): Column<ClusterStatus>[] {
  const { t } = useTranslation("fleet");
  const { t: common } = useTranslation("common");
  return [
    { key: "cluster", title: t("column.cluster"), value: (row) => row.cluster, primary: true, width: 200 },
    {
      key: "health",
      title: t("column.health"),
      width: 130,
      value: (row) => WORST.indexOf(row.health ?? "unknown"),
      pick: (row) => row.health ?? "unknown",
      options: WORST.map((state) => ({ value: state, label: common(`state.${state}`) })),
      render: (row) => <StateTag state={row.health} quiet />,
    },
    {
      key: "reachability",
      title: t("column.reachability"),
      width: 140,
      value: (row) => row.reachability,
      options: (["reachable", "slow", "unreachable", "forbidden"] as const).map((state) => ({
        value: state,
        label: common(`reachability.${state}`),
      })),
      render: (row) => <Reachability state={row.reachability} quiet />,
    },
    { key: "bundles", title: t("column.bundles"), width: 170, value: (row) => row.bundles?.join(", ") },
    {
      key: "custody",
      title: t("column.custody"),
      width: 110,
      value: (row) => row.custody ?? "unknown",
      render: (row) => common(`custody.${row.custody ?? "unknown"}`),
    },
    {
      key: "controllers",
      title: t("column.controllers"),
      width: 200,
      value: (row) => row.controllers?.map((one) => `${one.name} ${one.version}`).join(", "),
    },
    { key: "kubernetes", title: t("column.kubernetes"), width: 120, value: (row) => row.kubernetes },
    {
      key: "seen",
      title: t("column.seen"),
      width: 130,
      value: (row) => row.seen_at,
      render: (row) => <Since at={row.seen_at} />,
    },
  ];
}
