/** Plans, the newest first: what each comes to, for whom it was made, and when. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import type { PlanOutline } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { Shape } from "~/components/Shape";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { verdictTone } from "~/lib/states";
import { useScope } from "~/shell/scope";
import { ORDER, outcomeTone } from "../plan/read";
import { plans } from "./queries";

const OUTCOMES = ["stopped", "change", "nothing"] as const;

export function PlanList() {
  const { t } = useTranslation("rollouts");
  const { team } = useScope();
  const navigate = useNavigate();
  const found = useQuery(plans(team));
  return (
    <DataTable
      label={t("tab.plans")}
      query={found}
      rows={found.data}
      columns={useColumns()}
      rowKey={(row) => row.hash}
      onOpen={(row) => void navigate(`/plans/${row.hash}`)}
      empty={<EmptyState title={t("empty.plans")}>{t("empty.plans-text")}</EmptyState>}
    />
  );
}

function useColumns(): Column<PlanOutline>[] {
  const { t } = useTranslation("rollouts");
  const say = useSay();
  return [
    {
      key: "hash",
      title: t("plans.hash"),
      value: (row) => row.hash,
      render: (row) => <code>{row.hash.slice(0, 12)}</code>,
      primary: true,
      width: 125,
    },
    {
      key: "outcome",
      title: t("plans.outcome"),
      width: 140,
      value: (row) => row.outcome,
      options: OUTCOMES.map((outcome) => ({ value: outcome, label: t(`outcome.${outcome}`) })),
      render: (row) => (
        <ToneTag tone={outcomeTone[row.outcome]} quiet>
          {t(`outcome.${row.outcome}`)}
        </ToneTag>
      ),
    },
    { key: "of", title: t("column.team"), value: (row) => row.team, width: 95 },
    {
      key: "action",
      title: t("plans.action"),
      width: 140,
      value: (row) => row.action,
      options: (["install", "leave"] as const).map((action) => ({ value: action, label: t(`action.${action}`) })),
      render: (row) => t(`action.${row.action}`),
    },
    {
      key: "clusters",
      title: t("plans.clusters"),
      width: 150,
      value: (row) => row.clusters.join(" "),
      render: (row) => <span title={row.clusters.slice(0, 40).join(", ")}>{row.clusters.slice(0, 12).join(", ")}</span>,
    },
    { key: "objects", title: t("plans.objects"), width: 145, render: (row) => <Verdicts verdicts={row.verdicts} /> },
    {
      key: "made",
      title: t("plans.made"),
      width: 115,
      value: (row) => row.created_at,
      render: (row) => <Since at={row.created_at} />,
    },
    { key: "by", title: t("plans.by"), width: 105, value: (row) => row.requested_by },
    {
      key: "summary",
      title: t("plans.summary"),
      width: 420,
      hidden: true,
      value: (row) => say(row.summary),
      render: (row) => <span title={say(row.summary)}>{say(row.summary)}</span>,
    },
  ];
}

function Verdicts({ verdicts = {} }: { verdicts: Partial<Record<string, number>> | undefined }) {
  const { t } = useTranslation("common");
  return (
    <span className="row">
      {ORDER.filter((verdict) => verdicts[verdict]).map((verdict) => (
        <span key={verdict} className={`state numbers tone-${verdictTone[verdict]}`} title={t(`verdict.${verdict}`)}>
          <Shape tone={verdictTone[verdict]} />
          {verdicts[verdict]}
          <span className="visually-hidden"> {t(`verdict.${verdict}`)}</span>
        </span>
      ))}
    </span>
  );
}
