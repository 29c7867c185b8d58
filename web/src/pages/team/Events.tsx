/** What people did and what happened, of this team, newest first. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { EventView } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { Detail, Facts } from "~/components/Detail";
import { DiffView } from "~/components/DiffView";
import { EmptyState } from "~/components/EmptyState";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { severityTone } from "~/lib/states";
import type { Part } from "./part";
import { EVENTS, events } from "./queries";

const SEVERITIES = ["error", "warning", "info"] as const;

export function Events({ team, cluster }: Part) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const query = useQuery(events(team.team.name, cluster));
  const columns: Column<EventView>[] = [
    {
      key: "what",
      title: t("events.what"),
      primary: true,
      width: 440,
      value: (row) => say(row.message) || `${row.what} ${row.where}`,
    },
    {
      key: "severity",
      title: t("findings.severity"),
      width: 110,
      value: (row) => SEVERITIES.indexOf(row.severity ?? "info"),
      pick: (row) => row.severity ?? "info",
      options: SEVERITIES.map((one) => ({ value: one, label: common(`severity.${one}`) })),
      render: (row) => (
        <ToneTag tone={severityTone[row.severity ?? "info"]} quiet>
          {common(`severity.${row.severity ?? "info"}`)}
        </ToneTag>
      ),
    },
    { key: "cluster", title: t("column.cluster"), width: 130, value: (row) => row.cluster },
    { key: "who", title: t("events.who"), width: 130, value: (row) => row.who },
    {
      key: "kind",
      title: t("events.kind"),
      width: 160,
      value: (row) => row.what,
      render: (row) => <code>{row.what}</code>,
    },
    { key: "at", title: t("events.at"), width: 120, value: (row) => row.at, render: (row) => <Since at={row.at} /> },
  ];
  const rows = query.data ? [...query.data].sort((a, b) => b.at.localeCompare(a.at)) : undefined;
  return (
    <DataTable
      label={t("tab.events")}
      query={query}
      rows={rows}
      columns={columns}
      rowKey={(row) => row.id}
      tools={
        (rows?.length ?? 0) >= EVENTS ? (
          <span className="muted">
            {t("events.cut", { count: EVENTS })}{" "}
            <Link to={`/events?team=${encodeURIComponent(team.team.name)}`}>{t("events.all")}</Link>
          </span>
        ) : null
      }
      empty={<EmptyState title={t("events.empty")}>{t("events.empty-text")}</EmptyState>}
      detail={(row, close) => (
        <Detail
          title={row.where || row.what}
          close={close}
          tabs={[
            {
              key: "summary",
              label: common("detail.summary"),
              children: (
                <Facts
                  rows={[
                    [t("events.what"), say(row.message) || row.what],
                    [t("events.kind"), <code key="k">{row.what}</code>],
                    [t("events.at"), <Since key="a" at={row.at} />],
                    [t("events.who"), row.who],
                    [t("column.cluster"), row.cluster || null],
                  ]}
                />
              ),
            },
            {
              key: "difference",
              label: common("detail.difference"),
              children: <DiffView before={row.before} after={row.after} />,
            },
          ]}
        />
      )}
    />
  );
}
