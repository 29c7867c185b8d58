/** Registering a cluster with a kubeconfig. What was typed stays until the server has taken it. */
import { useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input, Radio } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { RegisteredCluster } from "~/api/schema";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { connectionBody, KubeconfigField, NOTHING } from "./KubeconfigField";
import { contextsOf, labelOf } from "./kubeconfig";
import { Revealed } from "./Revealed";

type Custody = "" | "own" | "observe";
const CUSTODY: readonly Custody[] = ["", "own", "observe"];

export function RegisterKubeconfig({ done }: { done: (cluster: RegisteredCluster) => void }) {
  const { t } = useTranslation("clusters");
  const client = useQueryClient();
  const [name, setName] = useState<string | null>(null);
  const [connection, setConnection] = useState(NOTHING);
  const [custody, setCustody] = useState<Custody>("");
  const [secrets, setSecrets] = useState(false);
  const { busy, error, submit } = useSubmit();
  const context = connection.context || contextsOf(connection.kubeconfig).current;
  // Until somebody types one, the name is that of the context.
  const called = name ?? labelOf(context);
  const ready = called !== "" && connection.kubeconfig.trim() !== "";
  const register = () => {
    if (!ready) return;
    return submit(async () => {
      const body = { ...connectionBody(connection), name: called, read_secrets: secrets, custody: custody || null };
      const cluster = await api("POST /clusters", { body });
      setConnection(NOTHING);
      await queries.invalidate(client, "clusters", "status", "matrix", "health");
      done(cluster);
    });
  };
  return (
    <Form layout="vertical" requiredMark={false} onFinish={register} className="stack">
      <KubeconfigField value={connection} change={setConnection} />
      <Form.Item label={t("name.label")} extra={t("name.about")} htmlFor="register-name">
        <Input
          id="register-name"
          autoComplete="off"
          spellCheck={false}
          className="mono"
          value={called}
          onChange={(event) => setName(event.target.value.trim())}
        />
      </Form.Item>
      <Form.Item label={<span id="register-custody">{t("custody.label")}</span>}>
        <Radio.Group
          aria-labelledby="register-custody"
          className="choices"
          value={custody}
          onChange={(event) => setCustody(event.target.value as Custody)}
          options={CUSTODY.map((value) => ({
            value,
            label: (
              <span className="choice">
                <strong>{t(`custody.${value || "auto"}.label`)}</strong>
                <span className="muted">{t(`custody.${value || "auto"}.about`)}</span>
              </span>
            ),
          }))}
        />
      </Form.Item>
      <Checkbox checked={secrets} onChange={(event) => setSecrets(event.target.checked)}>
        <span className="choice">
          <strong>{t("secrets.label")}</strong>
          <span className="muted">{t("secrets.about")}</span>
        </span>
      </Checkbox>
      <Revealed error={error} />
      <div className="row">
        <Button type="primary" htmlType="submit" loading={busy} disabled={!ready}>
          {t("register.submit")}
        </Button>
        <span className="muted">{busy ? t("register.trying") : t("register.writes-nothing")}</span>
      </div>
    </Form>
  );
}
