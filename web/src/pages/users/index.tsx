/** Who may sign in with which role, and what the roles allow. The open list is in the address: `?view=roles`. */
import { useQuery } from "@tanstack/react-query";
import { Button, Tabs } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { PageHeader } from "~/components/PageHeader";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { People } from "./People";
import { PersonForm } from "./PersonForm";
import { roles as allRoles } from "./queries";
import { RoleForm } from "./RoleForm";
import { Roles } from "./Roles";
import "./users.css";

const VIEWS = [
  ["people", "user.read"],
  ["roles", "role.read"],
] as const;
/** What belongs to one list and means nothing in the other. */
const OF_A_LIST = ["q", "sort", "columns", "open", "tab", "role", "state", "method", "scope", "kind"];

export default function Users() {
  const { t } = useTranslation("users");
  const { session, may } = useSession();
  const [params, setParams] = useSearchParams();
  const [making, setMaking] = useState<"person" | "role" | null>(null);
  const views = VIEWS.filter(([, permission]) => may(permission));
  const active = views.find(([key]) => key === params.get("view"))?.[0] ?? views[0]?.[0] ?? "people";
  const roles = useQuery({ ...allRoles(), enabled: may("role.read") });
  const choose = (key: string) =>
    setParams((before) => {
      const made = new URLSearchParams(before);
      for (const one of OF_A_LIST) made.delete(one);
      if (key === views[0]?.[0]) made.delete("view");
      else made.set("view", key);
      return made;
    });
  const { oidc } = session;
  const summary =
    active === "roles"
      ? t("summary-roles")
      : oidc === null
        ? t("summary")
        : t("summary-oidc", { label: oidc || t("provider") });
  const add = may("user.write") && (
    <Button type="primary" onClick={() => setMaking("person")}>
      {t("add.open")}
    </Button>
  );
  const make = may("role.write") && (
    <Button type="primary" onClick={() => setMaking("role")}>
      {t("role.open")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} summary={summary} actions={active === "people" ? add : make} />
      {views.length > 1 && (
        <Tabs
          className="users-tabs"
          activeKey={active}
          onChange={choose}
          items={views.map(([key]) => ({ key, label: t(`view.${key}`) }))}
        />
      )}
      {active === "people" ? <People roles={roles.data} add={add} /> : <Roles query={roles} />}
      {making === "person" && <PersonForm roles={roles.data} close={() => setMaking(null)} />}
      {making === "role" && <RoleForm roles={roles.data ?? []} close={() => setMaking(null)} />}
    </>
  );
}
