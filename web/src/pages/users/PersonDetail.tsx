/** A person beside the list: who they are, and what they may do where. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { PersonView, Role } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import { Detail, Facts } from "~/components/Detail";
import { PermissionList, useRoleName } from "~/components/Permissions";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";
import { holding } from "~/lib/apiTokens";
import { useScope } from "~/shell/scope";
import { methodOf, PersonState } from "./People";
import { PersonActions } from "./PersonActions";
import { tokens as allTokens } from "./queries";

interface Props {
  person: PersonView;
  roles: readonly Role[] | undefined;
  close: () => void;
}

export function PersonDetail({ person, roles, close }: Props) {
  const { t } = useTranslation("users");
  const { t: common } = useTranslation("common");
  return (
    <Detail
      title={person.display_name || person.name}
      state={<PersonState person={person} />}
      actions={<PersonActions person={person} roles={roles} large />}
      close={close}
      tabs={[
        { key: "summary", label: common("detail.summary"), children: <Summary person={person} /> },
        ...(roles
          ? [{ key: "allowed", label: t("allowed"), children: <Allowed person={person} roles={roles} /> }]
          : []),
      ]}
    />
  );
}

function Summary({ person }: { person: PersonView }) {
  const { t } = useTranslation("users");
  const { link } = useScope();
  const roleName = useRoleName();
  const tokens = useQuery(allTokens());
  const held = tokens.data?.filter((one) => one.user === person.name && holding(one, Date.now())).length;
  const teams = Object.entries(person.teams);
  return (
    <Facts
      rows={[
        [t("column.name"), <CopyName key="name" name={person.name} />],
        [t("column.role"), person.role ? roleName(person.role) : t("no-role")],
        [
          t("column.teams"),
          teams.length ? (
            <ul key="teams">
              {teams.map(([team, role]) => (
                <li key={team}>
                  <Link to={`/teams/${encodeURIComponent(team)}?view=members`}>{team}</Link>{" "}
                  <span className="muted">{roleName(role)}</span>
                </li>
              ))}
            </ul>
          ) : (
            <span key="teams" className="muted">
              {t("no-team")}
            </span>
          ),
        ],
        [t("column.method"), t(`method.${methodOf(person)}`)],
        [t("issuer"), person.issuer ? <CopyName key="issuer" name={person.issuer} /> : null],
        [t("column.seen"), <Since key="seen" at={person.last_sign_in_at} />],
        [t("column.created"), <Since key="created" at={person.created_at} />],
        [
          t("tokens"),
          held === undefined ? null : (
            <Link key="tokens" to={link(`/tokens?whose=all&q=${encodeURIComponent(person.name)}`)}>
              {t("tokens-held", { count: held })}
            </Link>
          ),
        ],
      ]}
    />
  );
}

function Allowed({ person, roles }: { person: PersonView; roles: readonly Role[] }) {
  const { t } = useTranslation("users");
  const roleName = useRoleName();
  const places = [["", person.role] as const, ...Object.entries(person.teams)].filter(([, role]) => role);
  if (!places.length) return <p className="muted">{t("allowed-nothing")}</p>;
  return (
    <div className="stack" style={{ gap: 24 }}>
      {places.map(([team, role]) => (
        <section key={team} className="stack tight">
          <h2>
            {team ? t("in-team", { team, role: roleName(role) }) : t("in-installation", { role: roleName(role) })}
          </h2>
          <PermissionList permissions={roles.find((one) => one.name === role)?.permissions ?? []} />
        </section>
      ))}
    </div>
  );
}
