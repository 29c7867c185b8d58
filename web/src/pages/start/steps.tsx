/** The forms of the first three steps: as few questions as each needs, the rest has defaults. */

import { useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input, Select } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { LABEL } from "~/lib/names";
import { useSubmit } from "~/lib/useSubmit";
import { Register, type Way } from "~/pages/clusters/Register";
import type { Progress } from "./progress";

/** Goes on to the next step by forgetting which was open. */
function useOnward(): () => void {
  const [, setParams] = useSearchParams();
  return () =>
    setParams((before) => {
      const made = new URLSearchParams(before);
      made.delete("step");
      return made;
    });
}

export function ClusterStep() {
  const [way, choose] = useState<Way>("kubeconfig");
  return <Register way={way} choose={choose} done={useOnward()} />;
}

export function TeamStep({ teams }: { teams: string[] }) {
  const { t } = useTranslation("start");
  const client = useQueryClient();
  const onward = useOnward();
  const { busy, error, submit } = useSubmit();
  const create = ({ name }: { name: string }) =>
    submit(async () => {
      await api("PUT /teams/{team}", { path: { team: name.trim() }, body: {} });
      await queries.invalidate(client, "teams");
      onward();
    });
  return (
    <Form layout="vertical" requiredMark={false} onFinish={create} className="stack narrow">
      <Form.Item
        name="name"
        label={t("team.name")}
        extra={t("team.about")}
        rules={[
          { required: true, pattern: LABEL, max: 63, message: t("team.pattern") },
          {
            validator: (_, value) =>
              teams.includes(value) ? Promise.reject(new Error(t("team.taken"))) : Promise.resolve(),
          },
        ]}
      >
        <Input autoComplete="off" spellCheck={false} className="mono" />
      </Form.Item>
      <Problem error={error} />
      <div>
        <Button type="primary" htmlType="submit" loading={busy}>
          {t("team.submit")}
        </Button>
      </div>
    </Form>
  );
}

interface BindProps {
  progress: Progress;
  teams: string[];
  clusters: string[];
}

interface Bound {
  team: string;
  cluster: string;
  namespace?: string;
}

export function BindStep({ progress, teams, clusters }: BindProps) {
  const { t } = useTranslation("start");
  const client = useQueryClient();
  const onward = useOnward();
  const { busy, error, submit } = useSubmit();
  const bind = ({ team, cluster, namespace }: Bound) =>
    submit(async () => {
      const path = { team, cluster };
      await api("PUT /teams/{team}/bindings/{cluster}", { path, body: { namespace: namespace?.trim() ?? "" } });
      await queries.invalidate(client, "teams", "bindings", "matrix");
      onward();
    });
  const initial: Partial<Bound> = {};
  if (progress.team) initial.team = progress.team.team.name;
  if (progress.row) initial.cluster = progress.row.cluster;
  const options = (names: string[]) => names.map((name) => ({ value: name, label: name }));
  return (
    <Form<Bound>
      layout="vertical"
      requiredMark={false}
      onFinish={bind}
      initialValues={initial}
      className="stack narrow"
    >
      <Form.Item name="team" label={t("bind.team")} rules={[{ required: true, message: t("bind.choose") }]}>
        <Select<string> showSearch options={options(teams)} />
      </Form.Item>
      <Form.Item name="cluster" label={t("bind.cluster")} rules={[{ required: true, message: t("bind.choose") }]}>
        <Select<string> showSearch options={options(clusters)} />
      </Form.Item>
      <Form.Item
        name="namespace"
        label={t("bind.namespace")}
        extra={t("bind.namespace-about")}
        rules={[{ pattern: LABEL, max: 63, message: t("team.pattern") }]}
      >
        <Input autoComplete="off" spellCheck={false} className="mono" />
      </Form.Item>
      <Problem error={error} />
      <div className="row">
        <Button type="primary" htmlType="submit" loading={busy}>
          {t("bind.submit")}
        </Button>
        <span className="muted">{t("bind.writes-nothing")}</span>
      </div>
    </Form>
  );
}
