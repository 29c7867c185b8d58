/** Plans and rollouts: what runs now first, then what waits for a person, then what was. */
import { useQuery } from "@tanstack/react-query";
import { Button, Tabs } from "antd";
import { Link, useNavigate, useSearchParams } from "react-router";
import type { RolloutStatus } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { Duration, Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";
import { sentencesOfReport, useSay } from "~/i18n/server";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import { NewPlan } from "../plan/NewPlan";
import { PlanList } from "./PlanList";
import { rollouts as query } from "./queries";
import { driven, endOf, finished, inOrder, RolloutTag, STATES } from "./states";

export default function Page() {
  const { t } = useTranslation("rollouts");
  const [params, setParams] = useSearchParams();
  const { may } = useSession();
  const { team } = useScope();
  const view = params.get("view") === "plans" ? "plans" : "rollouts";
  const change = (values: Record<string, string>) =>
    setParams((before) => {
      const made = new URLSearchParams(before);
      for (const [name, value] of Object.entries(values)) value ? made.set(name, value) : made.delete(name);
      return made;
    });
  return (
    <>
      <PageHeader
        title={t("title")}
        actions={
          may("plan.create", team) && (
            <Button type="primary" onClick={() => change({ new: "plan" })}>
              {t("new")}
            </Button>
          )
        }
      />
      <Tabs
        activeKey={view}
        onChange={(key) => change({ view: key === "plans" ? "plans" : "", q: "", sort: "", state: "", columns: "" })}
        items={[
          { key: "rollouts", label: t("tab.rollouts") },
          ...(may("plan.read") ? [{ key: "plans", label: t("tab.plans") }] : []),
        ]}
      />
      {view === "plans" ? <PlanList /> : <RolloutList />}
      <NewPlan />
    </>
  );
}

function RolloutList() {
  const { t } = useTranslation("rollouts");
  const { team } = useScope();
  const navigate = useNavigate();
  const found = useQuery(query(team));
  return (
    <DataTable
      label={t("tab.rollouts")}
      query={found}
      rows={found.data && inOrder(found.data)}
      columns={useColumns()}
      rowKey={(row) => row.id}
      onOpen={(row) => void navigate(`/rollouts/${encodeURIComponent(row.id)}`)}
      empty={<EmptyState title={t("empty.title")}>{t("empty.text")}</EmptyState>}
    />
  );
}

function useColumns(): Column<RolloutStatus>[] {
  const { t } = useTranslation("rollouts");
  const say = useSay();
  const where = (row: RolloutStatus) => (row.targets ?? []).map((one) => one.cluster);
  const failed = (row: RolloutStatus) => row.targets?.find((one) => one.error)?.error;
  const trouble = (row: RolloutStatus) => {
    const report = failed(row);
    return report ? say(sentencesOfReport(report).message) : "";
  };
  return [
    { key: "id", title: t("column.id"), value: (row) => row.id, primary: true, width: 115 },
    {
      key: "state",
      title: t("column.state"),
      width: 125,
      value: (row) => STATES.indexOf(row.state),
      pick: (row) => row.state,
      options: STATES.map((state) => ({ value: state, label: t(`state.${state}`) })),
      render: (row) => <RolloutTag state={row.state} quiet />,
    },
    { key: "of", title: t("column.team"), value: (row) => row.team, width: 95 },
    {
      key: "progress",
      title: t("column.progress"),
      width: 85,
      align: "end",
      value: (row) => finished(row) / Math.max(1, row.targets?.length ?? 0),
      render: (row) => (
        <span className="numbers">
          {finished(row)} / {row.targets?.length ?? 0}
        </span>
      ),
    },
    {
      key: "clusters",
      title: t("column.clusters"),
      width: 160,
      value: (row) => where(row).join(" "),
      render: (row) => <span title={where(row).slice(0, 40).join(", ")}>{where(row).slice(0, 12).join(", ")}</span>,
    },
    {
      key: "trouble",
      title: t("column.trouble"),
      width: 205,
      value: trouble,
      render: (row) => <span title={trouble(row)}>{trouble(row)}</span>,
    },
    {
      key: "started",
      title: t("column.started"),
      width: 115,
      value: (row) => row.created_at,
      render: (row) => <Since at={row.created_at} />,
    },
    {
      key: "took",
      title: t("column.took"),
      width: 95,
      render: (row) => {
        const end = endOf(row);
        // One that was aborted before it did anything took no time, and counts none.
        if (!end && !driven(row.state)) return <span className="muted">–</span>;
        return <Duration from={row.created_at} to={end ?? null} />;
      },
    },
    {
      key: "plan",
      title: t("column.plan"),
      width: 130,
      value: (row) => row.plan,
      render: (row) => (
        <Link to={`/plans/${row.plan}`}>
          <code>{row.plan.slice(0, 12)}</code>
        </Link>
      ),
    },
    { key: "by", title: t("column.by"), width: 110, value: (row) => row.created_by },
  ];
}
