/** The age and end of the cluster's credential, never the credential; and replacing it. */
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Form } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import { CopyName } from "~/components/CopyName";
import { Facts } from "~/components/Detail";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { connectionBody, KubeconfigField, NOTHING } from "~/pages/clusters/KubeconfigField";
import { Revealed } from "~/pages/clusters/Revealed";
import { useSession } from "~/shell/session";
import "~/pages/clusters/clusters.css";
import type { PartProps } from ".";
import { Pane } from "./Pane";

const TONES = {
  valid: "healthy",
  unlimited: "degraded",
  expiring: "degraded",
  expired: "unhealthy",
  unknown: "unknown",
} as const;

export function Credentials({ cluster }: PartProps) {
  const { t } = useTranslation("cluster");
  const { may } = useSession();
  const { credential } = cluster;
  return (
    <div className="panes">
      <Pane title={t("credential.title")} about={t("credential.about")}>
        <Facts
          rows={[
            [t("credential.kind"), credential ? t(`credential.kinds.${credential.kind}`) : null],
            [
              t("credential.state"),
              credential ? (
                <span key="state" className="stack tight" style={{ gap: 0 }}>
                  <ToneTag tone={TONES[credential.state]} quiet>
                    {t(`credential.states.${credential.state}`)}
                  </ToneTag>
                  <span className="muted">{t(`credential.states-about.${credential.state}`)}</span>
                </span>
              ) : null,
            ],
            [t("credential.subject"), credential?.subject ? <CopyName key="s" name={credential.subject} /> : null],
            [t("credential.stored"), credential?.stored_at ? <Since key="st" at={credential.stored_at} /> : null],
            [t("credential.issued"), credential?.issued_at ? <Since key="i" at={credential.issued_at} /> : null],
            [t("credential.expires"), credential?.expires_at ? <Since key="e" at={credential.expires_at} /> : null],
            [t("reach.server"), cluster.server ? <CopyName key="server" name={cluster.server} /> : null],
            [t("credential.identity"), cluster.uid ? <CopyName key="uid" name={cluster.uid} /> : null],
            [t("credential.tls"), cluster.insecure ? t("insecure.about") : t("credential.tls-checked")],
            [t("credential.registered"), <Since key="added" at={cluster.added_at} />],
          ]}
        />
      </Pane>
      {may("cluster.rotate") && (
        <Pane title={t("rotate.title")} about={t("rotate.about")}>
          <Rotate name={cluster.cluster} />
        </Pane>
      )}
    </div>
  );
}

function Rotate({ name }: { name: string }) {
  const { t } = useTranslation("cluster");
  const client = useQueryClient();
  const { message } = App.useApp();
  const [connection, setConnection] = useState(NOTHING);
  const { busy, error, submit } = useSubmit();
  const replace = () =>
    submit(async () => {
      await api("PUT /clusters/{name}/credentials", { path: { name }, body: connectionBody(connection) });
      setConnection(NOTHING);
      void message.success(t("rotate.done"));
      await queries.invalidate(client, "clusters", "matrix", "status");
    });
  return (
    <Form layout="vertical" onFinish={replace} className="stack">
      <KubeconfigField value={connection} change={setConnection} />
      <Revealed error={error} />
      <div className="row">
        <Button type="primary" htmlType="submit" loading={busy} disabled={!connection.kubeconfig.trim()}>
          {t("rotate.submit")}
        </Button>
        {busy && <span className="muted">{t("rotate.trying")}</span>}
      </div>
    </Form>
  );
}
