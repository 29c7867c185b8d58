/** What others changed of what Gatewright wrote for the team: by whom, what differs, and how it is put back. */
import { useQuery } from "@tanstack/react-query";
import { Switch } from "antd";
import { useSearchParams } from "react-router";
import type { Drift } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { nameOfRef } from "~/i18n/server";
import type { Tone } from "~/theme/palette";
import { DriftDetail } from "./DriftDetail";
import type { Part } from "./part";
import { drifts } from "./queries";

const STATES = ["fought", "open", "healing", "healed", "gone"] as const;
export const driftTone: Record<Drift["state"], Tone> = {
  fought: "unhealthy",
  open: "degraded",
  healing: "progressing",
  healed: "healthy",
  gone: "unknown",
};

export function Drifts({ team, cluster }: Part) {
  const { t } = useTranslation("team");
  const [params, setParams] = useSearchParams();
  const closed = params.get("closed") === "1";
  const query = useQuery(drifts(team.team.name, cluster, closed));
  const show = (on: boolean) =>
    setParams((before) => {
      const made = new URLSearchParams(before);
      if (on) made.set("closed", "1");
      else made.delete("closed");
      return made;
    });
  const columns: Column<Drift>[] = [
    {
      key: "object",
      title: t("drift.object"),
      primary: true,
      width: 300,
      value: (row) => nameOfRef(row.ref),
      render: (row) => <code>{nameOfRef(row.ref)}</code>,
    },
    { key: "where", title: t("column.cluster"), width: 130, value: (row) => row.cluster },
    { key: "how", title: t("drift.kind"), width: 110, value: (row) => t(`drift.kinds.${row.kind}`) },
    {
      key: "state",
      title: t("drift.state"),
      width: 130,
      value: (row) => STATES.indexOf(row.state),
      pick: (row) => row.state,
      options: STATES.map((one) => ({ value: one, label: t(`drift.states.${one}`) })),
      render: (row) => (
        <ToneTag tone={driftTone[row.state]} quiet>
          {t(`drift.states.${row.state}`)}
        </ToneTag>
      ),
    },
    {
      key: "who",
      title: t("drift.who"),
      width: 160,
      value: (row) => row.changers?.[0]?.manager,
      render: (row) => row.changers?.[0]?.manager ?? <span className="muted">{t("drift.nobody")}</span>,
    },
    {
      key: "changed",
      title: t("drift.changed"),
      width: 120,
      value: (row) => row.changed_at,
      render: (row) => <Since at={row.changed_at} />,
    },
    { key: "mode", title: t("stacks.drift"), width: 110, value: (row) => t(`stacks.${row.mode ?? "report"}`) },
  ];
  return (
    <DataTable
      label={t("tab.drift")}
      query={query}
      rows={query.data}
      columns={columns}
      rowKey={(row) => `${row.cluster}/${nameOfRef(row.ref)}`}
      tools={
        // biome-ignore lint/a11y/noLabelWithoutControl: the switch within is the control
        <label className="row">
          <Switch size="small" checked={closed} onChange={show} />
          {t("drift.closed")}
        </label>
      }
      empty={closed ? undefined : <EmptyState title={t("drift.empty")}>{t("drift.empty-text")}</EmptyState>}
      detail={(row, close) => <DriftDetail drift={row} team={team.team.name} close={close} />}
    />
  );
}
