/** From an empty installation to traffic, in five steps that are judged by what is there. */
import { Progress as Bar } from "antd";
import { useSearchParams } from "react-router";
import { Loading } from "~/components/Loading";
import { PageHeader } from "~/components/PageHeader";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import { Done } from "./Done";
import { InstallStep } from "./InstallStep";
import type { Progress, StepName } from "./progress";
import { STEPS } from "./progress";
import { useProgress } from "./queries";
import { Step } from "./Step";
import { BindStep, ClusterStep, TeamStep } from "./steps";
import { TrafficStep } from "./TrafficStep";
import "./start.css";
import { LinkButton } from "~/components/LinkButton";

/** What the person needs for a step, and whom to ask who lacks it. */
const NEEDS: Record<StepName, { permission: string; whom: "administrator" | "owner"; ofTeam: boolean }> = {
  cluster: { permission: "cluster.register", whom: "administrator", ofTeam: false },
  team: { permission: "team.write", whom: "administrator", ofTeam: false },
  bind: { permission: "binding.write", whom: "administrator", ofTeam: true },
  install: { permission: "plan.create", whom: "owner", ofTeam: true },
  traffic: { permission: "probe.read", whom: "owner", ofTeam: true },
};

export default function Start() {
  const { t } = useTranslation("start");
  const { team, cluster } = useScope();
  const { session, may } = useSession();
  const [params, setParams] = useSearchParams();
  const { progress, clusters, teams, error, refetch } = useProgress(team, cluster);
  if (!progress)
    return (
      <>
        <PageHeader title={t("title")} />
        {error ? <Problem error={error} retry={refetch} large /> : <Loading lines={10} />}
      </>
    );
  const asked = STEPS.find((step) => step === params.get("step"));
  const open = asked ?? progress.next ?? "traffic";
  const count = STEPS.filter((step) => progress.done[step]).length;
  const show = (step: StepName) => setParams((before) => withStep(before, step));
  const allowed = (step: StepName) => {
    const { permission, ofTeam } = NEEDS[step];
    return ofTeam && progress.team ? may(permission, progress.team.team.name) : may(permission);
  };
  const body = (step: StepName) => {
    if (step === "cluster") return <ClusterStep />;
    if (step === "team") return <TeamStep teams={teams} />;
    if (step === "bind") return <BindStep progress={progress} teams={teams} clusters={clusters} />;
    if (step === "install") return <InstallStep progress={progress} />;
    return <TrafficStep progress={progress} />;
  };
  return (
    <div className="start">
      <PageHeader title={t("title")} summary={t("about")} actions={<Leave session={!!session.person} />} />
      <div className="row start-bar">
        <Bar
          percent={(count / STEPS.length) * 100}
          showInfo={false}
          aria-label={t("progress", { count, all: STEPS.length })}
        />
        <span className="muted nowrap">{t("progress", { count, all: STEPS.length })}</span>
      </div>
      <Problem error={error} retry={refetch} />
      {progress.next === null && <p className="note tone-healthy">{t("finished")}</p>}
      <ol className="stack">
        {STEPS.map((step, index) => (
          <Step
            key={step}
            number={index + 1}
            title={t(`step.${step}.title`)}
            why={t(`step.${step}.why`)}
            state={progress.done[step] ? "done" : step === progress.next ? "next" : "later"}
            done={
              progress.done[step] ? <Done step={step} progress={progress} clusters={clusters} teams={teams} /> : null
            }
            open={open === step}
            show={() => show(step)}
          >
            {!allowed(step) ? (
              <p className="note">
                <span className="words">
                  <strong>{t(`ask.${NEEDS[step].whom}`)}</strong>
                  <span className="muted">
                    {t("ask.permission")} <code>{NEEDS[step].permission}</code>
                  </span>
                </span>
              </p>
            ) : missing(step, progress) ? (
              <p className="muted">{t("earlier")}</p>
            ) : (
              body(step)
            )}
          </Step>
        ))}
      </ol>
    </div>
  );
}

function withStep(before: URLSearchParams, step: StepName): URLSearchParams {
  const made = new URLSearchParams(before);
  made.set("step", step);
  return made;
}

/** Whether an earlier step has to make something first. */
function missing(step: StepName, { done }: Progress): boolean {
  if (step === "bind") return !done.cluster || !done.team;
  if (step === "install") return !done.bind;
  return step === "traffic" && !done.bind;
}

function Leave({ session }: { session: boolean }) {
  const { t } = useTranslation("start");
  const { may } = useSession();
  if (!session || !may("fleet.read")) return null;
  return <LinkButton to="/clusters">{t("leave")}</LinkButton>;
}
