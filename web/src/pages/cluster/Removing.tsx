/** What removing the cluster would do, computed from the cluster as it is; and doing it, by its name. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { LeavingTeam, ObjectVerdict, Removal } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { Kept, Said } from "~/components/Said";
import { ToneTag, Verdict } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { nameOfRef } from "~/i18n/server";
import { verdictTone } from "~/lib/states";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import type { PartProps } from ".";
import { Lines, Pane } from "./Pane";
import { removal } from "./queries";

export function Removing({ cluster }: PartProps) {
  const { t } = useTranslation("cluster");
  const query = useQuery(removal(cluster.cluster));
  if (query.error) return <Problem error={query.error} retry={query.refetch} large />;
  if (!query.data) return <Loading lines={10} doing={t("removal.doing")} />;
  return <Shown name={cluster.cluster} found={query.data} again={() => void query.refetch()} />;
}

function Shown({ name, found, again }: { name: string; found: Removal; again: () => void }) {
  const { t } = useTranslation("cluster");
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, ask] = useState(false);
  // What is known of the cluster goes only when nothing shows it any more, or it would be asked for again.
  const gone = async () => {
    await navigate("/clusters");
    client.removeQueries({ queryKey: ["clusters", name] });
    await queries.invalidate(client, "clusters", "matrix", "status", "health");
  };
  const { removes = 0, keeps = 0, stuck = 0, records = 0, ready, blocks = [], teams = [] } = found;
  return (
    <div className="panes">
      <Pane
        title={t("removal.title")}
        about={t("removal.about")}
        wide
        actions={
          <span className="row">
            <Button onClick={again}>{t("removal.again")}</Button>
            <Button danger type="primary" disabled={!ready} onClick={() => ask(true)}>
              {t("removal.verb")}
            </Button>
          </span>
        }
      >
        <p>
          <ToneTag tone={ready ? "healthy" : "degraded"}>{ready ? t("removal.ready") : t("removal.blocked")}</ToneTag>
        </p>
        {blocks.map((block) => (
          <Kept key={`${block.code}/${block.object ?? ""}`} report={block} />
        ))}
        {found.error && <Kept report={found.error} />}
      </Pane>
      {teams.length > 0 && <Leaving name={name} teams={teams} />}
      <Plan found={found} />
      <ConfirmDanger
        open={asking}
        name={name}
        title={t("removal.ask", { name })}
        verb={t("removal.verb")}
        consequences={[
          t("removal.forgets"),
          t("removal.untouched"),
          ...(records ? [t("removal.records", { count: records })] : []),
          ...(removes ? [t("removal.would-remove", { count: removes })] : []),
          ...(keeps ? [t("removal.keeps", { count: keeps })] : []),
          ...(stuck ? [t("removal.stuck", { count: stuck })] : []),
        ]}
        run={() => api("DELETE /clusters/{name}", { path: { name } })}
        done={() => void gone()}
        close={() => ask(false)}
      />
    </div>
  );
}

function Leaving({ name, teams }: { name: string; teams: LeavingTeam[] }) {
  const { t } = useTranslation("cluster");
  return (
    <Pane title={t("leaving.title")} about={t("leaving.about")} wide>
      <Lines
        heads={[
          t("column.team"),
          t("column.namespace"),
          t("column.stack"),
          t("column.written-objects"),
          t("column.next"),
        ]}
        empty=""
        rows={teams.map((one) => ({
          key: one.team,
          cells: [
            <Link key="team" to={`/teams/${encodeURIComponent(one.team)}`}>
              {one.team}
            </Link>,
            <code key="namespace">{one.namespace}</code>,
            one.stack || "–",
            one.written ?? 0,
            <Leave key="leave" name={name} team={one.team} />,
          ],
        }))}
      />
    </Pane>
  );
}

/** Makes the plan with which the team would leave; it is read and approved on its own page. */
function Leave({ name, team }: { name: string; team: string }) {
  const { t } = useTranslation("cluster");
  const { may } = useSession();
  const navigate = useNavigate();
  const { busy, error, submit } = useSubmit();
  if (!may("plan.create", team)) return <span className="muted">{t("leaving.ask", { team })}</span>;
  const plan = () =>
    submit(async () => {
      const made = await api("POST /plans", { body: { team, clusters: [name], action: "leave" } });
      await navigate(`/plans/${encodeURIComponent(made.hash)}`);
    });
  return (
    <span className="stack tight">
      <span>
        <Button size="small" loading={busy} onClick={plan}>
          {t("leaving.plan")}
        </Button>
      </span>
      <Problem error={error} />
    </span>
  );
}

function Plan({ found }: { found: Removal }) {
  const { t } = useTranslation("cluster");
  const { plan, removes = 0, keeps = 0, stuck = 0 } = found;
  if (!plan) return null;
  const order = (one: ObjectVerdict) =>
    verdictTone[one.verdict] === "unhealthy" ? 0 : one.verdict === "delete" ? 1 : 2;
  const verdicts = [...plan.verdicts].sort((a, b) => order(a) - order(b));
  return (
    <Pane
      title={t("removal.plan")}
      about={
        removes + keeps + stuck > 0 && (
          <span className="row">
            {removes > 0 && <span>{t("removal.would-remove", { count: removes })}</span>}
            {keeps > 0 && <span>{t("removal.keeps", { count: keeps })}</span>}
            {stuck > 0 && <span>{t("removal.stuck", { count: stuck })}</span>}
          </span>
        )
      }
      wide
    >
      <Lines
        heads={[t("column.object"), t("column.verdict"), t("column.why")]}
        empty={t("removal.nothing")}
        rows={verdicts.map((one) => ({
          key: nameOfRef(one.ref),
          cells: [
            <code key="object">{nameOfRef(one.ref)}</code>,
            <Verdict key="verdict" verdict={one.verdict} quiet />,
            <span key="why" className="stack tight" style={{ gap: 0 }}>
              <Said message={one.reason} />
              {one.remedy && (
                <span className="muted">
                  <Said message={one.remedy} />
                </span>
              )}
            </span>,
          ],
        }))}
      />
    </Pane>
  );
}
