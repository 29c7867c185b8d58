/** Manifests as YAML: of any kind and as many as one likes, with what they would change, applied together or not at all. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { ChangeView } from "~/api/schema";
import { Loading } from "~/components/Loading";
import { PageHeader } from "~/components/PageHeader";
import { Problem } from "~/components/Problem";
import { ToneTag } from "~/components/StateTag";
import { Changes } from "~/editor/Changes";
import { Editor, manifestSchema } from "~/editor/index";
import { type Diffed, useDiff } from "~/editor/useDiff";
import { useTranslation } from "~/i18n/react";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import "../stack/stack.css";

const FILE = "manifests.yaml";

export function Apply() {
  const { t, i18n } = useTranslation("stacks");
  const { team } = useScope();
  const { may } = useSession();
  const client = useQueryClient();
  const schema = useQuery(manifestSchema(i18n.language));
  const teams = useQuery(queries.teams());
  const [text, setText] = useState("");
  const [busy, setBusy] = useState<"load" | "apply" | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [done, setDone] = useState<ChangeView[] | null>(null);
  const diff = useDiff(text, FILE, true);
  const moved = diff.changes?.filter((one) => one.verb !== "unchanged").length ?? 0;
  const doing = async (what: "load" | "apply", run: () => Promise<void>) => {
    setBusy(what);
    setError(null);
    try {
      await run();
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(null);
    }
  };
  const load = () =>
    doing("load", async () => {
      setText(await api("GET /export", { query: { ...(team && { team }) } }));
      setDone(null);
    });
  const apply = () =>
    doing("apply", async () => {
      setDone(await api("POST /apply", { body: { documents: [{ file: FILE, text }] } }));
      await client.invalidateQueries();
    });
  const ready = diff.settled && !diff.error && moved > 0;
  return (
    <>
      <PageHeader
        title={t("apply.title")}
        above={{ to: "/stacks", title: t("title") }}
        summary={t("apply.about")}
        actions={
          may("manifest.export", team) && (
            <Button loading={busy === "load"} onClick={load}>
              {team ? t("apply.load-team", { team }) : t("apply.load")}
            </Button>
          )
        }
      />
      <div className="apply">
        <Editor
          label={t("apply.manifests")}
          value={text}
          onChange={(typed) => {
            setText(typed);
            setDone(null);
          }}
          schema={schema.data}
          problems={diff.problems}
          names={namesOf(teams.data ?? [])}
        />
        <section className="stack-difference" aria-label={t("apply.difference")}>
          <div className="row spread">
            <h2>{done ? t("apply.applied") : t("apply.difference")}</h2>
            {done && <ToneTag tone="healthy">{t("apply.done", { count: done.length })}</ToneTag>}
          </div>
          <div className="row">
            <Button type="primary" disabled={!ready || !!done} loading={busy === "apply"} onClick={apply}>
              {t("apply.apply", { count: moved })}
            </Button>
            <span className="muted">{t("apply.together")}</span>
          </div>
          <Problem error={error} />
          {done ? <Changes changes={done} /> : <Difference text={text} diff={diff} />}
        </section>
      </div>
    </>
  );
}

function Difference({ text, diff }: { text: string; diff: Diffed }) {
  const { t } = useTranslation("stacks");
  if (!text.trim()) return <p className="muted">{t("apply.empty")}</p>;
  if (diff.error) return <Problem error={diff.error} />;
  if (!diff.changes) return <Loading lines={4} />;
  return <Changes changes={diff.changes} />;
}

/** Names that only the server knows, for completion. */
function namesOf(
  teams: readonly { team: { name: string }; bindings: { cluster: string }[]; stacks: { name: string }[] }[],
) {
  const unique = (names: string[]) => [...new Set(names)].sort();
  return {
    team: teams.map((one) => one.team.name),
    cluster: unique(teams.flatMap((one) => one.bindings.map((binding) => binding.cluster))),
    stack: unique(teams.flatMap((one) => one.stacks.map((stack) => stack.name))),
  };
}
