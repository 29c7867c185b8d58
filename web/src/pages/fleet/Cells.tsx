/** The cells of the matrix: a state with its reason as a hint, and a way to what it speaks of. */
import type { TFunction } from "i18next";
import { memo, type ReactNode } from "react";
import { Link } from "react-router";
import type { Counts, FleetRow } from "~/api/schema";
import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";
import { type Say, sentencesOfReport, useSay } from "~/i18n/server";
import { useNow } from "~/lib/now";
import { clusterPath, objectPath } from "~/lib/places";
import { reachabilityTone, severityTone, WORST } from "~/lib/states";
import { moment, relative } from "~/lib/time";
import type { Tone } from "~/theme/palette";
import { tally } from "./rows";

interface Props {
  to: string;
  children: ReactNode;
  tone?: Tone | undefined;
  /** Without the shape: what is as it should be is quiet. */
  quiet?: boolean;
  hint?: string | undefined;
}

/** Not a tab stop: a thousand rows have ten each; the name of the cluster is one, and its page leads to all of this. */
export function Cell({ to, children, tone, quiet, hint }: Props) {
  return (
    <Link
      className={`cell${tone ? ` tone-${tone}` : ""}`}
      to={to}
      tabIndex={-1}
      data-hint={hint || undefined}
      aria-description={hint || undefined}
    >
      {tone && !quiet && <Shape tone={tone} />}
      <span className="words">{children}</span>
    </Link>
  );
}

export function Nothing({ hint }: { hint?: string }) {
  return (
    <span className="muted" data-hint={hint}>
      –
    </span>
  );
}

function HealthCellShown({ row }: { row: FleetRow }) {
  const { t } = useTranslation("fleet");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const { cause, error } = row;
  const report = !cause && error ? sentencesOfReport(error) : null;
  const reason = cause ? say(cause.message) : report ? say(report.message) : "";
  const remedy = cause ? say(cause.remedy) : report ? say(report.remedy) : "";
  const more = (row.causes ?? 0) > 1 ? t("more-causes", { count: (row.causes ?? 0) - 1 }) : "";
  const to = cause?.cluster ? objectPath(row.cluster, cause.object) : clusterPath(row.cluster, "observation");
  return (
    <Link
      className={`cell tone-${row.state}`}
      to={to}
      tabIndex={-1}
      data-hint={[reason, remedy, more].filter(Boolean).join("\n\n") || undefined}
    >
      <Shape tone={row.state} />
      <span className="strong">{common(`state.${row.state}`)}</span>
      {reason && <span className="words muted">{reason}</span>}
    </Link>
  );
}

function CountsCellShown({ row, kind, counts }: { row: FleetRow; kind: string; counts: Counts | undefined }) {
  const { t } = useTranslation("fleet");
  const { t: common } = useTranslation("common");
  const { good, all, tone } = tally(counts);
  if (!row.seen_at) return <Nothing hint={t("never-seen")} />;
  if (!all) return <Nothing hint={t("none-of", { kind })} />;
  const hint = WORST.filter((state) => counts?.[state])
    .map((state) => `${common(`state.${state}`)}: ${counts?.[state]}`)
    .join("\n");
  return (
    <Cell to={clusterPath(row.cluster, "objects", { kind })} tone={tone} hint={`${kind}\n${hint}`}>
      <span className="numbers">{good === all ? all : `${good}/${all}`}</span>
    </Cell>
  );
}

function BundleCellShown({ row, part }: { row: FleetRow; part: "bundle" | "channel" }) {
  const { t } = useTranslation("fleet");
  const say = useSay();
  const state = row.bundle_state ?? "unknown";
  const skew = row.skews?.find((one) => (part === "bundle" ? one.key !== "channel" : one.key === "channel"));
  const ofBundle = skew && !skew.key.startsWith("controller") ? skew : undefined;
  const odd = part === "bundle" && state !== "uniform" && state !== "absent";
  const tone: Tone | undefined = odd
    ? state === "unknown"
      ? "unknown"
      : "degraded"
    : ofBundle && severityTone[ofBundle.severity];
  const hint = [odd ? t(`bundle.${state}`) : "", ofBundle ? say(ofBundle.message) : ""].filter(Boolean).join("\n\n");
  if (!row.seen_at) return <Nothing hint={t("never-seen")} />;
  if (state === "absent") return <Nothing hint={t("bundle.absent")} />;
  const shown = part === "channel" ? row.channel : row.bundle || t(`bundle-short.${state}`);
  if (!shown) return <Nothing />;
  return (
    <Cell to={clusterPath(row.cluster, "crds")} tone={tone} hint={hint}>
      {shown}
    </Cell>
  );
}

function ControllersCellShown({ row }: { row: FleetRow }) {
  const { t } = useTranslation("fleet");
  const all = row.controllers ?? [];
  if (!all.length) return <Nothing hint={t(row.seen_at ? "no-controller" : "never-seen")} />;
  const down = all.filter((one) => !one.available);
  const hint = all.map((one) => t(one.available ? "controller.up" : "controller.down", { ...one })).join("\n");
  return (
    <Cell to={clusterPath(row.cluster)} tone={down.length ? "unhealthy" : "healthy"} quiet={!down.length} hint={hint}>
      {all.map((one) => `${one.name} ${one.version}`).join(", ")}
    </Cell>
  );
}

