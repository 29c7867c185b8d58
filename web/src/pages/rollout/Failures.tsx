/** What went wrong, before anything else: the cluster, the step, why, whose it is, and what to do. */
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { Link, useNavigate } from "react-router";
import { api } from "~/api/client";
import type { RolloutStatus, TargetStatus } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import { Marked } from "~/components/Marked";
import { Problem } from "~/components/Problem";
import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";
import { sentencesOfReport, useSay } from "~/i18n/server";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { plan as planQuery } from "../plan/queries";

/** Retrying the same plan fails again: another one is needed. */
const STALE: ReadonlySet<string> = new Set(["rollout.object-moved", "rollout.plan-stale", "rollout.not-empty"]);

export function Failures({ rollout }: { rollout: RolloutStatus }) {
  const failed = (rollout.targets ?? []).filter((target) => target.error);
  if (!failed.length) return null;
  return (
    <div role="alert">
      <ul className="stack tight">
        {failed.map((target) => (
          <One key={target.cluster} target={target} rollout={rollout} />
        ))}
      </ul>
    </div>
  );
}

function One({ target, rollout }: { target: TargetStatus; rollout: RolloutStatus }) {
  const { t } = useTranslation("rollout");
  const say = useSay();
  const { may } = useSession();
  const report = target.error;
  if (!report) return null;
  const { message, remedy } = sentencesOfReport(report);
  const step = target.steps?.find((one) => one.state === "failed" || one.state === "running");
  const stale = STALE.has(report.code);
  return (
    <li className="note tone-unhealthy">
      <Shape tone="unhealthy" />
      <div className="words">
        <strong>
          <Marked text={say(message)} />
        </strong>
        <span>
          <Marked text={say(remedy)} />
        </span>
        <span className="row muted">
          <Link to={`/clusters/${encodeURIComponent(target.cluster)}`}>{target.cluster}</Link>
          {step && <span>{t("failure.step", { step: say(step.title) })}</span>}
          {report.object && <CopyName name={report.object} />}
          {report.owner && report.owner !== "-" && <span>{t("failure.owner", { owner: report.owner })}</span>}
          <CopyName name={report.code} />
        </span>
        {stale && may("plan.create", rollout.team) && <Replan of={rollout.plan} />}
      </div>
    </li>
  );
}

/** The plan is read when it is needed: one of many clusters is megabytes. */
function Replan({ of }: { of: string }) {
  const { t } = useTranslation("rollout");
  const navigate = useNavigate();
  const client = useQueryClient();
  const { busy, error, submit } = useSubmit();
  const make = () =>
    submit(async () => {
      const { plan } = await client.fetchQuery(planQuery(of));
      const clusters = plan.clusters.map((one) => one.cluster);
      const body = { team: plan.team, clusters, action: plan.action, keep_crds: plan.keep_crds ?? false };
      const made = await api("POST /plans", { body });
      await navigate(`/plans/${made.hash}`);
    });
  return (
    <>
      <span>
        <Button size="small" type="primary" loading={busy} onClick={make}>
          {t("failure.replan")}
        </Button>
      </span>
      <Problem error={error} />
    </>
  );
}
