/** A plan, read as a pull request: what it comes to, what blocks it, its clusters and objects, and one approval. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import type { PlanAnswer, RolloutStatus } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import { Loading } from "~/components/Loading";
import { PageHeader } from "~/components/PageHeader";
import { Problem } from "~/components/Problem";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { RolloutTag } from "../rollouts/states";
import { Approval, Moved } from "./Approval";
import { Sums } from "./ClusterPart";
import { Clusters } from "./Clusters";
import { Points } from "./Points";
import * as queries from "./queries";
import { blocks, outcomeOf, outcomes, outcomeTone, warnings } from "./read";
import "./plan.css";

export default function Page() {
  const { t } = useTranslation("plan");
  const { hash = "" } = useParams();
  const query = useQuery(queries.plan(hash));
  const above = { to: "/rollouts?view=plans", title: t("above") };
  if (query.data) return <Shown key={query.data.hash} made={query.data} above={above} />;
  return (
    <>
      <PageHeader title={t("title")} object={hash.slice(0, 12)} above={above} />
      {query.error ? (
        <Problem error={query.error} retry={query.refetch} large />
      ) : (
        <Loading lines={10} doing={t("loading")} />
      )}
    </>
  );
}

function Shown({ made, above }: { made: PlanAnswer; above: { to: string; title: string } }) {
  const { t } = useTranslation("plan");
  const { plan, hash, outcome } = made;
  const [now, setNow] = useState<PlanAnswer | null>(null);
  const rollouts = useQuery(queries.rolloutsOf(plan.team));
  const done = rollouts.data?.find((one) => one.plan === hash);
  const found = outcomes(plan);
  const blocking = blocks(plan);
  const settled = useSettled(made);
  const refused = done ? t("approve.done") : null;
  return (
    <>
      <PageHeader
        title={t("title")}
        object={hash.slice(0, 12)}
        above={above}
        state={<ToneTag tone={outcomeTone[outcome]}>{t(`outcome.${outcome}`)}</ToneTag>}
        summary={<By made={made} />}
        actions={<Again made={made} moved={setNow} />}
      />
      <div className="plan">
        <section aria-label={t("summary.title")}>
          <p>
            <strong>{t(`summary.${plan.action}`, { team: plan.team, count: plan.clusters.length })}</strong>{" "}
            {t("summary.counts", { ...found })}
          </p>
          <Sums clusters={plan.clusters} />
        </section>
        {now && <Moved now={now} />}
        {done && <CarriedOut rollout={done} />}
        {settled.problem}
        <Points title={t("points.block")} tone="unhealthy" points={blocking} settled={settled.again} />
        {found.stopped > 0 && found.stopped < plan.clusters.length && <Without made={made} />}
        <Points title={t("points.warn")} tone="degraded" points={warnings(plan)} settled={settled.again} />
        <Clusters clusters={plan.clusters} />
        <Approval made={made} refused={refused} now={now} moved={setNow} />
      </div>
    </>
  );
}

function By({ made }: { made: PlanAnswer }) {
  const { t } = useTranslation("plan");
  return (
    <span className="row">
      <Link to={`/teams/${encodeURIComponent(made.plan.team)}`}>{made.plan.team}</Link>
      {made.requested_by && (
        <span>
          {t("by", { who: made.requested_by })} <Since at={made.created_at} />
        </span>
      )}
      <CopyName name={made.hash} shown={t("hash", { hash: made.hash.slice(0, 12) })} />
    </span>
  );
}

function CarriedOut({ rollout }: { rollout: RolloutStatus }) {
  const { t } = useTranslation("plan");
  return (
    <div className="card row">
      <span>{t("done.message")}</span>
      <Link to={`/rollouts/${encodeURIComponent(rollout.id)}`}>{rollout.id}</Link>
      <RolloutTag state={rollout.state} />
      <Since at={rollout.created_at} />
    </div>
  );
}

/** Looks at the clusters again: the plan holds, or there is another one to read. */
function Again({ made, moved }: { made: PlanAnswer; moved: (now: PlanAnswer) => void }) {
  const { t } = useTranslation("plan");
  const { may } = useSession();
  const { busy, error, submit } = useSubmit();
  const [held, setHeld] = useState(false);
  if (!may("plan.create", made.plan.team)) return null;
  const check = () =>
    submit(async () => {
      setHeld(false);
      const now = await queries.again(made.plan);
      if (now.hash === made.hash) setHeld(true);
      else moved(now);
    });
  return (
    <>
      <span role="status">{held && <ToneTag tone="healthy">{t("again.holds")}</ToneTag>}</span>
      <Button loading={busy} onClick={check}>
        {t("again.button")}
      </Button>
      {error ? <Problem error={error} /> : null}
    </>
  );
}

/** The rest need not wait for the clusters that are stopped. */
function Without({ made }: { made: PlanAnswer }) {
  const { t } = useTranslation("plan");
  const { may } = useSession();
  const rest = made.plan.clusters.filter((one) => outcomeOf(one) !== "stopped").map((one) => one.cluster);
  const planned = usePlanned(() => queries.again(made.plan, rest));
  if (!may("plan.create", made.plan.team)) return null;
  return (
    <div className="stack tight">
      <span>
        <Button loading={planned.busy} onClick={planned.run}>
          {t("without", { count: rest.length })}
        </Button>
      </span>
      {planned.problem}
    </div>
  );
}

/** After something was done about what blocks: a plan of what the clusters are now. */
function useSettled(made: PlanAnswer) {
  const planned = usePlanned(() => queries.again(made.plan));
  return { again: planned.run, problem: planned.problem };
}

/** Not `useSubmit`: what is settled while a plan is made needs another one. */
function usePlanned(make: () => Promise<PlanAnswer>) {
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = () => {
    setBusy(true);
    setError(null);
    make()
      .then((now) => navigate(`/plans/${now.hash}`))
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return { busy, run, problem: error ? <Problem error={error} retry={run} /> : null };
}
