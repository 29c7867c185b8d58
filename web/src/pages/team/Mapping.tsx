/** 资源映射: what the team has, down; its clusters, across; each cell the state of the resource there. */
import { useQuery } from "@tanstack/react-query";
import type { MappingCell, ResourceMapping } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { StateTag, ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { WORST } from "~/lib/states";
import { MappingDetail } from "./MappingDetail";
import { apart } from "./majority";
import type { Part } from "./part";
import { mappings } from "./queries";

/** So many clusters are columns at first; the others can be chosen. */
const ACROSS = 12;
const AGREEMENTS = ["different", "same", "single", "none"] as const;

export function Mapping({ team, cluster }: Part) {
  const { t } = useTranslation("team");
  const query = useQuery(mappings(team.team.name));
  const columns = useColumns(
    team.bindings.map((one) => one.cluster),
    cluster,
    query.data,
  );
  const across = cluster ? 1 : team.bindings.length;
  return (
    <>
      <DataTable
        label={t("tab.mapping")}
        query={query}
        rows={query.data}
        columns={columns}
        rowKey={keyOf}
        dense
        tools={
          across > ACROSS ? <span className="muted">{t("mapping.cut", { shown: ACROSS, all: across })}</span> : null
        }
        empty={<EmptyState title={t("mapping.empty")}>{t("mapping.empty-text")}</EmptyState>}
        detail={(row, close) => <MappingDetail row={row} close={close} />}
      />
      <Legend />
    </>
  );
}

function keyOf(row: ResourceMapping): string {
  return `${row.kind}.${row.group}/${row.name}`;
}

function useColumns(
  clusters: readonly string[],
  cluster: string | undefined,
  rows: readonly ResourceMapping[] | undefined,
): Column<ResourceMapping>[] {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const kinds = [...new Set((rows ?? []).map((row) => row.kind))].sort();
  const shown = cluster ? clusters.filter((one) => one === cluster) : clusters;
  return [
    { key: "name", title: t("mapping.resource"), value: (row) => row.name, primary: true, width: 190 },
    {
      key: "kind",
      title: t("mapping.kind"),
      width: 130,
      value: (row) => row.kind,
      options: kinds.map((kind) => ({ value: kind, label: kind })),
    },
    {
      key: "agreement",
      title: t("mapping.agreement"),
      width: 120,
      value: (row) => AGREEMENTS.indexOf(row.agreement),
      pick: (row) => row.agreement,
      options: AGREEMENTS.map((one) => ({ value: one, label: t(`agreement.${one}`) })),
      render: (row) => <Agreement of={row.agreement} />,
    },
    {
      key: "state",
      title: t("mapping.worst"),
      width: 110,
      value: (row) => WORST.indexOf(row.state),
      pick: (row) => row.state,
      options: WORST.map((state) => ({ value: state, label: common(`state.${state}`) })),
      render: (row) => (row.present ? <StateTag state={row.state} quiet /> : <span className="muted">–</span>),
    },
    ...shown.map(
      (one, index): Column<ResourceMapping> => ({
        key: `on-${one}`,
        title: one,
        width: cluster ? 220 : Math.max(84, one.length * 8 + 20),
        hidden: index >= ACROSS,
        render: (row) => <Cell row={row} cluster={one} wide={cluster !== undefined} />,
      }),
    ),
  ];
}

export function Agreement({ of }: { of: ResourceMapping["agreement"] }) {
  const { t } = useTranslation("team");
  const tone = of === "different" ? "degraded" : of === "same" ? "healthy" : "unknown";
  return (
    <ToneTag tone={tone} quiet>
      {t(`agreement.${of}`)}
    </ToneTag>
  );
}

function Cell({ row, cluster, wide }: { row: ResourceMapping; cluster: string; wide: boolean }) {
  const { t } = useTranslation("team");
  const say = useSay();
  const cell = row.cells.find((one) => one.cluster === cluster);
  if (!cell) return null;
  if (cell.presence !== "present") return <Missing presence={cell.presence} />;
  const how = apart(row, cell);
  const said = say(cell.reason);
  return (
    <span className="mapping-cell" title={said || undefined}>
      <StateTag state={cell.state} dot={!wide} quiet />
      {how && (
        <span className="apart" role="img" title={t(`mapping.apart.${how}`)} aria-label={t(`mapping.apart.${how}`)}>
          ≠
        </span>
      )}
      {(cell.findings ?? 0) > 0 && <span className="numbers">{cell.findings}</span>}
    </span>
  );
}

export function Missing({ presence }: { presence: Exclude<MappingCell["presence"], "present"> }) {
  const { t } = useTranslation("team");
  return (
    <span className="muted" title={t(`presence.${presence}`)}>
      {presence === "absent" ? "–" : "?"}
      <span className="visually-hidden">{t(`presence.${presence}`)}</span>
    </span>
  );
}

function Legend() {
  const { t } = useTranslation("team");
  return (
    <p className="legend muted">
      <span>≠ {t("mapping.apart.legend")}</span>
      <span>– {t("presence.absent")}</span>
      <span>? {t("presence.unseen")}</span>
      <span>{t("mapping.numbers")}</span>
    </p>
  );
}
