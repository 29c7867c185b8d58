/** Every hostname of the team over its clusters: who serves it, and whether they route it alike. */
import { useQuery } from "@tanstack/react-query";
import type { HostnameComparison } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import { type Column, DataTable } from "~/components/DataTable";
import { Detail } from "~/components/Detail";
import { EmptyState } from "~/components/EmptyState";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { nameOfRef } from "~/i18n/server";
import type { Part } from "./part";
import { hostnames } from "./queries";

export function Hostnames({ team, cluster }: Part) {
  const { t } = useTranslation("team");
  const query = useQuery(hostnames(team.team.name));
  const rows = cluster ? query.data?.filter((row) => row.clusters.some((one) => one.cluster === cluster)) : query.data;
  const columns: Column<HostnameComparison>[] = [
    { key: "hostname", title: t("hostnames.hostname"), value: (row) => row.hostname, primary: true, width: 270 },
    {
      key: "state",
      title: t("hostnames.alike"),
      width: 150,
      value: agreementOf,
      options: (["different", "same", "single"] as const).map((one) => ({ value: one, label: t(`agreement.${one}`) })),
      render: (row) => <Alike row={row} />,
    },
    {
      key: "served",
      title: t("hostnames.served"),
      width: 260,
      value: (row) => row.clusters.map((one) => one.cluster).join(", "),
    },
    {
      key: "lacking",
      title: t("hostnames.lacking"),
      width: 220,
      value: (row) => row.lacking?.join(", "),
      render: (row) => <span className="muted">{row.lacking?.join(", ") || "–"}</span>,
    },
    {
      key: "differences",
      title: t("hostnames.differences"),
      width: 120,
      align: "end",
      value: (row) => row.differences?.length ?? 0,
      render: (row) => row.differences?.length || <span className="muted">–</span>,
    },
  ];
  return (
    <DataTable
      label={t("tab.hostnames")}
      query={query}
      rows={rows}
      columns={columns}
      rowKey={(row) => row.hostname}
      empty={<EmptyState title={t("hostnames.empty")}>{t("hostnames.empty-text")}</EmptyState>}
      detail={(row, close) => (
        <Detail
          title={<CopyName name={row.hostname} />}
          state={<Alike row={row} />}
          close={close}
          tabs={[
            { key: "summary", label: t("hostnames.routing"), children: <Routing row={row} /> },
            { key: "difference", label: t("hostnames.differences"), children: <Differences row={row} /> },
          ]}
        />
      )}
    />
  );
}

function agreementOf(row: HostnameComparison): "different" | "same" | "single" {
  return row.clusters.length < 2 ? "single" : row.same ? "same" : "different";
}

function Alike({ row }: { row: HostnameComparison }) {
  const { t } = useTranslation("team");
  const of = agreementOf(row);
  return (
    <ToneTag tone={of === "different" ? "degraded" : of === "same" ? "healthy" : "unknown"} quiet>
      {t(`agreement.${of}`)}
    </ToneTag>
  );
}

function Routing({ row }: { row: HostnameComparison }) {
  const { t } = useTranslation("team");
  return (
    <table className="team-values">
      <thead>
        <tr>
          <th scope="col">{t("column.cluster")}</th>
          <th scope="col">{t("hostnames.routes")}</th>
          <th scope="col">Gateway</th>
          <th scope="col">{t("hostnames.paths")}</th>
        </tr>
      </thead>
      <tbody>
        {row.clusters.map((one) => (
          <tr key={one.cluster}>
            <th scope="row">{one.cluster}</th>
            <td>
              {one.routes.map((ref) => (
                <div key={nameOfRef(ref)}>
                  <code>{nameOfRef(ref)}</code>
                </div>
              ))}
            </td>
            <td>
              <code>{one.gateways.join(", ") || "–"}</code>
            </td>
            <td className="numbers">{one.paths}</td>
          </tr>
        ))}
        {row.lacking?.map((one) => (
          <tr key={one}>
            <th scope="row">{one}</th>
            <td colSpan={3} className="muted">
              {t("hostnames.not-served")}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Differences({ row }: { row: HostnameComparison }) {
  const { t } = useTranslation("team");
  if (!row.differences?.length) return <p className="muted">{t("hostnames.alike-all")}</p>;
  return (
    <div className="stack">
      {row.differences.map((one) => (
        <section key={`${one.match}/${one.field}`} className="stack tight">
          <h3>
            <code>{one.match}</code> · {t(`hostnames.field.${one.field}`)}
          </h3>
          <table className="team-values">
            <tbody>
              {Object.entries(one.values).map(([cluster, value]) => (
                <tr key={cluster}>
                  <th scope="row" style={{ width: "30%" }}>
                    {cluster}
                  </th>
                  <td>
                    <code>{value}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ))}
    </div>
  );
}
