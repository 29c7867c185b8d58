/**
 * Asks for a plan: whose, on which clusters, to install or to leave. It is a dialog that the address opens, so that any
 * page can link to it: `/rollouts?new=plan&team=orders&cluster=shanghai`.
 */
import { useQuery } from "@tanstack/react-query";
import { Checkbox, Form, Modal, Radio, Select } from "antd";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";

export function NewPlan() {
  const [params, setParams] = useSearchParams();
  if (params.get("new") !== "plan") return null;
  const close = () =>
    setParams((before) => {
      const made = new URLSearchParams(before);
      made.delete("new");
      return made;
    });
  return <Asked team={params.get("team") ?? ""} cluster={params.get("cluster") ?? ""} close={close} />;
}

function Asked({ team: given, cluster, close }: { team: string; cluster: string; close: () => void }) {
  const { t } = useTranslation("plan");
  const { t: common } = useTranslation("common");
  const navigate = useNavigate();
  const { may } = useSession();
  const teams = useQuery(queries.teams());
  const allowed = (teams.data ?? []).filter((one) => may("plan.create", one.team.name));
  const [picked, setPicked] = useState(given);
  const [clusters, setClusters] = useState<string[]>(cluster ? [cluster] : []);
  const [action, setAction] = useState<"install" | "leave">("install");
  const [keep, setKeep] = useState(false);
  const { busy, error, submit } = useSubmit();
  const team = picked || (allowed.length === 1 ? (allowed[0]?.team.name ?? "") : "");
  const bindings = allowed.find((one) => one.team.name === team)?.bindings ?? [];
  const chosen = clusters.filter((name) => bindings.some((one) => one.cluster === name));
  const make = () =>
    submit(async () => {
      const keep_crds = action === "leave" && keep;
      const made = await api("POST /plans", { body: { team, clusters: chosen, action, keep_crds } });
      await navigate(`/plans/${made.hash}`);
    });
  return (
    <Modal
      open
      title={t("new.title")}
      okText={t("new.make")}
      cancelText={common("action.cancel")}
      okButtonProps={{ disabled: !team || !bindings.length, loading: busy }}
      onOk={make}
      onCancel={close}
    >
      <Form layout="vertical" component={false}>
        <Form.Item label={t("new.team")} htmlFor="plan-team">
          <Select
            id="plan-team"
            showSearch
            loading={teams.isPending}
            value={team || null}
            placeholder={t("new.team-placeholder")}
            options={allowed.map((one) => ({ value: one.team.name, label: one.team.name }))}
            onChange={(name: string) => {
              setPicked(name);
              setClusters([]);
            }}
          />
        </Form.Item>
        <Form.Item
          label={t("new.clusters")}
          htmlFor="plan-clusters"
          extra={team && teams.data && !bindings.length ? t("new.unbound", { team }) : t("new.clusters-about")}
        >
          <Select
            id="plan-clusters"
            mode="multiple"
            allowClear
            disabled={!bindings.length}
            value={chosen}
            placeholder={t("new.all", { count: bindings.length })}
            options={bindings.map((one) => ({ value: one.cluster, label: one.cluster }))}
            onChange={setClusters}
          />
        </Form.Item>
        <Form.Item label={t("new.action")}>
          <Radio.Group
            aria-label={t("new.action")}
            value={action}
            onChange={(event) => setAction(event.target.value === "leave" ? "leave" : "install")}
            options={[
              { value: "install", label: t("new.install") },
              { value: "leave", label: t("new.leave") },
            ]}
          />
        </Form.Item>
        {action === "leave" && (
          <Form.Item extra={t("new.keep-about")}>
            <Checkbox checked={keep} onChange={(event) => setKeep(event.target.checked)}>
              {t("new.keep")}
            </Checkbox>
          </Form.Item>
        )}
      </Form>
      {busy && (
        <p className="muted" role="status">
          {t("new.doing", { count: chosen.length || bindings.length })}
        </p>
      )}
      <Problem error={error} />
    </Modal>
  );
}
