/** Revoking a token: who is refused from then on. */
import { useQueryClient } from "@tanstack/react-query";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { ApiToken } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";

export function RevokeToken({ token, close }: { token: ApiToken; close: () => void }) {
  const { t } = useTranslation("tokens");
  const client = useQueryClient();
  return (
    <ConfirmDanger
      open
      name={token.name}
      title={t("revoke.title", { name: token.name })}
      verb={t("revoke.verb")}
      consequences={[
        t("revoke.refused", { prefix: token.prefix, user: token.user }),
        token.last_used_at ? (
          <>
            {t("revoke.used")} <Since at={token.last_used_at} />
          </>
        ) : (
          t("revoke.unused")
        ),
        t("revoke.final"),
      ]}
      run={() => api("DELETE /tokens/{id}", { path: { id: token.id } })}
      done={() => void queries.invalidate(client, "tokens")}
      close={close}
    />
  );
}
