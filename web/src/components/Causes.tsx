/**
 * What is wrong, causes first: each with what it explains, and what to do.
 *
 *   <Causes causes={health.causes} />       <Findings findings={object.findings} />
 */

import { Link } from "react-router";
import type { Cause, HealthFinding } from "~/api/schema";
import { useTranslation } from "~/i18n/react";
import { nameOfRef, sentencesOf, useSay } from "~/i18n/server";
import { severityTone } from "~/lib/states";
import { CopyName } from "./CopyName";
import { Marked } from "./Marked";
import { Shape } from "./Shape";
import { Since } from "./Since";

export function Causes({ causes }: { causes: readonly Cause[] | undefined }) {
  const { t } = useTranslation();
  const say = useSay();
  if (!causes?.length) return <p className="muted">{t("causes.none")}</p>;
  return (
    <ul className="stack">
      {causes.map((cause) => {
        const tone = severityTone[cause.severity];
        return (
          <li key={`${cause.cluster ?? ""}/${cause.code}/${nameOfRef(cause.object)}`} className={`note tone-${tone}`}>
            <Shape tone={tone} />
            <div className="words">
              <strong>
                <Marked text={say(cause.message)} />
              </strong>
              <span>
                <Marked text={say(cause.remedy)} />
              </span>
              <span className="row muted">
                <span>{t(`severity.${cause.severity}`)}</span>
                {cause.cluster && <Link to={`/clusters/${encodeURIComponent(cause.cluster)}`}>{cause.cluster}</Link>}
                <CopyName name={nameOfRef(cause.object)} />
                {cause.explains > 1 && <span>{t("causes.explains", { count: cause.explains })}</span>}
                {cause.since && <Since at={cause.since} />}
              </span>
            </div>
          </li>
        );
      })}
    </ul>
  );
}

export function Findings({ findings }: { findings: readonly HealthFinding[] | undefined }) {
  const { t } = useTranslation();
  const say = useSay();
  if (!findings?.length) return <p className="muted">{t("causes.none")}</p>;
  return (
    <ul className="stack">
      {findings.map((finding) => {
        const { message, remedy } = sentencesOf(finding);
        const tone = severityTone[finding.severity];
        return (
          <li
            key={`${finding.code}/${nameOfRef(finding.subject)}/${finding.where ?? ""}`}
            className={`note tone-${tone}`}
          >
            <Shape tone={tone} />
            <div className="words">
              <strong>
                <Marked text={say(message)} />
              </strong>
              <span>
                <Marked text={say(remedy)} />
              </span>
              {finding.evidence?.map((line) => (
                <code key={line} className="muted">
                  {line}
                </code>
              ))}
              <span className="row muted">
                <span>{t(`severity.${finding.severity}`)}</span>
                {finding.cause && <CopyName name={nameOfRef(finding.cause)} />}
                {finding.since && <Since at={finding.since} />}
              </span>
            </div>
          </li>
        );
      })}
    </ul>
  );
}
