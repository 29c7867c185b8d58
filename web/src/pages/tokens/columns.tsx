/** The columns of the list of tokens. */
import { Button } from "antd";
import type { ApiToken } from "~/api/schema";
import type { Column } from "~/components/DataTable";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { holding, stateOf, type TokenState } from "~/lib/apiTokens";
import { useNow } from "~/lib/now";
import type { Tone } from "~/theme/palette";

export const STATES: readonly TokenState[] = ["active", "soon", "expired", "revoked"];
const TONES: Record<TokenState, Tone> = { active: "healthy", soon: "degraded", expired: "unknown", revoked: "unknown" };

interface Acts {
  /** Everybody's are shown. */
  all: boolean;
  revoke: (token: ApiToken) => void;
  mayRevoke: (token: ApiToken) => boolean;
}

export function useColumns({ all, revoke, mayRevoke }: Acts): Column<ApiToken>[] {
  const { t } = useTranslation("tokens");
  const now = useNow();
  return [
    { key: "name", title: t("column.name"), width: 130, primary: true, value: (row) => row.name },
    ...(all
      ? [{ key: "user", title: t("column.user"), width: 110, value: (row: ApiToken) => row.user } as Column<ApiToken>]
      : []),
    {
      key: "prefix",
      title: t("column.prefix"),
      width: 120,
      value: (row) => row.prefix,
      fixedOrder: true,
      render: (row) => <code>{row.prefix}…</code>,
    },
    {
      key: "state",
      title: t("column.state"),
      width: 130,
      value: (row) => STATES.indexOf(stateOf(row, now)),
      pick: (row) => stateOf(row, now),
      options: STATES.map((value) => ({ value, label: t(`state.${value}`) })),
      render: (row) => <TokenTag token={row} quiet />,
    },
    {
      key: "permissions",
      title: t("column.permissions"),
      width: 115,
      value: (row) => row.permissions?.length ?? Number.POSITIVE_INFINITY,
      render: (row) =>
        row.permissions ? (
          <span title={row.permissions.join("\n")}>{t("some", { count: row.permissions.length })}</span>
        ) : (
          t("everything")
        ),
    },
    {
      key: "teams",
      title: t("column.teams"),
      width: 120,
      value: (row) => row.teams?.join(" "),
      render: (row) => (row.teams ? row.teams.join(", ") : <span className="muted">{t("all")}</span>),
    },
    {
      key: "expires",
      title: t("column.expires"),
      width: 105,
      value: (row) => row.expires_at,
      render: (row) => <Since at={row.expires_at} />,
    },
    {
      key: "used",
      title: t("column.used"),
      width: 110,
      value: (row) => row.last_used_at ?? "",
      render: (row) => <Since at={row.last_used_at} />,
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
      width: 90,
      render: (row) =>
        holding(row, now) && mayRevoke(row) ? (
          <Button size="small" danger aria-label={t("revoke.label", { name: row.name })} onClick={() => revoke(row)}>
            {t("revoke.verb")}
          </Button>
        ) : null,
    },
  ];
}

export function TokenTag({ token, quiet }: { token: ApiToken; quiet?: boolean }) {
  const { t } = useTranslation("tokens");
  const now = useNow();
  const state = stateOf(token, now);
  return (
    <ToneTag tone={TONES[state]} quiet={quiet}>
      {t(`state.${state}`)}
    </ToneTag>
  );
}
