/** Above the matrix: the few causes that explain the most, and how versions differ; each with what to do. */
import { useQuery } from "@tanstack/react-query";
import { Button, Drawer } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import * as queries from "~/api/queries";
import type { Cause, HealthFinding, Message } from "~/api/schema";
import { Causes, Findings } from "~/components/Causes";
import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";
import { nameOfRef, sentencesOf, useSay } from "~/i18n/server";
import { clusterPath, objectPath } from "~/lib/places";
import { severityTone } from "~/lib/states";

/** How many without asking: on a laptop the matrix keeps the room. */
const FEW = window.innerHeight > 900 ? 3 : 2;

export function Reasons({ team, cluster }: { team: string | undefined; cluster: string | undefined }) {
  const { t } = useTranslation("fleet");
  const { data } = useQuery(queries.health(team));
  const [shown, show] = useState<"causes" | "skew" | null>(null);
  const causes = (data?.causes ?? []).filter((one) => !cluster || one.cluster === cluster);
  const findings = cluster ? [] : (data?.findings ?? []);
  if (!causes.length && !findings.length) return null;
  return (
    <div className="reasons">
      {causes.length > 0 && (
        <Few title={t("causes.title")} rest={causes.length - FEW} all={() => show("causes")}>
          {causes.slice(0, FEW).map((cause) => (
            <OfCause key={`${cause.cluster ?? ""}/${cause.code}/${nameOfRef(cause.object)}`} cause={cause} />
          ))}
        </Few>
      )}
      {findings.length > 0 && (
        <Few title={t("skew.title")} rest={findings.length - FEW} all={() => show("skew")}>
          {findings.slice(0, FEW).map((finding) => (
            <OfFinding key={`${finding.code}/${nameOfRef(finding.subject)}/${finding.where ?? ""}`} finding={finding} />
          ))}
        </Few>
      )}
      <Drawer
        open={shown !== null}
        onClose={() => show(null)}
        size={Math.min(760, window.innerWidth - 40)}
        title={shown === "skew" ? t("skew.title") : t("causes.title")}
        destroyOnHidden
      >
        {shown === "skew" ? <Findings findings={findings} /> : <Causes causes={causes} />}
      </Drawer>
    </div>
  );
}

interface FewProps {
  title: string;
  rest: number;
  all: () => void;
  children: React.ReactNode;
}

function Few({ title, rest, all, children }: FewProps) {
  const { t } = useTranslation("fleet");
  return (
    <section className="card" aria-label={title}>
      <div className="row spread">
        <h2>{title}</h2>
        {rest > 0 && (
          <Button type="link" size="small" onClick={all}>
            {t("more", { count: rest })}
          </Button>
        )}
      </div>
      {children}
    </section>
  );
}

function OfCause({ cause }: { cause: Cause }) {
  const { t } = useTranslation("fleet");
  const { cluster, object, explains } = cause;
  const to = cluster ? (object.kind === "Cluster" ? clusterPath(cluster) : objectPath(cluster, object)) : undefined;
  return (
    <Reason
      tone={severityTone[cause.severity]}
      message={cause.message}
      remedy={cause.remedy}
      more={
        to && (
          <Link to={to}>
            {cluster} · {nameOfRef(object)}
          </Link>
        )
      }
      note={explains > 1 ? t("causes.explains", { count: explains }) : cluster}
    />
  );
}

function OfFinding({ finding }: { finding: HealthFinding }) {
  const { message, remedy } = sentencesOf(finding);
  return <Reason tone={severityTone[finding.severity]} message={message} remedy={remedy} />;
}

interface ReasonProps {
  tone: (typeof severityTone)[keyof typeof severityTone];
  message: Message;
  remedy: Message;
  more?: React.ReactNode;
  note?: string | undefined;
}

/** Two lines, whole when one opens it. */
function Reason({ tone, message, remedy, more, note }: ReasonProps) {
  const say = useSay();
  return (
    <div className={`reason tone-${tone}`}>
      <Shape tone={tone} />
      <details>
        <summary>
          <span className="line">
            {note && <span className="muted">{note}: </span>}
            {say(message)}
          </span>
          <span className="line muted">{say(remedy)}</span>
        </summary>
        {more}
      </details>
    </div>
  );
}
