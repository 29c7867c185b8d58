/** The columns of the list of teams. */
import { DeleteOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { Link } from "react-router";
import type { Health, RolloutStatus, TeamView } from "~/api/schema";
import type { Column } from "~/components/DataTable";
import { StateTag, ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { sentencesOf, useSay } from "~/i18n/server";
import { severityTone, WORST } from "~/lib/states";

export interface TeamRow {
  view: TeamView;
  health: Health | undefined;
  rollout: RolloutStatus | undefined;
}

interface Acts {
  remove: (view: TeamView) => void;
  /** Without a team: any. */
  mayRemove: (team?: string) => boolean;
}

export function useColumns({ remove, mayRemove }: Acts): Column<TeamRow>[] {
  const { t } = useTranslation("teams");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const skews = (row: TeamRow) => row.health?.findings ?? [];
  const columns: Column<TeamRow>[] = [
    { key: "team", title: t("column.team"), value: (row) => row.view.team.name, primary: true, width: 150 },
    {
      key: "health",
      title: t("column.health"),
      width: 110,
      value: (row) => WORST.indexOf(stateOf(row)),
      pick: stateOf,
      options: WORST.map((state) => ({ value: state, label: common(`state.${state}`) })),
      render: (row) =>
        row.view.bindings.length ? (
          <StateTag state={stateOf(row)} quiet />
        ) : (
          <span className="muted">{t("unbound")}</span>
        ),
    },
    {
      key: "clusters",
      title: t("column.clusters"),
      width: 150,
      value: (row) => row.view.bindings.length,
      render: (row) => <Tally row={row} />,
    },
    {
      key: "cause",
      title: t("column.cause"),
      width: 260,
      value: (row) => say(row.health?.causes?.[0]?.message),
      fixedOrder: true,
      render: (row) => {
        const said = say(row.health?.causes?.[0]?.message);
        return said ? <span title={said}>{said}</span> : <span className="muted">–</span>;
      },
    },
    {
      key: "skew",
      title: t("column.skew"),
      width: 120,
      value: (row) => skews(row).length,
      render: (row) => {
        const [first] = skews(row);
        if (!first) return <span className="muted">{t("level")}</span>;
        return (
          <ToneTag tone={severityTone[first.severity]} quiet reason={say(sentencesOf(first).message)}>
            {t("skews", { count: skews(row).length })}
          </ToneTag>
        );
      },
    },
    {
      key: "rollout",
      title: t("column.rollout"),
      width: 110,
      value: (row) => row.rollout?.state,
      render: (row) =>
        row.rollout ? (
          <Link to={`/rollouts/${encodeURIComponent(row.rollout.id)}`}>
            {t(`rollout.${stateOfRollout(row.rollout)}`)}
          </Link>
        ) : (
          <span className="muted">–</span>
        ),
    },
    {
      key: "stacks",
      title: t("column.stacks"),
      width: 100,
      value: (row) => row.view.stacks.length,
      align: "end",
    },
    {
      key: "namespace",
      title: t("column.namespace"),
      hidden: true,
      width: 150,
      value: (row) => row.view.team.defaultNamespace || row.view.team.name,
      render: (row) => <code>{row.view.team.defaultNamespace || row.view.team.name}</code>,
    },
    {
      key: "act",
      title: t("column.act"),
      width: 80,
      render: (row) =>
        mayRemove(row.view.team.name) ? (
          <Button
            type="text"
            size="small"
            icon={<DeleteOutlined aria-hidden />}
            aria-label={t("remove.label", { team: row.view.team.name })}
            onClick={() => remove(row.view)}
          />
        ) : null,
    },
  ];
  return mayRemove() ? columns : columns.filter((one) => one.key !== "act");
}

function stateOf(row: TeamRow) {
  return row.health?.state ?? "unknown";
}

function stateOfRollout({ state }: RolloutStatus): "pending" | "running" | "paused" {
  return state === "running" || state === "paused" ? state : "pending";
}

/** How many clusters, and how many in each state that is not healthy. */
function Tally({ row }: { row: TeamRow }) {
  const { t } = useTranslation("teams");
  const { t: common } = useTranslation("common");
  const counts = row.health?.clusters;
  const shown = counts ? WORST.filter((state) => (counts[state] ?? 0) > 0) : [];
  if (!row.view.bindings.length) return <span className="muted">{t("no-clusters")}</span>;
  return (
    <span className="row" style={{ gap: 10, flexWrap: "nowrap" }}>
      <span className="numbers">{row.view.bindings.length}</span>
      {shown.map((state) => (
        <span key={state} className="numbers">
          <ToneTag tone={state} dot>
            {common(`state.${state}`)}
          </ToneTag>{" "}
          {counts?.[state]}
        </span>
      ))}
    </span>
  );
}
