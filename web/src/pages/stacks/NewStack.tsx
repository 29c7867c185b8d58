/** A new stack: the same form and editor as for one that exists, beginning with the newest release. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import * as queries from "~/api/queries";
import { Loading } from "~/components/Loading";
import { PageHeader } from "~/components/PageHeader";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import { newText } from "../stack/manifest";
import { bundles } from "../stack/queries";
import { StackEditor } from "../stack/StackEditor";

export function NewStack() {
  const { t } = useTranslation("stacks");
  const { team } = useScope();
  const { may } = useSession();
  const navigate = useNavigate();
  const teams = useQuery(queries.teams());
  const found = useQuery(bundles());
  const above = { to: "/stacks", title: t("title") };
  const header = <PageHeader title={t("new")} above={above} summary={t("new-about")} />;
  const error = teams.error ?? found.error;
  if (!teams.data || !found.data) {
    return (
      <>
        {header}
        {error ? <Problem error={error} large /> : <Loading lines={10} />}
      </>
    );
  }
  const own = teams.data.map((one) => one.team.name).filter((name) => may("stack.write", name));
  const begins = team && own.includes(team) ? team : own.length === 1 ? (own[0] ?? "") : "";
  const newest = found.data.filter((row) => row.channel === "standard").at(-1)?.version ?? "";
  return (
    <>
      {header}
      <StackEditor
        initial={newText(begins, newest)}
        latest={null}
        teams={own}
        saved={(of, name) => void navigate(`/teams/${encodeURIComponent(of)}/stacks/${encodeURIComponent(name)}`)}
      />
    </>
  );
}
