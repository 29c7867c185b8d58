/**
 * A stack, by form or as YAML. Both write one text, so that nothing typed is lost by changing from one to the other;
 * comments and the order of fields stay too. Beside it stands what saving would change.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Segmented } from "antd";
import { type ReactNode, useEffect, useMemo, useState } from "react";
import { useSearchParams } from "react-router";
import { api, ProblemError } from "~/api/client";
import { invalidate } from "~/api/queries";
import type { Stack } from "~/api/schema";
import { DiffView } from "~/components/DiffView";
import { Problem } from "~/components/Problem";
import { Changes } from "~/editor/Changes";
import { mappingOf } from "~/editor/documents";
import { Editor, manifestSchema } from "~/editor/index";
import { useDiff } from "~/editor/useDiff";
import { validate } from "~/editor/validate";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { Conflict } from "./Conflict";
import { addressOf, bodyOf, textOf } from "./manifest";
import { stack as query } from "./queries";
import { StackForm } from "./StackForm";
import "./stack.css";

export interface Known {
  body: Stack;
  etag: string;
}

interface Props {
  /** What it begins with. */
  initial: string;
  /** The stack as the server has it now; null: it is new. */
  latest: Known | null;
  teams?: readonly string[];
  /** What one can do besides; `dirty`: something is typed and not saved. */
  actions?: (dirty: boolean) => ReactNode;
  saved: (team: string, name: string) => void;
}

export function StackEditor({ initial, latest, teams, actions, saved }: Props) {
  const { t, i18n } = useTranslation("stack");
  const client = useQueryClient();
  const { may } = useSession();
  const [params, setParams] = useSearchParams();
  const [text, setText] = useState(initial);
  const [read, setRead] = useState(latest);
  const { busy, error, submit } = useSubmit();
  const before = read ? textOf(read.body) : "";
  const dirty = text !== before;
  const moved = latest !== null && read !== null && latest.etag !== read.etag;
  // What nobody has touched here follows what others do.
  useEffect(() => {
    if (!moved || dirty || !latest) return;
    setRead(latest);
    setText(textOf(latest.body));
  }, [moved, dirty, latest]);
  useLeaving(dirty && text !== initial);

  const schema = useQuery(manifestSchema(i18n.language)).data;
  const manifest = useMemo(() => mappingOf(text), [text]);
  const issues = useMemo(() => (schema && manifest ? validate(schema, manifest) : []), [schema, manifest]);
  const address = manifest ? addressOf(manifest) : { team: "", name: "" };
  const team = read?.body.team ?? address.team;
  const name = read?.body.name ?? address.name;
  const renamed = !!read && !!manifest && (address.team !== team || address.name !== name);
  const kind = !manifest || manifest["kind"] === "Stack";
  const writes = team ? may("stack.write", team) : may("stack.write");
  const diffs = dirty && !!schema && !!manifest && !issues.length && kind && may("manifest.diff", team || undefined);
  const diff = useDiff(text, "stack.yaml", diffs);
  const view = params.get("view") === "yaml" ? "yaml" : "form";
  const show = (chosen: string) =>
    setParams(
      (old) => {
        const made = new URLSearchParams(old);
        if (chosen === "yaml") made.set("view", chosen);
        else made.delete("view");
        return made;
      },
      { replace: true },
    );

  const save = async (etag: string | undefined) => {
    if (!manifest) return;
    try {
      const path = { team, name };
      await api("PUT /teams/{team}/stacks/{name}", { path, body: bodyOf(manifest), ...(etag && { ifMatch: etag }) });
      await invalidate(client, "stacks", "teams");
      const now = await client.fetchQuery({ ...query(team, name), staleTime: 0 });
      setRead(now);
      setText(textOf(now.body));
      saved(team, name);
    } catch (caught) {
      if (caught instanceof ProblemError && caught.status === 412) await client.invalidateQueries(query(team, name));
      else throw caught;
    }
  };
  const wrong = !manifest
    ? t("save.no-yaml")
    : !kind
      ? t("save.kind")
      : renamed
        ? t("save.renamed", { team, name })
        : issues.length
          ? t("save.issues", { count: issues.length })
          : !writes
            ? t("save.forbidden")
            : !dirty
              ? t("save.same")
              : moved
                ? t("save.moved")
                : null;
  return (
    <div className="stack-editor">
      {moved && dirty && latest && read && (
        <Conflict
          read={before}
          theirs={textOf(latest.body)}
          mine={text}
          keepMine={() => {
            setRead(latest);
            void submit(() => save(latest.etag));
          }}
          takeTheirs={() => {
            setRead(latest);
            setText(textOf(latest.body));
          }}
        />
      )}
      <div className="row spread">
        <Segmented
          value={view}
          onChange={show}
          aria-label={t("view.label")}
          options={[
            { value: "form", label: t("view.form") },
            { value: "yaml", label: t("view.yaml") },
          ]}
        />
        {actions?.(dirty)}
      </div>
      <div className={`stack-sides ${view}`}>
        {view === "yaml" ? (
          <Editor
            label={t("view.yaml")}
            value={text}
            onChange={setText}
            schema={schema}
            problems={diff.problems}
            names={teams ? { team: teams } : undefined}
            readOnly={!writes}
          />
        ) : manifest && kind ? (
          <StackForm {...{ text, manifest, schema, issues, teams }} disabled={!writes} onChange={setText} />
        ) : (
          <p className="card">{t("view.broken")}</p>
        )}
        <section className="stack-difference" aria-label={t("difference.title")}>
          <h2>{t("difference.title")}</h2>
          {!dirty ? (
            <p className="muted">{t("difference.none")}</p>
          ) : diff.error ? (
            <Problem error={diff.error} />
          ) : diffs && diff.changes ? (
            <Changes changes={diff.changes} />
          ) : (
            <DiffView before={before} after={text} />
          )}
        </section>
      </div>
      <Problem error={error} />
      <div className="row stack-save">
        <Button
          type="primary"
          disabled={wrong !== null}
          loading={busy}
          onClick={() => submit(() => save(read ? (read.etag ?? "*") : undefined))}
        >
          {t(read ? "save.save" : "save.create")}
        </Button>
        {dirty && read && (
          <Button disabled={busy} onClick={() => setText(before)}>
            {t("save.revert")}
          </Button>
        )}
        <span className="muted">{wrong ?? t("save.about")}</span>
      </div>
    </div>
  );
}

/** The browser asks before what was typed is lost. */
function useLeaving(unsaved: boolean): void {
  useEffect(() => {
    if (!unsaved) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [unsaved]);
}
