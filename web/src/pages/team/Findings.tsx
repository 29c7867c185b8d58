/** What is wrong: the few causes that explain the most, each with what it explains; then every single finding. */
import { useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import * as queries from "~/api/queries";
import type { Cause, Found, HealthFinding } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { Shape } from "~/components/Shape";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { nameOfRef, sentencesOf, useSay } from "~/i18n/server";
import { severityTone } from "~/lib/states";
import { FindingDetail } from "./FindingDetail";
import type { Part } from "./part";
import { findings as ofTeam } from "./queries";

const SEVERITIES = ["error", "warning", "info"] as const;

export function Findings({ team, health, cluster }: Part) {
  const { t } = useTranslation("team");
  const [params, setParams] = useSearchParams();
  const all = params.get("findings") === "all";
  const choose = (value: string) =>
    setParams((before) => {
      const made = new URLSearchParams(before);
      if (value === "all") made.set("findings", "all");
      else made.delete("findings");
      return made;
    });
  return (
    <>
      <Segmented
        style={{ alignSelf: "flex-start" }}
        value={all ? "all" : "causes"}
        onChange={choose}
        options={[
          { value: "causes", label: t("findings.causes") },
          { value: "all", label: t("findings.all") },
        ]}
      />
      {all ? (
        <Single team={team.team.name} cluster={cluster} />
      ) : cluster ? (
        <OfCluster team={team.team.name} cluster={cluster} />
      ) : health ? (
        <CauseList causes={health.causes} skews={health.findings} team={team.team.name} />
      ) : (
        <Loading lines={6} />
      )}
    </>
  );
}

function OfCluster({ team, cluster }: { team: string; cluster: string }) {
  const query = useQuery(queries.clusterHealth(cluster, team));
  if (query.error && !query.data) return <Problem error={query.error} retry={query.refetch} />;
  if (!query.data) return <Loading lines={6} />;
  return <CauseList causes={query.data.causes} skews={[]} team={team} cluster={cluster} />;
}

interface Listed {
  causes: readonly Cause[] | undefined;
  skews: readonly HealthFinding[] | undefined;
  team: string;
  cluster?: string;
}

function CauseList({ causes, skews, team, cluster }: Listed) {
  const { t } = useTranslation("team");
  const say = useSay();
  if (!causes?.length && !skews?.length) {
    return <EmptyState title={t("findings.none")}>{t("findings.none-text")}</EmptyState>;
  }
  return (
    <ul className="stack">
      {causes?.map((cause) => (
        <OneCause
          key={`${cause.cluster ?? cluster ?? ""}/${cause.code}/${nameOfRef(cause.object)}`}
          cause={cause}
          team={team}
          cluster={cause.cluster ?? cluster}
        />
      ))}
      {skews?.map((one) => {
        const { message, remedy } = sentencesOf(one);
        const tone = severityTone[one.severity];
        return (
          <li key={`${one.code}/${one.where ?? ""}/${say(message)}`} className={`note tone-${tone}`}>
            <Shape tone={tone} />
            <div className="words">
              <strong>{say(message)}</strong>
              <span>{say(remedy)}</span>
              <span className="muted">{t("findings.skew")}</span>
            </div>
          </li>
        );
      })}
    </ul>
  );
}

function OneCause({ cause, team, cluster }: { cause: Cause; team: string; cluster: string | undefined }) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const tone = severityTone[cause.severity];
  const affected = cause.affected ?? [];
  return (
    <li className={`note tone-${tone}`}>
      <Shape tone={tone} />
      <div className="words">
        <strong>{say(cause.message)}</strong>
        <span>{say(cause.remedy)}</span>
        <span className="row muted" style={{ gap: 12 }}>
          <span>{common(`severity.${cause.severity}`)}</span>
          {cluster && <Link to={clusterPath(team, cluster)}>{cluster}</Link>}
          <CopyName name={nameOfRef(cause.object)} />
          {cause.since && <Since at={cause.since} />}
          {cluster && (
            <Link to={`/topology?team=${encodeURIComponent(team)}&cluster=${encodeURIComponent(cluster)}&problems=1`}>
              {t("panel.topology")}
            </Link>
          )}
        </span>
        {affected.length > 0 && (
          <details className="cause-affected">
            <summary>{common("causes.explains", { count: cause.explains })}</summary>
            <ul>
              {affected.map((ref) => (
                <li key={nameOfRef(ref)}>
                  <code>{nameOfRef(ref)}</code>
                </li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </li>
  );
}

function clusterPath(team: string, cluster: string): string {
  return `/teams/${encodeURIComponent(team)}/clusters/${encodeURIComponent(cluster)}`;
}

function keyOf({ cluster, finding }: Found): string {
  return `${cluster}/${finding.code}/${nameOfRef(finding.subject)}/${finding.where ?? ""}`;
}

const bySeverity = (a: Found, b: Found) =>
  SEVERITIES.indexOf(a.finding.severity) - SEVERITIES.indexOf(b.finding.severity);

function Single({ team, cluster }: { team: string; cluster: string | undefined }) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const query = useQuery(ofTeam(team, cluster));
  const rows = useMemo(() => query.data && [...query.data].sort(bySeverity), [query.data]);
  const columns: Column<Found>[] = [
    {
      key: "what",
      title: t("findings.what"),
      primary: true,
      width: 420,
      value: ({ finding }) => say(sentencesOf(finding).message),
    },
    {
      key: "severity",
      title: t("findings.severity"),
      width: 110,
      value: ({ finding }) => SEVERITIES.indexOf(finding.severity),
      pick: ({ finding }) => finding.severity,
      options: SEVERITIES.map((one) => ({ value: one, label: common(`severity.${one}`) })),
      render: ({ finding }) => (
        <ToneTag tone={severityTone[finding.severity]} quiet>
          {common(`severity.${finding.severity}`)}
        </ToneTag>
      ),
    },
    { key: "where", title: t("column.cluster"), width: 130, value: (one) => one.cluster },
    {
      key: "object",
      title: t("findings.object"),
      width: 240,
      value: ({ finding }) => nameOfRef(finding.subject),
      render: ({ finding }) => <code>{nameOfRef(finding.subject)}</code>,
    },
    {
      key: "since",
      title: t("findings.since"),
      width: 110,
      value: ({ finding }) => finding.since,
      render: ({ finding }) => <Since at={finding.since} />,
    },
  ];
  return (
    <DataTable
      label={t("findings.all")}
      query={query}
      rows={rows}
      columns={columns}
      rowKey={keyOf}
      empty={<EmptyState title={t("findings.none")}>{t("findings.none-text")}</EmptyState>}
      detail={(row, close) => <FindingDetail found={row} close={close} />}
    />
  );
}
