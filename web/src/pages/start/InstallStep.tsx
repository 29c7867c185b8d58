/** What shall be installed, and on to the plan: nothing is written before it was read and approved there. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Checkbox, Form, Input, Select } from "antd";
import { Link, useNavigate } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { Binding, Stack } from "~/api/schema";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { LABEL } from "~/lib/names";
import { useSubmit } from "~/lib/useSubmit";
import type { Progress } from "./progress";
import { versionsOf } from "./progress";
import { stackSchema } from "./queries";

const AT_WORK = ["pending", "running", "paused"];

interface Chosen {
  name: string;
  bundle: string;
  controlled: boolean;
  version?: string;
}

export function InstallStep({ progress }: { progress: Progress }) {
  const { t } = useTranslation("start");
  const { binding, stack, rollout } = progress;
  const schema = useQuery(stackSchema());
  if (!binding) return null;
  const atWork = rollout && AT_WORK.includes(rollout.state);
  return (
    <div className="stack">
      {rollout && (
        <p className="row">
          <ToneTag tone={atWork ? "progressing" : rollout.state === "succeeded" ? "healthy" : "degraded"}>
            {t(`install.rollout.${rollout.state}`)}
          </ToneTag>
          <Link to={`/rollouts/${encodeURIComponent(rollout.id)}`}>{t("rollout")}</Link>
        </p>
      )}
      {atWork ? null : stack ? (
        <PlanIt binding={binding} stack={stack} />
      ) : schema.data ? (
        <MakeStack binding={binding} known={versionsOf(schema.data)} />
      ) : schema.error ? (
        <Problem error={schema.error} retry={schema.refetch} />
      ) : (
        <Loading lines={4} />
      )}
    </div>
  );
}

/** Puts the stack on the binding where it is not yet, and makes the plan. */
function usePlan(binding: Binding): (stack: string) => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async (stack) => {
    const { team, cluster, namespace = "" } = binding;
    if (binding.stack !== stack) {
      await api("PUT /teams/{team}/bindings/{cluster}", { path: { team, cluster }, body: { namespace, stack } });
    }
    await queries.invalidate(client, "teams", "bindings");
    const made = await api("POST /plans", { body: { team, clusters: [cluster] } });
    await navigate(`/plans/${encodeURIComponent(made.hash)}`);
  };
}

function PlanIt({ binding, stack }: { binding: Binding; stack: Stack }) {
  const { t } = useTranslation("start");
  const { busy, error, submit } = useSubmit();
  const plan = usePlan(binding);
  const { bundle, controller } = stack;
  return (
    <>
      <p className="row">
        <span>
          {t("install.stack", {
            name: stack.name,
            what: [
              `Gateway API ${bundle.version} ${bundle.channel ?? "standard"}`,
              controller ? `${controller.name} ${controller.version}` : "",
            ]
              .filter(Boolean)
              .join(", "),
          })}
        </span>
        <Link to={`/teams/${encodeURIComponent(stack.team)}/stacks/${encodeURIComponent(stack.name)}`}>
          {t("install.edit")}
        </Link>
      </p>
      <Problem error={error} />
      <div className="row">
        <Button type="primary" loading={busy} onClick={() => void submit(() => plan(stack.name))}>
          {t("install.plan", { cluster: binding.cluster })}
        </Button>
        <span className="muted">{busy ? t("install.planning") : t("install.approve")}</span>
      </div>
    </>
  );
}

interface MakeProps {
  binding: Binding;
  known: { bundles: string[]; controllers: string[] };
}

function MakeStack({ binding, known }: MakeProps) {
  const { t } = useTranslation("start");
  const { busy, error, submit } = useSubmit();
  const plan = usePlan(binding);
  const [form] = Form.useForm<Chosen>();
  const controlled = Form.useWatch("controlled", form) ?? true;
  const make = ({ name, bundle, version }: Chosen) =>
    submit(async () => {
      const controller = controlled && version ? { name: "traefik" as const, version } : null;
      const path = { team: binding.team, name: name.trim() };
      await api("PUT /teams/{team}/stacks/{name}", { path, body: { bundle: { version: bundle }, controller } });
      await plan(path.name);
    });
  const options = (values: string[]) => values.map((value) => ({ value, label: value }));
  const [bundle = ""] = known.bundles;
  const [version = ""] = known.controllers;
  return (
    <Form<Chosen>
      form={form}
      layout="vertical"
      requiredMark={false}
      onFinish={make}
      initialValues={{ name: "main", bundle, version, controlled: version !== "" }}
      className="stack narrow"
    >
      <Form.Item
        name="name"
        label={t("install.name")}
        rules={[{ required: true, pattern: LABEL, message: t("team.pattern") }]}
      >
        <Input autoComplete="off" spellCheck={false} className="mono" />
      </Form.Item>
      <Form.Item name="bundle" label={t("install.bundle")} rules={[{ required: true, message: t("bind.choose") }]}>
        <Select<string> options={options(known.bundles)} />
      </Form.Item>
      <Form.Item name="controlled" valuePropName="checked">
        <Checkbox>{t("install.controller")}</Checkbox>
      </Form.Item>
      {controlled && (
        <Form.Item name="version" label={t("install.version")}>
          <Select<string> options={options(known.controllers)} />
        </Form.Item>
      )}
      <Problem error={error} />
      <div className="row">
        <Button type="primary" htmlType="submit" loading={busy}>
          {t("install.plan", { cluster: binding.cluster })}
        </Button>
        <span className="muted">{busy ? t("install.planning") : t("install.approve")}</span>
      </div>
    </Form>
  );
}
