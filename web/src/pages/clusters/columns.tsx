/** The columns of the list of clusters. */

import type { FleetRow, RegisteredCluster } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import type { Column } from "~/components/DataTable";
import { Since } from "~/components/Since";
import { Reachability, StateTag, ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { reachabilityTone, WORST } from "~/lib/states";

export interface ClusterRow extends RegisteredCluster {
  /** How it is, where the person may see that. */
  seen: FleetRow | undefined;
}

const REACH = Object.keys(reachabilityTone) as (keyof typeof reachabilityTone)[];

/** Where a cluster is is told to some only: to others it is no column. */
export function useColumns(rows: readonly ClusterRow[] | undefined): Column<ClusterRow>[] {
  const { t } = useTranslation("clusters");
  const { t: common } = useTranslation("common");
  const word = (row: ClusterRow) => row.spec.custody ?? "auto";
  const all: Column<ClusterRow>[] = [
    { key: "name", title: t("column.name"), value: (row) => row.spec.name, primary: true, width: 116 },
    {
      key: "health",
      title: t("column.health"),
      width: 94,
      value: (row) => WORST.indexOf(row.seen?.state ?? "unknown"),
      pick: (row) => row.seen?.state ?? "unknown",
      options: WORST.map((state) => ({ value: state, label: common(`state.${state}`) })),
      render: (row) => <StateTag state={row.seen?.state} quiet />,
    },
    {
      key: "reachability",
      title: t("column.reachability"),
      width: 100,
      value: (row) => row.seen?.reachability ?? "",
      options: REACH.map((value) => ({ value, label: common(`reachability.${value}`) })),
      render: (row) => (row.seen ? <Reachability state={row.seen.reachability} quiet /> : "–"),
    },
    {
      key: "server",
      title: t("column.server"),
      width: 240,
      value: (row) => row.server,
      render: (row) => <CopyName name={row.server} />,
    },
    { key: "kubernetes", title: t("column.kubernetes"), width: 90, value: (row) => row.kubernetes },
    {
      key: "custody",
      title: t("column.custody"),
      width: 102,
      value: word,
      options: (["auto", "own", "observe"] as const).map((value) => ({ value, label: t(`custody.${value}.label`) })),
      render: (row) => t(`custody.${word(row)}.label`),
    },
    {
      key: "teams",
      title: t("column.teams"),
      width: 96,
      value: (row) => row.seen?.teams?.join(", "),
    },
    {
      key: "secrets",
      title: t("column.secrets"),
      width: 102,
      value: (row) => (row.spec.readSecrets ? t("yes") : t("no")),
    },
    {
      key: "probes",
      title: t("column.probes"),
      width: 72,
      hidden: true,
      value: (row) => (row.spec.probes === false ? t("no") : t("yes")),
    },
    {
      key: "tls",
      title: t("column.tls"),
      width: 140,
      hidden: true,
      value: (row) => (row.spec.insecureSkipTLSVerify ? t("unchecked") : t("checked")),
      render: (row) =>
        row.spec.insecureSkipTLSVerify ? (
          <ToneTag tone="degraded" quiet>
            {t("unchecked")}
          </ToneTag>
        ) : (
          t("checked")
        ),
    },
    {
      key: "uid",
      title: t("column.uid"),
      width: 310,
      hidden: true,
      value: (row) => row.uid,
      render: (row) => <CopyName name={row.uid} />,
    },
    {
      key: "added",
      title: t("column.added"),
      width: 86,
      value: (row) => row.added_at,
      render: (row) => <Since at={row.added_at} />,
    },
  ];
  const told = (key: "server" | "uid") => rows?.some((row) => row[key]) ?? false;
  return all.filter(({ key }) => (key !== "server" && key !== "uid") || told(key));
}
