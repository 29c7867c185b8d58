/** The columns of the matrix. */
import { useMemo } from "react";
import type { FleetRow } from "~/api/schema";
import type { Column } from "~/components/DataTable";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { clusterPath } from "~/lib/places";
import { WORST } from "~/lib/states";
import {
  BundleCell,
  Cell,
  CertificatesCell,
  ControllersCell,
  CountsCell,
  CustodyCell,
  HealthCell,
  Nothing,
  ReachabilityCell,
  RolloutCell,
  SkewCell,
} from "./Cells";
import { badness, CONCERNS, concernsOf } from "./rows";

const REACH = ["reachable", "slow", "unreachable", "forbidden"] as const;
const CUSTODY = ["own", "observe", "absent", "unknown"] as const;

export function useColumns(rows: readonly FleetRow[] | undefined): Column<FleetRow>[] {
  const { t } = useTranslation("fleet");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const bundles = useValues(rows, (row) => row.bundle);
  const channels = useValues(rows, (row) => row.channel);
  const atWork = rows?.some((row) => row.rollout) ?? false;
  return [
    { key: "cluster", title: t("column.cluster"), value: (row) => row.cluster, primary: true, width: 124 },
    {
      key: "health",
      title: t("column.health"),
      width: 134,
      value: (row) => WORST.indexOf(row.state),
      pick: (row) => row.state,
      options: WORST.map((state) => ({ value: state, label: common(`state.${state}`) })),
      render: (row) => <HealthCell row={row} />,
    },
    {
      key: "bundle",
      title: t("column.bundle"),
      width: 64,
      value: (row) => row.bundle ?? "",
      options: bundles.map((value) => ({ value, label: value })),
      render: (row) => <BundleCell row={row} part="bundle" />,
    },
    {
      key: "channel",
      title: t("column.channel"),
      width: 92,
      value: (row) => row.channel ?? "",
      options: channels.map((value) => ({ value, label: value })),
      render: (row) => <BundleCell row={row} part="channel" />,
    },
    {
      key: "controller",
      title: t("column.controller"),
      width: 100,
      value: (row) => row.controllers?.map((one) => `${one.name} ${one.version}`).join(", "),
      render: (row) => <ControllersCell row={row} />,
    },
    {
      key: "gateways",
      title: t("column.gateways"),
      width: 78,
      value: (row) => badness(row.gateways),
      render: (row) => <CountsCell row={row} kind="Gateway" counts={row.gateways} />,
    },
    {
      key: "routes",
      title: t("column.routes"),
      width: 60,
      value: (row) => badness(row.routes),
      render: (row) => <CountsCell row={row} kind="HTTPRoute" counts={row.routes} />,
    },
    {
      key: "certificates",
      title: t("column.certificates"),
      width: 90,
      value: (row) => row.certificates?.soonest,
      render: (row) => <CertificatesCell row={row} />,
    },
    {
      key: "custody",
      title: t("column.custody"),
      width: 68,
      value: (row) => row.custody ?? "unknown",
      options: CUSTODY.map((value) => ({ value, label: common(`custody.${value}`) })),
      render: (row) => <CustodyCell row={row} />,
    },
    {
      key: "reachability",
      title: t("column.reachability"),
      width: 104,
      value: (row) => row.reachability,
      options: REACH.map((value) => ({ value, label: common(`reachability.${value}`) })),
      render: (row) => <ReachabilityCell row={row} />,
    },
    {
      key: "skew",
      title: t("column.skew"),
      width: 64,
      value: (row) => -(row.skews?.length ?? 0),
      render: (row) => <SkewCell row={row} />,
    },
    {
      key: "drift",
      title: t("column.drift"),
      width: 52,
      value: (row) => -(row.drifts ?? 0),
      render: (row) =>
        row.drifts ? (
          <Cell to={clusterPath(row.cluster, "drift")} tone="degraded" hint={t("drifts", { count: row.drifts })}>
            <span className="numbers">{row.drifts}</span>
          </Cell>
        ) : (
          <Nothing hint={t(row.seen_at ? "no-drift" : "never-seen")} />
        ),
    },
    {
      key: "rollout",
      title: t("column.rollout"),
      width: 104,
      hidden: !atWork,
      value: (row) => row.rollout?.state,
      render: (row) => <RolloutCell row={row} />,
    },
    {
      key: "seen",
      title: t("column.seen"),
      width: 84,
      value: (row) => row.seen_at,
      render: (row) => <Since at={row.seen_at} />,
    },
    {
      key: "concern",
      title: t("column.concern"),
      width: 180,
      hidden: true,
      value: (row) =>
        concernsOf(row)
          .map((one) => t(`concern.${one}`))
          .join(", "),
      pick: concernsOf,
      options: CONCERNS.map((value) => ({ value, label: t(`concern.${value}`) })),
      fixedOrder: true,
    },
    { key: "kubernetes", title: t("column.kubernetes"), width: 120, hidden: true, value: (row) => row.kubernetes },
    { key: "teams", title: t("column.teams"), width: 180, hidden: true, value: (row) => row.teams?.join(", ") },
    {
      key: "cause",
      title: t("column.cause"),
      width: 320,
      hidden: true,
      value: (row) => (row.cause ? say(row.cause.message) : ""),
      fixedOrder: true,
    },
    {
      key: "added",
      title: t("column.added"),
      width: 128,
      hidden: true,
      value: (row) => row.added_at,
      render: (row) => <Since at={row.added_at} />,
    },
  ];
}

function useValues(rows: readonly FleetRow[] | undefined, of: (row: FleetRow) => string | undefined): string[] {
  const found = (rows ?? []).map(of).filter((value): value is string => !!value);
  const text = [...new Set(found)].sort().join("\n");
  return useMemo(() => (text ? text.split("\n") : []), [text]);
}
