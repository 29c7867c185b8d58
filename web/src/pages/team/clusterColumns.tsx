/** The columns of a team's clusters. */

import type { Binding, FleetRow } from "~/api/schema";
import type { Column } from "~/components/DataTable";
import { Since } from "~/components/Since";
import { Reachability, StateTag, ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { severityTone, WORST } from "~/lib/states";

export interface ClusterRow {
  binding: Binding;
  row: FleetRow | undefined;
}

export function useColumns(defaultNamespace: string): Column<ClusterRow>[] {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const stateOf = ({ row }: ClusterRow) => row?.state ?? "unknown";
  return [
    {
      key: "cluster",
      title: t("column.cluster"),
      value: ({ binding }) => binding.cluster,
      primary: true,
      width: 124,
    },
    {
      key: "state",
      title: t("column.health"),
      width: 98,
      value: (one) => WORST.indexOf(stateOf(one)),
      pick: stateOf,
      options: WORST.map((state) => ({ value: state, label: common(`state.${state}`) })),
      render: (one) => <StateTag state={stateOf(one)} quiet />,
    },
    {
      key: "cause",
      title: t("column.cause"),
      width: 226,
      fixedOrder: true,
      value: ({ row }) => say(row?.cause?.message),
      render: ({ row }) => {
        const said = say(row?.cause?.message);
        return said ? <span title={said}>{said}</span> : <span className="muted">–</span>;
      },
    },
    {
      key: "findings",
      title: t("column.findings"),
      width: 76,
      value: ({ row }) => (row?.errors ?? 0) * 1000 + (row?.warnings ?? 0),
      render: ({ row }) => <Findings errors={row?.errors ?? 0} warnings={row?.warnings ?? 0} />,
    },
    {
      key: "bundle",
      title: t("column.bundle"),
      width: 128,
      value: ({ row }) => bundleOf(row),
      render: ({ row }) => {
        const skew = row?.skews?.[0];
        if (!skew) return bundleOf(row) || <span className="muted">–</span>;
        return (
          <ToneTag tone={severityTone[skew.severity]} quiet reason={say(skew.message)}>
            {bundleOf(row)}
          </ToneTag>
        );
      },
    },
    {
      key: "controllers",
      title: t("column.controllers"),
      width: 106,
      value: ({ row }) => row?.controllers?.map((one) => `${one.name} ${one.version}`).join(", "),
    },
    {
      key: "namespace",
      title: t("column.namespace"),
      width: 108,
      value: ({ binding }) => binding.namespace || defaultNamespace,
      render: ({ binding }) => <code>{binding.namespace || defaultNamespace}</code>,
    },
    {
      key: "stack",
      title: t("column.stack"),
      width: 92,
      value: ({ binding }) => binding.stack,
      render: ({ binding }) => binding.stack || <span className="muted">{t("no-stack")}</span>,
    },
    {
      key: "custody",
      title: t("column.custody"),
      width: 72,
      hidden: true,
      value: ({ row }) => row?.custody ?? "unknown",
      render: ({ row }) => common(`custody.${row?.custody ?? "unknown"}`),
    },
    {
      key: "reachability",
      title: t("column.reachability"),
      width: 104,
      hidden: true,
      value: ({ row }) => row?.reachability,
      render: ({ row }) => (row ? <Reachability state={row.reachability} quiet /> : null),
    },
    {
      key: "kubernetes",
      title: t("column.kubernetes"),
      width: 90,
      hidden: true,
      value: ({ row }) => row?.kubernetes,
    },
    {
      key: "drifts",
      title: t("column.drifts"),
      width: 62,
      value: ({ row }) => row?.drifts ?? 0,
      render: ({ row }) => row?.drifts || <span className="muted">–</span>,
    },
    {
      key: "seen",
      title: t("column.seen"),
      width: 90,
      hidden: true,
      value: ({ row }) => row?.seen_at,
      render: ({ row }) => <Since at={row?.seen_at} />,
    },
  ];
}

export function bundleOf(row: FleetRow | undefined): string {
  return [row?.bundle, row?.channel].filter(Boolean).join(" ");
}

function Findings({ errors, warnings }: { errors: number; warnings: number }) {
  const { t } = useTranslation("team");
  if (!errors && !warnings) return <span className="muted">–</span>;
  return (
    <span className="row numbers" style={{ gap: 10, flexWrap: "nowrap" }}>
      {errors > 0 && (
        <span>
          <ToneTag tone="unhealthy" dot>
            {t("errors", { count: errors })}
          </ToneTag>{" "}
          {errors}
        </span>
      )}
      {warnings > 0 && (
        <span>
          <ToneTag tone="degraded" dot>
            {t("warnings", { count: warnings })}
          </ToneTag>{" "}
          {warnings}
        </span>
      )}
    </span>
  );
}
