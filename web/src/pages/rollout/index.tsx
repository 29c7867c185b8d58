/** A rollout as a departure board: what failed, clusters with their steps, the log beside them, and what one may ask. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Link, useParams } from "react-router";
import { ProblemError } from "~/api/client";
import type { RolloutStatus } from "~/api/schema";
import { Loading } from "~/components/Loading";
import { PageHeader } from "~/components/PageHeader";
import { Problem } from "~/components/Problem";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";
import { rollout as query } from "../rollouts/queries";
import { driven, ended, endOf, finished, RolloutTag } from "../rollouts/states";
import { Board } from "./Board";
import { Commands } from "./Commands";
import { Failures } from "./Failures";
import { Log } from "./Log";
import { Ticking } from "./Ticking";
import { useLog } from "./useLog";
import "./rollout.css";

export default function Page() {
  const { t } = useTranslation("rollout");
  const { id = "" } = useParams();
  const found = useQuery(query(id));
  const above = { to: "/rollouts", title: t("above") };
  if (found.data) return <Shown key={id} rollout={found.data} problem={found.error} above={above} />;
  return (
    <>
      <PageHeader title={t("title")} object={id} above={above} />
      {found.error ? <Problem error={found.error} retry={found.refetch} large /> : <Loading lines={10} />}
    </>
  );
}

interface Props {
  rollout: RolloutStatus;
  problem: unknown;
  above: { to: string; title: string };
}

function Shown({ rollout, problem, above }: Props) {
  const { t } = useTranslation("rollout");
  const { t: list } = useTranslation("rollouts");
  const following = useLog(rollout.id, rollout.state);
  const [cluster, setCluster] = useState("");
  const choose = useCallback((name: string) => setCluster((before) => (before === name ? "" : name)), []);
  const clear = useCallback(() => setCluster(""), []);
  const targets = rollout.targets ?? [];
  const began = targets.flatMap((one) => one.steps ?? []).find((step) => step.started_at)?.started_at;
  const wishing = driven(rollout.state) && rollout.wish !== "run";
  // Where no server answers the log says so and goes on by itself; a refusal is for the person.
  const refused = problem instanceof ProblemError && problem.status !== 0 && problem.status < 500;
  return (
    <>
      <PageHeader
        title={t("title")}
        object={rollout.id}
        above={above}
        state={
          <>
            <RolloutTag state={rollout.state} />
            {wishing && <span className="muted">{t(`wish.${rollout.wish as "pause"}`)}</span>}
          </>
        }
        summary={
          <span className="row rollout-facts">
            <strong>{t("progress", { done: finished(rollout), count: targets.length })}</strong>
            {began && <Ticking from={began} to={endOf(rollout)} />}
            <span>
              {t("team")} <Link to={`/teams/${encodeURIComponent(rollout.team)}`}>{rollout.team}</Link>
            </span>
            <span>
              {t("plan")} <Link to={`/plans/${rollout.plan}`}>{rollout.plan.slice(0, 12)}</Link>
            </span>
            <span>{list(`action.${rollout.action ?? "install"}`)}</span>
            {rollout.planned_by && <span>{t("planned", { who: rollout.planned_by })}</span>}
            {rollout.created_by && (
              <span>
                {t("approved", { who: rollout.created_by })} <Since at={rollout.created_at} />
              </span>
            )}
          </span>
        }
        actions={<Commands rollout={rollout} />}
      />
      <div className="rollout">
        <div className="rollout-main">
          {refused ? <Problem error={problem} /> : null}
          <Failures rollout={rollout} />
          <Rest rollout={rollout} />
          <Board rollout={rollout} chosen={cluster} choose={choose} />
        </div>
        <Log following={following} cluster={cluster} clear={clear} over={ended(rollout.state)} />
      </div>
    </>
  );
}

/** What a rollout that stands still means for the clusters. */
function Rest({ rollout: { state } }: { rollout: RolloutStatus }) {
  const { t } = useTranslation("rollout");
  if (state !== "failed" && state !== "paused" && state !== "aborted") return null;
  return <p className="muted">{t(`rest.${state}`)}</p>;
}
