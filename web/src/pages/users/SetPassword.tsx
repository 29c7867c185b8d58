/** Gives a person a new password. */
import { useQueryClient } from "@tanstack/react-query";
import { App, Form, Input } from "antd";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { PersonView } from "~/api/schema";
import { FormDialog } from "~/components/FormDialog";
import { usePasswordRules } from "~/components/passwords";
import { useTranslation } from "~/i18n/react";

export function SetPassword({ person, close }: { person: PersonView; close: () => void }) {
  const { t } = useTranslation("users");
  const { t: common } = useTranslation("common");
  const client = useQueryClient();
  const { message } = App.useApp();
  const rules = usePasswordRules(person.name);
  const { name } = person;
  const save = async ({ password }: { password: string }) => {
    await api("PUT /users/{name}/password", { path: { name }, body: { password } });
    await queries.invalidate(client, "users");
    void message.success(t("password.done", { name }));
  };
  return (
    <FormDialog title={t("password.title", { name })} verb={t("password.verb")} save={save} close={close}>
      <p style={{ marginBottom: 12 }}>{person.password ? t("password.text") : t("password.first")}</p>
      <Form.Item name="password" label={t("password.label")} extra={common("password.about")} rules={rules}>
        <Input.Password autoComplete="new-password" maxLength={512} />
      </Form.Item>
    </FormDialog>
  );
}
