/** Puts the team on a cluster, or changes its namespace and stack there. Whose a taken namespace is, the server says. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Form, Input, Select } from "antd";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { Binding } from "~/api/schema";
import { FormDialog } from "~/components/FormDialog";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { LABEL } from "~/lib/names";
import type { Part } from "./part";

interface Props {
  team: Part["team"];
  /** The one to change; `"new"` for another cluster; null: nothing is asked. */
  binding: Binding | "new" | null;
  /** Where to bind, if the page is about a cluster. */
  cluster: string | undefined;
  close: () => void;
}

interface Asked {
  cluster: string;
  namespace?: string;
  stack?: string;
}

export function Bind({ binding, ...rest }: Props) {
  return binding ? <Asking {...rest} binding={binding} /> : null;
}

function Asking({ team, binding, cluster, close }: Props & { binding: Binding | "new" }) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const client = useQueryClient();
  const made = binding === "new";
  const clusters = useQuery({ ...queries.clusters(), enabled: made });
  const bound = new Set(team.bindings.map((one) => one.cluster));
  const free = (clusters.data ?? []).map((one) => one.spec.name).filter((one) => !bound.has(one));
  const name = team.team.name;
  const put = async (asked: Asked) => {
    const where = made ? asked.cluster : binding.cluster;
    await api("PUT /teams/{team}/bindings/{cluster}", {
      path: { team: name, cluster: where },
      body: { namespace: asked.namespace ?? "", stack: asked.stack ?? "" },
    });
    await queries.invalidate(client, "teams", "bindings", "matrix", "status", "health", "mappings");
  };
  return (
    <FormDialog
      title={made ? t("bind.title", { team: name }) : t("bind.title-change", { team: name, cluster: binding.cluster })}
      verb={made ? t("bind.verb") : common("action.save")}
      initial={
        made
          ? { cluster: cluster && !bound.has(cluster) ? cluster : undefined, stack: team.stacks[0]?.name }
          : { namespace: binding.namespace, stack: binding.stack || undefined }
      }
      save={put}
      close={close}
    >
      {made && (
        <Form.Item name="cluster" label={t("bind.cluster")} rules={[{ required: true, message: t("bind.missing") }]}>
          <Select
            showSearch
            loading={clusters.isPending}
            options={free.map((one) => ({ value: one, label: one }))}
            notFoundContent={clusters.isPending ? common("loading") : t("bind.none")}
          />
        </Form.Item>
      )}
      <Form.Item
        name="namespace"
        label={t("bind.namespace")}
        extra={t("bind.namespace-about")}
        rules={[{ pattern: LABEL, message: t("bind.pattern") }]}
      >
        <Input placeholder={team.team.defaultNamespace || name} maxLength={63} autoComplete="off" spellCheck={false} />
      </Form.Item>
      <Form.Item name="stack" label={t("bind.stack")} extra={t("bind.stack-about")}>
        <Select
          allowClear
          placeholder={t("bind.no-stack")}
          options={team.stacks.map((one) => ({ value: one.name, label: one.name }))}
        />
      </Form.Item>
      {clusters.error ? <Problem error={clusters.error} retry={clusters.refetch} /> : null}
    </FormDialog>
  );
}
