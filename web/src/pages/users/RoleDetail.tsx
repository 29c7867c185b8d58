/** A role beside the list: what it allows, who has it, and changing or deleting it. */
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { Role } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { Detail } from "~/components/Detail";
import { PermissionList, useRoleAbout, useRoleName } from "~/components/Permissions";
import { useTranslation } from "~/i18n/react";
import { holds } from "~/lib/permissions";
import { useSession } from "~/shell/session";
import { RoleForm } from "./RoleForm";
import { kindOf, type RoleRow } from "./Roles";
import type { Holder } from "./roles";

export function RoleDetail({ row, roles, close }: { row: RoleRow; roles: readonly Role[]; close: () => void }) {
  const { t } = useTranslation("users");
  const { session } = useSession();
  const client = useQueryClient();
  const roleName = useRoleName();
  const about = useRoleAbout();
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  const { role, holders } = row;
  const writer = session.permissions.includes("role.write");
  const within = holds(session, role.permissions);
  const mayWrite = writer && !role.builtin && within;
  const held = holders?.length ?? 0;
  const why = !writer ? null : role.builtin ? t("role.builtin") : within ? null : t("role.beyond");
  return (
    <Detail
      title={roleName(role.name)}
      state={
        <span className="muted">
          {t("kind-in-scope", { kind: t(`kind.${kindOf(role)}`), scope: t(`scope.${role.scope}`) })}
        </span>
      }
      close={close}
      actions={
        mayWrite && (
          <span className="row">
            <Button onClick={() => setOpen("edit")}>{t("role.edit")}</Button>
            <Button
              danger
              disabled={held > 0}
              title={held > 0 ? t("role.held") : undefined}
              onClick={() => setOpen("delete")}
            >
              {t("role.delete")}
            </Button>
          </span>
        )
      }
      tabs={[
        {
          key: "allowed",
          label: t("role.permissions", { count: role.permissions.length }),
          children: (
            <div className="stack">
              {about(role.name) && <p>{about(role.name)}</p>}
              {why && <p className="muted">{why}</p>}
              {mayWrite && held > 0 && <p className="muted">{t("role.held")}</p>}
              <PermissionList permissions={role.permissions} />
              {open === "edit" && <RoleForm role={role} held={held} roles={roles} close={() => setOpen(null)} />}
              {open === "delete" && (
                <ConfirmDanger
                  open
                  name={role.name}
                  title={t("role.delete-title", { role: role.name })}
                  verb={t("role.delete")}
                  consequences={[t("role.delete-nobody"), t("role.delete-gone")]}
                  run={() => api("DELETE /roles/{name}", { path: { name: role.name } })}
                  done={() => {
                    close();
                    void queries.invalidate(client, "roles");
                  }}
                  close={() => setOpen(null)}
                />
              )}
            </div>
          ),
        },
        ...(holders
          ? [{ key: "people", label: t("role.people", { count: held }), children: <Holders holders={holders} /> }]
          : []),
      ]}
    />
  );
}

function Holders({ holders }: { holders: readonly Holder[] }) {
  const { t } = useTranslation("users");
  if (!holders.length) return <p className="muted">{t("role.nobody")}</p>;
  return (
    <ul className="stack tight">
      {holders.map(({ person, team }) => (
        <li key={`${person.name}/${team}`} className="row">
          <Link to={`/users?open=${encodeURIComponent(person.name)}`}>{person.display_name || person.name}</Link>
          {person.display_name && <code className="muted">{person.name}</code>}
          {team && <span className="muted">{t("role.in", { team })}</span>}
          {person.disabled && <span className="muted">{t("state.disabled")}</span>}
        </li>
      ))}
    </ul>
  );
}
