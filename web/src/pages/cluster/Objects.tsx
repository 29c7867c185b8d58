/** The judged objects of the cluster, the worst first; each with what is wrong, its conditions, and itself as YAML. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "react-router";
import type { ObjectHealth } from "~/api/schema";
import { Findings } from "~/components/Causes";
import { CopyName } from "~/components/CopyName";
import { type Column, DataTable } from "~/components/DataTable";
import { Conditions, Detail } from "~/components/Detail";
import { EmptyState } from "~/components/EmptyState";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { StateTag } from "~/components/StateTag";
import { YamlView } from "~/components/YamlView";
import { useTranslation } from "~/i18n/react";
import { nameOfRef, sentencesOf, useSay } from "~/i18n/server";
import { clusterPath, objectKey } from "~/lib/places";
import { WORST } from "~/lib/states";
import type { PartProps } from ".";
import { live, objects } from "./queries";

export function Objects({ cluster, team }: PartProps) {
  const { t } = useTranslation("cluster");
  const query = useQuery(objects(cluster.cluster, team));
  const rows = useMemo(
    () => query.data && [...query.data].sort((a, b) => WORST.indexOf(a.state) - WORST.indexOf(b.state)),
    [query.data],
  );
  const columns = useColumns(rows);
  return (
    <DataTable
      label={t("tab.objects")}
      query={query}
      rows={rows}
      columns={columns}
      rowKey={(row) => objectKey(row.ref)}
      doing={t("objects.doing")}
      empty={<EmptyState title={t("objects.none")}>{t("objects.none-text")}</EmptyState>}
      detail={(row, close) => <ObjectDetail cluster={cluster.cluster} team={team} row={row} close={close} />}
    />
  );
}

function useColumns(rows: readonly ObjectHealth[] | undefined): Column<ObjectHealth>[] {
  const { t } = useTranslation("cluster");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const kinds = useMemo(() => [...new Set((rows ?? []).map((row) => row.ref.kind))].sort(), [rows]);
  const namespaces = useMemo(
    () => [...new Set((rows ?? []).map((row) => row.ref.namespace ?? "").filter(Boolean))].sort(),
    [rows],
  );
  const first = (row: ObjectHealth) => {
    const [finding] = row.findings ?? [];
    return finding ? say(sentencesOf(finding).message) : "";
  };
  return [
    { key: "name", title: t("column.name"), value: (row) => row.ref.name, primary: true, width: 200 },
    {
      key: "kind",
      title: t("column.kind"),
      width: 150,
      value: (row) => row.ref.kind,
      options: kinds.map((kind) => ({ value: kind, label: kind })),
    },
    {
      key: "namespace",
      title: t("column.namespace"),
      width: 150,
      value: (row) => row.ref.namespace ?? "",
      options: namespaces.map((name) => ({ value: name, label: name })),
    },
    {
      key: "state",
      title: t("column.state"),
      width: 130,
      value: (row) => WORST.indexOf(row.state),
      pick: (row) => row.state,
      options: WORST.map((state) => ({ value: state, label: common(`state.${state}`) })),
      render: (row) => <StateTag state={row.state} quiet />,
    },
    {
      key: "finding",
      title: t("column.finding"),
      width: 420,
      value: first,
      fixedOrder: true,
      render: (row) => <span title={first(row)}>{first(row)}</span>,
    },
  ];
}

interface DetailProps {
  cluster: string;
  team: string | undefined;
  row: ObjectHealth;
  close: () => void;
}

function ObjectDetail({ cluster, team, row, close }: DetailProps) {
  const { t } = useTranslation("cluster");
  const { t: common } = useTranslation("common");
  const { ref, state, findings, conditions, parents } = row;
  const summary = (
    <div className="stack">
      <Findings findings={findings} />
      {!!parents?.length && (
        <section className="stack tight">
          <h2>{t("objects.parents")}</h2>
          <ul className="stack tight">
            {parents.map((parent) => (
              <li key={objectKey(parent)}>
                <Link to={clusterPath(cluster, "objects", { open: objectKey(parent), team })}>{nameOfRef(parent)}</Link>
              </li>
            ))}
          </ul>
        </section>
      )}
      <Link to={`/topology?cluster=${encodeURIComponent(cluster)}`}>{t("topology")}</Link>
    </div>
  );
  return (
    <Detail
      title={<CopyName name={nameOfRef(ref)} />}
      state={<StateTag state={state} />}
      close={close}
      tabs={[
        { key: "summary", label: common("detail.summary"), children: summary },
        { key: "conditions", label: common("detail.conditions"), children: <Conditions conditions={conditions} /> },
        { key: "yaml", label: common("detail.yaml"), children: <Live cluster={cluster} row={row} /> },
      ]}
    />
  );
}

function Live({ cluster, row }: { cluster: string; row: ObjectHealth }) {
  const { t } = useTranslation("cluster");
  const { data, error, refetch } = useQuery(live(cluster, row.ref));
  if (error) return <Problem error={error} retry={refetch} />;
  return data ? <YamlView text={data} /> : <Loading lines={12} doing={t("objects.reading")} />;
}
