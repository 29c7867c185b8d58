/** Deleting a person: what goes with them, and what stays. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { PersonView } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { useRoleName } from "~/components/Permissions";
import { useTranslation } from "~/i18n/react";
import { holding } from "~/lib/apiTokens";
import { tokens } from "./queries";

export function DeletePerson({ person, close }: { person: PersonView; close: () => void }) {
  const { t } = useTranslation("users");
  const client = useQueryClient();
  const roleName = useRoleName();
  const known = useQuery(tokens());
  const { name } = person;
  const held = (known.data ?? []).filter((one) => one.user === name && holding(one, Date.now())).length;
  const teams = Object.keys(person.teams);
  return (
    <ConfirmDanger
      open
      name={name}
      title={t("delete.title", { name })}
      verb={t("delete.verb")}
      consequences={[
        ...(person.role ? [t("delete.role", { role: roleName(person.role) })] : []),
        ...(teams.length ? [t("delete.teams", { count: teams.length, teams: teams.join(", ") })] : []),
        ...(held ? [t("delete.tokens", { count: held })] : []),
        t("delete.sessions"),
        t("delete.stays"),
        ...(person.issuer ? [t("delete.again")] : []),
      ]}
      run={() => api("DELETE /users/{name}", { path: { name } })}
      done={() => void queries.invalidate(client, "users", "tokens", "members")}
      close={close}
    />
  );
}
