/** A new team: its name, and the namespace that it has on clusters unless a binding says otherwise. */

import { useQueryClient } from "@tanstack/react-query";
import { Form, Input } from "antd";
import { useNavigate } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import { FormDialog } from "~/components/FormDialog";
import { useTranslation } from "~/i18n/react";
import { LABEL } from "~/lib/names";

interface Props {
  open: boolean;
  known: readonly string[];
  close: () => void;
}

export function CreateTeam(props: Props) {
  return props.open ? <Asking {...props} /> : null;
}

function Asking({ known, close }: Props) {
  const { t } = useTranslation("teams");
  const { t: common } = useTranslation("common");
  const client = useQueryClient();
  const navigate = useNavigate();
  const [form] = Form.useForm<{ name: string; namespace?: string }>();
  const name = Form.useWatch("name", form);
  const make = async (asked: { name: string; namespace?: string }) => {
    await api("PUT /teams/{team}", {
      path: { team: asked.name },
      body: asked.namespace ? { defaultNamespace: asked.namespace } : {},
    });
    await queries.invalidate(client, "teams", "health");
    void navigate(`/teams/${encodeURIComponent(asked.name)}`);
  };
  return (
    <FormDialog title={t("create.title")} verb={common("action.create")} form={form} save={make} close={close}>
      <Form.Item
        name="name"
        label={t("create.name")}
        extra={t("create.name-about")}
        rules={[
          { required: true, message: t("create.missing") },
          { pattern: LABEL, max: 63, message: t("create.pattern") },
          {
            validator: (_, value: string) =>
              known.includes(value) ? Promise.reject(new Error(t("create.taken"))) : Promise.resolve(),
          },
        ]}
      >
        <Input autoComplete="off" spellCheck={false} maxLength={63} />
      </Form.Item>
      <Form.Item
        name="namespace"
        label={t("create.namespace")}
        extra={t("create.namespace-about")}
        rules={[{ pattern: LABEL, message: t("create.pattern") }]}
      >
        <Input placeholder={name} autoComplete="off" spellCheck={false} maxLength={63} />
      </Form.Item>
    </FormDialog>
  );
}
