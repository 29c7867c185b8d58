/** What teams want on their clusters: a list, a new one, and manifests as YAML (`?yaml`). */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearchParams } from "react-router";
import * as queries from "~/api/queries";
import type { Stack, TeamView } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { LinkButton } from "~/components/LinkButton";
import { PageHeader } from "~/components/PageHeader";
import { useTranslation } from "~/i18n/react";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import { Apply } from "./Apply";
import { NewStack } from "./NewStack";

export default function Page() {
  const [params] = useSearchParams();
  if (params.has("yaml")) return <Apply />;
  if (params.get("new") === "stack") return <NewStack />;
  return <List />;
}

interface Row {
  stack: Stack;
  clusters: string[];
}

function rowsOf(teams: readonly TeamView[], team: string | undefined): Row[] {
  return teams
    .filter((one) => !team || one.team.name === team)
    .flatMap((one) =>
      one.stacks.map((stack) => ({
        stack,
        clusters: one.bindings.filter((binding) => binding.stack === stack.name).map((binding) => binding.cluster),
      })),
    );
}

function List() {
  const { t } = useTranslation("stacks");
  const { team, link } = useScope();
  const { may } = useSession();
  const navigate = useNavigate();
  const found = useQuery(queries.teams());
  const writes = may("stack.write", team);
  return (
    <>
      <PageHeader
        title={t("title")}
        actions={
          <>
            {may("manifest.apply", team) && <LinkButton to={link("/stacks?yaml=1")}>{t("yaml")}</LinkButton>}
            {writes && (
              <LinkButton to={link("/stacks?new=stack")} type="primary">
                {t("new")}
              </LinkButton>
            )}
          </>
        }
      />
      <DataTable
        label={t("title")}
        query={found}
        rows={found.data && rowsOf(found.data, team)}
        columns={useColumns()}
        rowKey={({ stack }) => `${stack.team}/${stack.name}`}
        onOpen={({ stack }) =>
          void navigate(`/teams/${encodeURIComponent(stack.team)}/stacks/${encodeURIComponent(stack.name)}`)
        }
        empty={
          <EmptyState
            title={t("empty.title")}
            action={
              writes && (
                <LinkButton to={link("/stacks?new=stack")} type="primary">
                  {t("new")}
                </LinkButton>
              )
            }
          >
            {t("empty.text")}
          </EmptyState>
        }
      />
    </>
  );
}

function useColumns(): Column<Row>[] {
  const { t } = useTranslation("stacks");
  return [
    { key: "name", title: t("column.name"), value: (row) => row.stack.name, primary: true, width: 130 },
    { key: "of", title: t("column.team"), value: (row) => row.stack.team, width: 110 },
    { key: "bundle", title: t("column.bundle"), value: (row) => row.stack.bundle.version, width: 100 },
    {
      key: "channel",
      title: t("column.channel"),
      width: 120,
      value: (row) => row.stack.bundle.channel ?? "standard",
      options: (["standard", "experimental"] as const).map((one) => ({ value: one, label: t(`channel.${one}`) })),
      render: (row) => t(`channel.${row.stack.bundle.channel ?? "standard"}`),
    },
    {
      key: "controller",
      title: t("column.controller"),
      width: 140,
      value: ({ stack: { controller } }) => (controller ? `${controller.name} ${controller.version}` : ""),
      render: ({ stack: { controller } }) =>
        controller ? `${controller.name} ${controller.version}` : <span className="muted">{t("crds-only")}</span>,
    },
    {
      key: "ports",
      title: t("column.ports"),
      width: 100,
      value: ({ stack: { controller } }) => (controller?.ports ?? []).join(", "),
    },
    {
      key: "drift",
      title: t("column.drift"),
      width: 110,
      value: (row) => row.stack.drift ?? "report",
      options: (["report", "heal"] as const).map((mode) => ({ value: mode, label: t(`drift.${mode}`) })),
      render: (row) => t(`drift.${row.stack.drift ?? "report"}`),
    },
    {
      key: "clusters",
      title: t("column.clusters"),
      width: 200,
      value: (row) => row.clusters.length,
      render: ({ clusters }) =>
        clusters.length ? (
          <span title={clusters.slice(0, 40).join(", ")}>
            <span className="numbers">{clusters.length}</span>{" "}
            <span className="muted">{clusters.slice(0, 8).join(", ")}</span>
          </span>
        ) : (
          <span className="muted">{t("unused")}</span>
        ),
    },
  ];
}
