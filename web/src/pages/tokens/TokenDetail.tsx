/** A token beside the list: what it may do, where, and until when. Never the token itself. */
import { Button } from "antd";
import type { ApiToken } from "~/api/schema";
import { Detail, Facts } from "~/components/Detail";
import { PermissionList } from "~/components/Permissions";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";
import { holding } from "~/lib/apiTokens";
import { TokenTag } from "./columns";

interface Props {
  token: ApiToken;
  /** Absent: one may not. */
  revoke: (() => void) | undefined;
  close: () => void;
}

export function TokenDetail({ token, revoke, close }: Props) {
  const { t } = useTranslation("tokens");
  const { t: common } = useTranslation("common");
  return (
    <Detail
      title={token.name}
      state={<TokenTag token={token} />}
      close={close}
      actions={
        revoke &&
        holding(token, Date.now()) && (
          <Button danger onClick={revoke}>
            {t("revoke.verb")}
          </Button>
        )
      }
      tabs={[
        {
          key: "summary",
          label: common("detail.summary"),
          children: (
            <div className="stack" style={{ gap: 20 }}>
              <Facts
                rows={[
                  [t("column.user"), <code key="user">{token.user}</code>],
                  [t("column.prefix"), <code key="prefix">{token.prefix}…</code>],
                  [t("column.teams"), token.teams ? token.teams.join(", ") : t("every-team")],
                  [t("column.created"), <Since key="created" at={token.created_at} />],
                  [t("column.expires"), <Since key="expires" at={token.expires_at} />],
                  [t("column.used"), <Since key="used" at={token.last_used_at} />],
                  [t("revoked"), token.revoked_at ? <Since key="revoked" at={token.revoked_at} /> : null],
                ]}
              />
              <section className="stack tight">
                <h2>{t("column.permissions")}</h2>
                {token.permissions ? (
                  <>
                    <p className="muted">{t("narrowed", { user: token.user })}</p>
                    <PermissionList permissions={token.permissions} />
                  </>
                ) : (
                  <p>{t("everything-about", { user: token.user })}</p>
                )}
              </section>
            </div>
          ),
        },
      ]}
    />
  );
}
