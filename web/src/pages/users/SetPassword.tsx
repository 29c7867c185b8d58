/** Gives a person a new password. */
import { useQueryClient } from "@tanstack/react-query";
import { App, Form, Input, Modal } from "antd";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { PersonView } from "~/api/schema";
import { Problem } from "~/components/Problem";
import { usePasswordRules } from "~/components/passwords";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";

export function SetPassword({ person, close }: { person: PersonView; close: () => void }) {
  const { t } = useTranslation("users");
  const { t: common } = useTranslation("common");
  const client = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<{ password: string }>();
  const { busy, error, submit } = useSubmit();
  const rules = usePasswordRules(person.name);
  const { name } = person;
  const save = ({ password }: { password: string }) =>
    submit(async () => {
      await api("PUT /users/{name}/password", { path: { name }, body: { password } });
      await queries.invalidate(client, "users");
      void message.success(t("password.done", { name }));
      close();
    });
  return (
    <Modal
      open
      title={t("password.title", { name })}
      okText={t("password.verb")}
      cancelText={common("action.cancel")}
      okButtonProps={{ loading: busy }}
      onOk={form.submit}
      onCancel={close}
    >
      <div className="stack">
        <p>{person.password ? t("password.text") : t("password.first")}</p>
        <Form form={form} layout="vertical" requiredMark={false} onFinish={save}>
          <Form.Item name="password" label={t("password.label")} extra={common("password.about")} rules={rules}>
            <Input.Password autoFocus autoComplete="new-password" maxLength={512} />
          </Form.Item>
          <button type="submit" hidden />
        </Form>
        <Problem error={error} />
      </div>
    </Modal>
  );
}
