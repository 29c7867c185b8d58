/** The first run: the code that `gatewright up` printed, and the first administrator. There is no default password. */
import { useQueryClient } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { Navigate } from "react-router";
import { setUp } from "~/api/session";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { Door } from "~/shell/Door";
import { useSession } from "~/shell/session";

const SHORTEST = 12;

interface Given {
  token: string;
  name: string;
  password: string;
}

export default function Setup() {
  const { t } = useTranslation("setup");
  const { session } = useSession();
  const client = useQueryClient();
  const { busy, error, submit } = useSubmit();
  if (session.state !== "setup") return <Navigate to={session.state === "signed-in" ? "/start" : "/sign-in"} replace />;

  const begin = ({ token, name, password }: Given) =>
    submit(async () => {
      await setUp(client, token.trim(), name.trim(), password);
    });
  return (
    <Door title={t("title")}>
      <p className="muted">{t("text")}</p>
      <Form<Given> layout="vertical" requiredMark={false} onFinish={begin}>
        <Form.Item name="token" label={t("token")} rules={[{ required: true, message: t("missing.token") }]}>
          <Input autoFocus autoComplete="off" spellCheck={false} className="mono" />
        </Form.Item>
        <Form.Item name="name" label={t("name")} rules={[{ required: true, message: t("missing.name") }]}>
          <Input autoComplete="username" autoCapitalize="none" spellCheck={false} />
        </Form.Item>
        <Form.Item
          name="password"
          label={t("password")}
          rules={[{ required: true, min: SHORTEST, message: t("missing.password") }]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Form.Item
          name="again"
          label={t("again")}
          dependencies={["password"]}
          rules={[
            ({ getFieldValue }) => ({
              validator: (_, value) =>
                value === getFieldValue("password") ? Promise.resolve() : Promise.reject(new Error(t("missing.again"))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={busy} block>
          {t("submit")}
        </Button>
      </Form>
      <Problem error={error} />
    </Door>
  );
}
