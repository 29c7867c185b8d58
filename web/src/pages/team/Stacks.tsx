/** What the team wants on its clusters: each stack with its bundle and controller, and where it is in use. */
import { useNavigate } from "react-router";
import type { Stack } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { LinkButton } from "~/components/LinkButton";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import type { Part } from "./part";

export function Stacks({ team, cluster }: Part) {
  const { t } = useTranslation("team");
  const { may } = useSession();
  const navigate = useNavigate();
  const name = team.team.name;
  const here = team.bindings.find((one) => one.cluster === cluster)?.stack;
  const rows = cluster ? team.stacks.filter((one) => one.name === here) : team.stacks;
  const usedBy = (row: Stack) => team.bindings.filter((one) => one.stack === row.name).map((one) => one.cluster);
  const columns: Column<Stack>[] = [
    { key: "name", title: t("stacks.name"), value: (row) => row.name, primary: true, width: 170 },
    {
      key: "bundle",
      title: t("stacks.bundle"),
      width: 190,
      value: (row) => `${row.bundle.version} ${row.bundle.channel ?? "standard"}`,
    },
    {
      key: "controller",
      title: t("stacks.controller"),
      width: 190,
      value: (row) => (row.controller ? `${row.controller.name} ${row.controller.version}` : ""),
      render: (row) =>
        row.controller ? `${row.controller.name} ${row.controller.version}` : <span className="muted">–</span>,
    },
    { key: "drift", title: t("stacks.drift"), width: 130, value: (row) => t(`stacks.${row.drift ?? "report"}`) },
    {
      key: "used",
      title: t("stacks.used"),
      width: 320,
      value: (row) => usedBy(row).join(", "),
      render: (row) => usedBy(row).join(", ") || <span className="muted">{t("stacks.unused")}</span>,
    },
  ];
  const all = (
    <LinkButton to={`/stacks?team=${encodeURIComponent(name)}`} type={may("stack.write", name) ? "primary" : "default"}>
      {may("stack.write", name) ? t("stacks.edit") : t("stacks.all")}
    </LinkButton>
  );
  return (
    <DataTable
      label={t("tab.stacks")}
      rows={rows}
      columns={columns}
      rowKey={(row) => row.name}
      tools={all}
      onOpen={(row) => void navigate(`/teams/${encodeURIComponent(name)}/stacks/${encodeURIComponent(row.name)}`)}
      empty={
        <EmptyState title={cluster ? t("stacks.none-here", { cluster }) : t("stacks.empty")} action={all}>
          {t("stacks.empty-text")}
        </EmptyState>
      }
    />
  );
}
