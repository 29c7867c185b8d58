/** How far the versions of the team's clusters may differ, the default namespace, and the end of the team. */

import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Select } from "antd";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { SkewPolicy, TeamView } from "~/api/schema";
import { Findings } from "~/components/Causes";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { LABEL } from "~/lib/names";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { RemoveTeam } from "../teams/RemoveTeam";
import type { Part } from "./part";

const LEVELS = ["none", "patch", "minor", "any"] as const;
const SPAN = /^[1-9][0-9]*[mhd]$/;

interface Asked {
  namespace?: string;
  skew: NonNullable<SkewPolicy["skew"]> | "default";
  for?: string;
}

export function Policy({ team, health }: Part) {
  const { t } = useTranslation("team");
  const { may } = useSession();
  const navigate = useNavigate();
  const [removing, setRemoving] = useState<TeamView | null>(null);
  const name = team.team.name;
  const mayWrite = may("team.write", name);
  return (
    <div className="team-panels">
      <section className="card">
        <h2>{t("policy.title")}</h2>
        <Change key={team.etag} team={team} mayWrite={mayWrite} />
      </section>
      <section className="card">
        <h2>{t("policy.skews")}</h2>
        {health?.findings?.length ? (
          <Findings findings={health.findings} />
        ) : (
          <p className="muted">{t("policy.level")}</p>
        )}
        {mayWrite && (
          <div className="stack tight" style={{ marginTop: 16 }}>
            <h2>{t("policy.end")}</h2>
            <p className="muted">{t("policy.end-about")}</p>
            <span>
              <Button danger onClick={() => setRemoving(team)}>
                {t("policy.delete")}
              </Button>
            </span>
          </div>
        )}
      </section>
      <RemoveTeam view={removing} close={() => setRemoving(null)} done={() => void navigate("/teams")} />
    </div>
  );
}

function Change({ team, mayWrite }: { team: Part["team"]; mayWrite: boolean }) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Asked>();
  const level = Form.useWatch("skew", form);
  const { busy, error, submit } = useSubmit();
  const { name, defaultNamespace = "", versions } = team.team;
  const save = (asked: Asked) =>
    submit(async () => {
      await api("PUT /teams/{team}", {
        path: { team: name },
        body: {
          defaultNamespace: asked.namespace ?? "",
          versions: asked.skew === "default" ? null : { skew: asked.skew, for: asked.for || "168h" },
        },
        ...(team.etag && { ifMatch: team.etag }),
      });
      await queries.invalidate(client, "teams", "health", "matrix", "bindings");
      message.success(t("policy.saved"));
    });
  return (
    <Form
      form={form}
      layout="vertical"
      requiredMark={false}
      disabled={!mayWrite}
      initialValues={{
        namespace: defaultNamespace,
        skew: versions ? (versions.skew ?? "none") : "default",
        for: versions?.for ?? "168h",
      }}
      onFinish={save}
    >
      <Form.Item
        name="namespace"
        label={t("policy.namespace")}
        extra={t("policy.namespace-about")}
        rules={[{ pattern: LABEL, message: t("bind.pattern") }]}
      >
        <Input placeholder={name} maxLength={63} spellCheck={false} />
      </Form.Item>
      <Form.Item name="skew" label={t("policy.skew")} extra={t(`policy.about.${level ?? "default"}`)}>
        <Select
          options={(["default", ...LEVELS] as const).map((one) => ({ value: one, label: t(`policy.level-of.${one}`) }))}
        />
      </Form.Item>
      {level !== "default" && level !== "any" && (
        <Form.Item
          name="for"
          label={t("policy.for")}
          extra={t("policy.for-about")}
          rules={[{ pattern: SPAN, message: t("policy.span") }]}
        >
          <Input placeholder="168h" style={{ width: 160 }} spellCheck={false} />
        </Form.Item>
      )}
      <Problem error={error} />
      {mayWrite && (
        <Button type="primary" htmlType="submit" loading={busy}>
          {common("action.save")}
        </Button>
      )}
    </Form>
  );
}