function CertificatesCellShown({ row }: { row: FleetRow }) {
  const { t, i18n } = useTranslation("fleet");
  const now = useNow();
  const { count = 0, bad = 0, soonest, object } = row.certificates ?? {};
  if (!count) return <Nothing hint={t(row.seen_at ? "no-certificate" : "never-seen")} />;
  const ends = moment(soonest);
  const when = ends === null ? "" : relative(ends, now, i18n.language);
  const hint = [
    t("certificates.count", { count }),
    bad ? t("certificates.bad", { count: bad }) : "",
    when && object ? t("certificates.soonest", { object: `${object.namespace ?? ""}/${object.name}`, when }) : "",
  ];
  const to = clusterPath(row.cluster, "objects", { kind: "Gateway" });
  return (
    <Cell to={to} tone={bad ? "degraded" : "healthy"} hint={hint.filter(Boolean).join("\n")}>
      <span className="numbers">{bad ? t("certificates.bad-short", { bad, count }) : count}</span>
      {when && <span className="muted"> · {when}</span>}
    </Cell>
  );
}

function CustodyCellShown({ row }: { row: FleetRow }) {
  const { t } = useTranslation("fleet");
  const { t: common } = useTranslation("common");
  const custody = row.custody ?? "unknown";
  const owners = row.owners?.length ? t("owners", { names: row.owners.join(", ") }) : "";
  return (
    <Cell
      to={clusterPath(row.cluster, "ownership")}
      hint={[t(`custody.${custody}`), owners].filter(Boolean).join("\n")}
    >
      {common(`custody.${custody}`)}
    </Cell>
  );
}

function ReachabilityCellShown({ row }: { row: FleetRow }) {
  const { t, i18n } = useTranslation("fleet");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const now = useNow();
  const since = moment(row.since);
  const hint = [
    since === null ? "" : t("since", { when: relative(since, now, i18n.language) }),
    row.insecure ? t("insecure") : "",
    whyNot(row, say),
  ];
  return (
    <Cell
      to={clusterPath(row.cluster, "observation")}
      tone={row.insecure && row.reachability === "reachable" ? "degraded" : reachabilityTone[row.reachability]}
      quiet={row.reachability === "reachable" && !row.insecure}
      hint={hint.filter(Boolean).join("\n\n")}
    >
      {common(`reachability.${row.reachability}`)}
    </Cell>
  );
}

function SkewCellShown({ row }: { row: FleetRow }) {
  const { t } = useTranslation("fleet");
  const say = useSay();
  const skews = row.skews ?? [];
  const [first] = skews;
  if (!first) return <Nothing hint={t(row.seen_at ? "no-skew" : "never-seen")} />;
  const worst = skews.some((one) => one.severity === "error") ? "error" : first.severity;
  const hint = skews.map((one) => `${say(one.message)}\n${say(one.remedy)}`).join("\n\n");
  return (
    <Cell to={clusterPath(row.cluster)} tone={severityTone[worst]} hint={hint}>
      <span className="numbers" aria-hidden>
        {skews.length}
      </span>
      <span className="visually-hidden">{t("skews", { count: skews.length })}</span>
    </Cell>
  );
}

function RolloutCellShown({ row }: { row: FleetRow }) {
  const { t } = useTranslation("fleet");
  const say = useSay();
  if (!row.rollout) return <Nothing />;
  const { id, step, index, steps, team, state } = row.rollout;
  const words = rolloutWords(t, state);
  return (
    <Cell
      to={`/rollouts/${encodeURIComponent(id)}`}
      tone={state === "running" ? "progressing" : "degraded"}
      hint={[t("rollout.of", { team }), step ? say(step) : ""].filter(Boolean).join("\n")}
    >
      {words} {steps ? `${Math.min((index ?? 0) + 1, steps)}/${steps}` : ""}
    </Cell>
  );
}

function rolloutWords(t: TFunction<"fleet">, state: string): string {
  return state === "running" ? t("rollout.running") : state === "paused" ? t("rollout.paused") : t("rollout.stopped");
}

/** Why a cluster is not seen now, in words. */
function whyNot(row: FleetRow, say: Say): string {
  if (!row.error) return "";
  const { message, remedy } = sentencesOfReport(row.error);
  return `${say(message)}\n${say(remedy)}`;
}

// While one scrolls the table draws the rows that are there again and again: their cells need not be.
export const HealthCell = memo(HealthCellShown);
export const CountsCell = memo(CountsCellShown);
export const BundleCell = memo(BundleCellShown);
export const ControllersCell = memo(ControllersCellShown);
export const CertificatesCell = memo(CertificatesCellShown);
export const CustodyCell = memo(CustodyCellShown);
export const ReachabilityCell = memo(ReachabilityCellShown);
export const SkewCell = memo(SkewCellShown);
export const RolloutCell = memo(RolloutCellShown);
