/** The roles: those that are built in, and those that somebody made; what each allows and who has it. */
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import type { Role } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { usePermissionWords, useRoleAbout, useRoleName } from "~/components/Permissions";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { people } from "./queries";
import { RoleDetail } from "./RoleDetail";
import { type Holder, holdersOf } from "./roles";

export interface RoleRow {
  role: Role;
  /** Undefined where one may not see people. */
  holders: Holder[] | undefined;
}

export function Roles({ query }: { query: UseQueryResult<Role[]> }) {
  const { t } = useTranslation("users");
  const { may } = useSession();
  const everybody = useQuery({ ...people(), enabled: may("user.read") });
  const roleName = useRoleName();
  const about = useRoleAbout();
  const words = usePermissionWords();
  const rows = query.data?.map(
    (role): RoleRow => ({ role, holders: everybody.data && holdersOf(role.name, role.scope, everybody.data) }),
  );
  const said = ({ role }: RoleRow) => about(role.name) ?? role.permissions.map(words).join(t("semicolon"));
  const columns: Column<RoleRow>[] = [
    {
      key: "name",
      title: t("column.role"),
      width: 180,
      primary: true,
      value: (row) => `${roleName(row.role.name)} ${row.role.name}`,
      fixedOrder: true,
      render: (row) => roleName(row.role.name),
    },
    {
      key: "scope",
      title: t("column.scope"),
      width: 130,
      value: (row) => t(`scope.${row.role.scope}`),
      pick: (row) => row.role.scope,
      options: (["installation", "team"] as const).map((value) => ({ value, label: t(`scope.${value}`) })),
    },
    {
      key: "kind",
      title: t("column.kind"),
      width: 110,
      value: (row) => t(`kind.${kindOf(row.role)}`),
      pick: (row) => kindOf(row.role),
      options: (["builtin", "custom"] as const).map((value) => ({ value, label: t(`kind.${value}`) })),
    },
    {
      key: "about",
      title: t("column.about"),
      width: 375,
      value: said,
      fixedOrder: true,
      render: (row) => <span title={said(row)}>{said(row)}</span>,
    },
    {
      key: "permissions",
      title: t("column.permissions"),
      width: 120,
      align: "end",
      value: (row) => row.role.permissions.length,
    },
    ...(may("user.read")
      ? [
          {
            key: "people",
            title: t("column.people"),
            width: 100,
            align: "end",
            value: (row: RoleRow) => row.holders?.length,
          } satisfies Column<RoleRow>,
        ]
      : []),
  ];
  return (
    <DataTable
      label={t("view.roles")}
      query={query}
      rows={rows}
      columns={columns}
      rowKey={(row) => row.role.name}
      detail={(row, close) => <RoleDetail key={row.role.name} row={row} roles={query.data ?? []} close={close} />}
    />
  );
}

export function kindOf(role: Role): "builtin" | "custom" {
  return role.builtin ? "builtin" : "custom";
}
