/** One's own password: the old one proves that it is oneself. */
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input } from "antd";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import { Problem } from "~/components/Problem";
import { usePasswordRules } from "~/components/passwords";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { Section } from "./Section";

interface Given {
  current: string;
  password: string;
  again: string;
}

export function OwnPassword() {
  const { t } = useTranslation("settings");
  const { session } = useSession();
  if (session.person?.password) return <Change name={session.person.name} />;
  return (
    <Section title={t("password.title")}>
      <p className="muted">{t("password.none", { label: session.oidc || t("provider") })}</p>
    </Section>
  );
}

function Change({ name }: { name: string }) {
  const { t } = useTranslation("settings");
  const { t: common } = useTranslation("common");
  const client = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<Given>();
  const { busy, error, submit } = useSubmit();
  const rules = usePasswordRules(name);
  const save = ({ current, password }: Given) =>
    submit(async () => {
      await api("PUT /me/password", { body: { current, password } });
      form.resetFields();
      void message.success(t("password.done"));
      await queries.invalidate(client, "sessions");
    });
  return (
    <Section title={t("password.title")} about={t("password.about")}>
      <Form<Given> form={form} layout="vertical" requiredMark={false} onFinish={save}>
        {/* Lets password managers know whose it is. */}
        <input type="text" autoComplete="username" value={name} readOnly hidden aria-hidden="true" tabIndex={-1} />
        <Form.Item
          name="current"
          label={t("password.current")}
          rules={[{ required: true, message: t("password.missing") }]}
        >
          <Input.Password autoComplete="current-password" maxLength={512} />
        </Form.Item>
        <Form.Item name="password" label={t("password.new")} extra={common("password.about")} rules={rules}>
          <Input.Password autoComplete="new-password" maxLength={512} />
        </Form.Item>
        <Form.Item
          name="again"
          label={t("password.again")}
          dependencies={["password"]}
          rules={[
            ({ getFieldValue }) => ({
              validator: (_, value: string | undefined) =>
                value === getFieldValue("password")
                  ? Promise.resolve()
                  : Promise.reject(new Error(t("password.differs"))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" maxLength={512} />
        </Form.Item>
        <div className="stack">
          <Problem error={error} />
          <div>
            <Button type="primary" htmlType="submit" loading={busy}>
              {t("password.verb")}
            </Button>
          </div>
        </div>
      </Form>
    </Section>
  );
}
