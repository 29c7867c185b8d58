/** One stack of a team: what it wants, where it is used, and how to change it. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { Binding } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { Loading } from "~/components/Loading";
import { PageHeader } from "~/components/PageHeader";
import { Problem } from "~/components/Problem";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { textOf } from "./manifest";
import { stack as query } from "./queries";
import { type Known, StackEditor } from "./StackEditor";

export default function Page() {
  const { t } = useTranslation("stack");
  const { team = "", stack = "" } = useParams();
  const found = useQuery(query(team, stack));
  const above = { to: "/stacks", title: t("above") };
  if (found.data) return <Shown key={`${team}/${stack}`} known={found.data} above={above} />;
  return (
    <>
      <PageHeader title={t("title")} object={stack} above={above} />
      {found.error ? <Problem error={found.error} retry={found.refetch} large /> : <Loading lines={10} />}
    </>
  );
}

function Shown({ known, above }: { known: Known; above: { to: string; title: string } }) {
  const { t } = useTranslation("stack");
  const { team, name } = known.body;
  const bindings = useQuery(queries.bindings(team));
  const used = (bindings.data ?? []).filter((one) => one.stack === name);
  const [saved, setSaved] = useState(false);
  return (
    <>
      <PageHeader
        title={t("title")}
        object={name}
        above={above}
        summary={<Used used={used} team={team} known={bindings.data !== undefined} />}
        actions={<Remove known={known} used={used} />}
      />
      <StackEditor
        initial={textOf(known.body)}
        latest={known}
        saved={() => setSaved(true)}
        actions={(dirty) => (
          <span className="row">
            {saved && !dirty && <ToneTag tone="healthy">{t("saved")}</ToneTag>}
            <Planned team={team} used={used} />
          </span>
        )}
      />
    </>
  );
}

function Used({ used, team, known }: { used: readonly Binding[]; team: string; known: boolean }) {
  const { t } = useTranslation("stack");
  return (
    <span className="row stack-used">
      <span>
        {t("team")} <Link to={`/teams/${encodeURIComponent(team)}`}>{team}</Link>
      </span>
      {known && (
        <span>
          {used.length ? t("used", { count: used.length }) : t("unused")}{" "}
          {used.slice(0, 12).map((one, index) => (
            <span key={one.cluster}>
              {index > 0 && ", "}
              <Link to={`/teams/${encodeURIComponent(team)}/clusters/${encodeURIComponent(one.cluster)}`}>
                {one.cluster}
              </Link>
            </span>
          ))}
          {used.length > 12 && ", …"}
        </span>
      )}
      <span>{t("nothing-yet")}</span>
    </span>
  );
}

/** What the stack wants reaches its clusters by a plan. */
function Planned({ team, used }: { team: string; used: readonly Binding[] }) {
  const { t } = useTranslation("stack");
  const { may } = useSession();
  const navigate = useNavigate();
  const { busy, error, submit } = useSubmit();
  if (!used.length || !may("plan.create", team)) return null;
  const make = () =>
    submit(async () => {
      const clusters = used.map((one) => one.cluster);
      const made = await api("POST /plans", { body: { team, clusters, action: "install", keep_crds: false } });
      await navigate(`/plans/${made.hash}`);
    });
  return (
    <>
      <Button loading={busy} onClick={make}>
        {t("plan", { count: used.length })}
      </Button>
      {error ? <Problem error={error} /> : null}
    </>
  );
}

function Remove({ known: { body, etag }, used }: { known: Known; used: readonly Binding[] }) {
  const { t } = useTranslation("stack");
  const { may } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const { team, name } = body;
  if (!may("stack.write", team)) return null;
  return (
    <>
      <Button danger onClick={() => setAsking(true)}>
        {t("remove.button")}
      </Button>
      <ConfirmDanger
        open={asking}
        name={name}
        title={t("remove.title", { name })}
        verb={t("remove.button")}
        consequences={[
          used.length ? t("remove.used", { count: used.length }) : t("remove.unused"),
          t("remove.clusters"),
        ]}
        run={() => api("DELETE /teams/{team}/stacks/{name}", { path: { team, name }, ifMatch: etag || "*" })}
        done={async () => {
          await navigate("/stacks");
          client.removeQueries({ queryKey: query(team, name).queryKey });
          await queries.invalidate(client, "stacks", "teams");
        }}
        close={() => setAsking(false)}
      />
    </>
  );
}
