/** A token that was just made: all of it, this once, and how a program uses it. */
import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { Button, Modal } from "antd";
import { useRef, useState } from "react";
import type { MadeToken } from "~/api/schema";
import { copy } from "~/components/CopyName";
import { Shape } from "~/components/Shape";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";
import { focusFirst } from "~/lib/focusFirst";

export function Made({ made, close }: { made: MadeToken; close: () => void }) {
  const { t } = useTranslation("tokens");
  const [copied, setCopied] = useState<boolean | null>(null);
  const { token, secret } = made;
  const copying = useRef<HTMLDivElement>(null);
  const origin = window.location.origin;
  const lines = [
    `export GATEWRIGHT_SERVER=${origin}`,
    "export GATEWRIGHT_TOKEN=...",
    "gatewright status",
    `curl -H "Authorization: Bearer $GATEWRIGHT_TOKEN" ${origin}/api/v1/version`,
  ];
  return (
    <Modal
      open
      width={640}
      title={t("made.title", { name: token.name })}
      closable={false}
      keyboard={false}
      mask={{ closable: false }}
      afterOpenChange={() => focusFirst(copying.current)}
      footer={<Button onClick={close}>{t("made.done")}</Button>}
    >
      <div className="stack">
        <div className="note tone-degraded">
          <Shape tone="degraded" />
          <div className="words">
            <strong>{t("made.once")}</strong>
            <span>{t("made.keep")}</span>
          </div>
        </div>
        <code className="secret" data-testid="token-secret">
          {secret}
        </code>
        <div className="row" ref={copying}>
          <Button
            type="primary"
            icon={copied ? <CheckOutlined /> : <CopyOutlined />}
            onClick={() => void copy(secret).then(setCopied)}
          >
            {t("made.copy")}
          </Button>
          <span className="muted" role="status">
            {copied === null ? "" : copied ? t("made.copied") : t("made.select")}
          </span>
        </div>
        <p className="muted">
          {t("made.expires")} <Since at={token.expires_at} />
        </p>
        <section className="stack tight">
          <h3>{t("made.use")}</h3>
          <pre className="secret">{lines.join("\n")}</pre>
        </section>
      </div>
    </Modal>
  );
}
