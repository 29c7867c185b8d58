/** Who is in the team, and in which role. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { Grant } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { useRoleName } from "~/components/Permissions";
import { Problem } from "~/components/Problem";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { AddMember } from "./AddMember";
import type { Part } from "./part";
import { roles as allRoles, members } from "./queries";

export function Members({ team }: Part) {
  const { t } = useTranslation("team");
  const { session, may } = useSession();
  const client = useQueryClient();
  const name = team.team.name;
  const query = useQuery(members(name));
  const mayWrite = may("member.write", name);
  const roles = useQuery({ ...allRoles(), enabled: mayWrite && may("role.read") });
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Grant | null>(null);
  const [error, setError] = useState<unknown>(null);
  const names = (roles.data ?? []).filter((role) => role.scope === "team").map((role) => role.name);
  const label = useRoleName();
  const refresh = () => queries.invalidate(client, "members", "users", "session");
  const give = async (user: string, role: string) => {
    setError(null);
    try {
      await api("PUT /teams/{team}/members/{user}", { path: { team: name, user }, body: { role } });
    } catch (caught) {
      setError(caught);
    } finally {
      await refresh();
    }
  };
  const columns: Column<Grant>[] = [
    {
      key: "user",
      title: t("members.user"),
      width: 220,
      primary: true,
      value: (row) => `${row.user} ${row.display_name ?? ""}`,
      render: (row) => (
        <span className="row">
          {row.display_name || row.user}
          {row.display_name && <code className="muted">{row.user}</code>}
          {row.user === session.person?.name && <span className="muted">{t("members.you")}</span>}
        </span>
      ),
    },
    {
      key: "role",
      title: t("members.role"),
      width: 240,
      value: (row) => row.role,
      render: (row) =>
        mayWrite && names.length ? (
          <Select
            size="small"
            style={{ width: 200 }}
            aria-label={t("members.role-of", { user: row.user })}
            value={row.role}
            options={[...new Set([...names, row.role])].map((one) => ({ value: one, label: label(one) }))}
            onChange={(role) => void give(row.user, role)}
          />
        ) : (
          label(row.role)
        ),
    },
    {
      key: "disabled",
      title: t("members.state"),
      width: 140,
      value: (row) => (row.disabled ? "1" : "0"),
      render: (row) =>
        row.disabled ? (
          <ToneTag tone="unknown" quiet>
            {t("members.disabled")}
          </ToneTag>
        ) : (
          <ToneTag tone="healthy" quiet>
            {t("members.enabled")}
          </ToneTag>
        ),
    },
    ...(mayWrite
      ? [
          {
            key: "act",
            title: t("members.act"),
            width: 110,
            render: (row: Grant) => (
              <Button size="small" danger onClick={() => setLeaving(row)}>
                {t("members.remove")}
              </Button>
            ),
          },
        ]
      : []),
  ];
  const add = mayWrite && (
    <Button type="primary" onClick={() => setAdding(true)}>
      {t("members.add")}
    </Button>
  );
  return (
    <>
      <Problem error={error} />
      <DataTable
        label={t("tab.members")}
        query={query}
        rows={query.data}
        columns={columns}
        rowKey={(row) => row.user}
        tools={add}
        empty={
          <EmptyState title={t("members.empty")} action={add}>
            {t("members.empty-text")}
          </EmptyState>
        }
      />
      {adding && (
        <AddMember
          team={name}
          roles={names}
          present={query.data?.map((one) => one.user) ?? []}
          close={() => setAdding(false)}
          done={refresh}
        />
      )}
      {leaving && (
        <ConfirmDanger
          open
          name={leaving.user}
          title={t("members.remove-title", { user: leaving.user, team: name })}
          verb={t("members.remove")}
          consequences={[t("members.loses", { user: leaving.user, role: label(leaving.role) }), t("members.stays")]}
          run={() => api("DELETE /teams/{team}/members/{user}", { path: { team: name, user: leaving.user } })}
          done={() => void refresh()}
          close={() => setLeaving(null)}
        />
      )}
    </>
  );
}
