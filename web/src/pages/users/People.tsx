/** Everybody: role, teams, how and when they signed in. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { PersonView, Role } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { useRoleName } from "~/components/Permissions";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { PersonActions } from "./PersonActions";
import { PersonDetail } from "./PersonDetail";
import { people } from "./queries";

type Method = "password" | "oidc" | "none";

export function People({ roles, add }: { roles: readonly Role[] | undefined; add: ReactNode }) {
  const { t } = useTranslation("users");
  const { session } = useSession();
  const query = useQuery(people());
  const roleName = useRoleName();
  const given = [...new Set((query.data ?? []).map((one) => one.role))].sort();
  const columns: Column<PersonView>[] = [
    {
      key: "name",
      title: t("column.name"),
      width: 200,
      primary: true,
      value: (row) => `${row.display_name || row.name} ${row.name}`,
      render: (row) => (
        <>
          {row.display_name || row.name}
          {row.display_name && <code className="muted"> {row.name}</code>}
          {row.name === session.person?.name && <span className="muted"> {t("you")}</span>}
        </>
      ),
    },
    {
      key: "state",
      title: t("column.state"),
      width: 110,
      value: stateOf,
      options: (["enabled", "disabled"] as const).map((value) => ({ value, label: t(`state.${value}`) })),
      render: (row) => <PersonState person={row} quiet />,
    },
    {
      key: "role",
      title: t("column.role"),
      width: 130,
      value: (row) => roleName(row.role),
      pick: (row) => row.role || "-",
      options: given.map((one) => ({ value: one || "-", label: one ? roleName(one) : t("no-role") })),
      render: (row) => (row.role ? roleName(row.role) : <span className="muted">–</span>),
    },
    {
      key: "teams",
      title: t("column.teams"),
      width: 230,
      value: (row) => Object.keys(row.teams).join(" "),
      render: (row) => {
        const said = Object.entries(row.teams).map(([team, role]) => t("in-team", { team, role: roleName(role) }));
        return said.length ? <span title={said.join("\n")}>{said.join(t("and"))}</span> : <None />;
      },
    },
    {
      key: "method",
      title: t("column.method"),
      width: 125,
      value: (row) => t(`method.${methodOf(row)}`),
      pick: methodOf,
      options: (["password", "oidc", "none"] as const).map((value) => ({ value, label: t(`method.${value}`) })),
      render: (row) => {
        const method = methodOf(row);
        return <span className={method === "none" ? "muted" : ""}>{t(`method.${method}`)}</span>;
      },
    },
    {
      key: "seen",
      title: t("column.seen"),
      width: 140,
      value: (row) => row.last_sign_in_at ?? "",
      render: (row) => <Since at={row.last_sign_in_at} />,
    },
    {
      key: "created",
      title: t("column.created"),
      width: 120,
      hidden: true,
      value: (row) => row.created_at,
      render: (row) => <Since at={row.created_at} />,
    },
    {
      key: "act",
      title: t("column.act"),
      width: 85,
      render: (row) => <PersonActions person={row} roles={roles} />,
    },
  ];
  return (
    <DataTable
      label={t("view.people")}
      query={query}
      rows={query.data}
      columns={columns}
      rowKey={(row) => row.name}
      empty={
        <EmptyState title={t("empty.title")} action={add}>
          {t("empty.text")}
        </EmptyState>
      }
      detail={(row, close) => <PersonDetail key={row.name} person={row} roles={roles} close={close} />}
    />
  );
}

export function PersonState({ person, quiet }: { person: PersonView; quiet?: boolean }) {
  const { t } = useTranslation("users");
  return (
    <ToneTag tone={person.disabled ? "unknown" : "healthy"} quiet={quiet}>
      {t(`state.${stateOf(person)}`)}
    </ToneTag>
  );
}

function stateOf(person: PersonView): "enabled" | "disabled" {
  return person.disabled ? "disabled" : "enabled";
}

/** How somebody signs in: both ways at once is told as the provider's. */
export function methodOf(person: PersonView): Method {
  return person.issuer ? "oidc" : person.password ? "password" : "none";
}

function None() {
  return <span className="muted">–</span>;
}
