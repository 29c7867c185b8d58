/** What a finished step has made, in a line, with the way to it. */

import { Link } from "react-router";
import { Said } from "~/components/Said";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";
import { clusterPath } from "~/lib/places";
import type { Progress, StepName } from "./progress";

const FEW = 5;

interface Props {
  step: StepName;
  progress: Progress;
  clusters: string[];
  teams: string[];
}

export function Done({ step, progress, clusters, teams }: Props) {
  const { t } = useTranslation("start");
  const { binding, stack, answered, rollout } = progress;
  if (step === "cluster")
    return <Names words={t("done.cluster", { count: clusters.length })} names={clusters} to={clusterPath} />;
  if (step === "team") return <Names words={t("done.team", { count: teams.length })} names={teams} to={teamPath} />;
  if (step === "bind" && binding)
    return (
      <p className="row muted">
        <span>{t("done.bind", { team: binding.team, cluster: binding.cluster, namespace: binding.namespace })}</span>
        <Link to={`${teamPath(binding.team)}/clusters/${encodeURIComponent(binding.cluster)}`}>{t("look")}</Link>
      </p>
    );
  if (step === "install" && stack)
    return (
      <p className="row muted">
        <span>
          {t("done.install", {
            cluster: binding?.cluster ?? "",
            bundle: `${stack.bundle.version} ${stack.bundle.channel ?? "standard"}`,
          })}
        </span>
        {rollout && <Link to={`/rollouts/${encodeURIComponent(rollout.id)}`}>{t("rollout")}</Link>}
      </p>
    );
  if (step === "traffic" && answered)
    return (
      <p className="row muted">
        <span>
          <code>{answered.target.hostname || answered.target.address}</code> <Said message={answered.message} />
        </span>
        <Since at={answered.at} />
      </p>
    );
  return null;
}

const teamPath = (name: string) => `/teams/${encodeURIComponent(name)}`;

function Names({ words, names, to }: { words: string; names: string[]; to: (name: string) => string }) {
  const { t } = useTranslation("start");
  return (
    <p className="row muted">
      <span>{words}</span>
      {names.slice(0, FEW).map((name) => (
        <Link key={name} to={to(name)}>
          {name}
        </Link>
      ))}
      {names.length > FEW && <span>{t("done.more", { count: names.length - FEW })}</span>}
    </p>
  );
}
