/** Signing in with a name and a password, or with the organisation's provider; then back to where one wanted to go. */
import { useQueryClient } from "@tanstack/react-query";
import { Button, Divider, Form, Input } from "antd";
import { Navigate, useLocation } from "react-router";
import { signIn } from "~/api/session";
import { CopyName } from "~/components/CopyName";
import { Problem } from "~/components/Problem";
import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { Door, wanted } from "~/shell/Door";
import { useSession } from "~/shell/session";

/** Why the provider's way did not lead in: `/sign-in?error=oidc.lost`. */
const FAILURES = ["off", "unreachable", "invalid", "refused", "lost", "token", "disabled"] as const;

interface Given {
  name: string;
  password: string;
}

export default function SignIn() {
  const { t } = useTranslation("sign-in");
  const { session } = useSession();
  const { search } = useLocation();
  const client = useQueryClient();
  const { busy, error, submit } = useSubmit();
  if (session.state === "setup") return <Navigate to="/setup" replace />;
  if (session.state === "signed-in") return <Navigate to={wanted(search)} replace />;

  const enter = ({ name, password }: Given) =>
    submit(async () => {
      await signIn(client, name, password);
    });
  const { oidc } = session;
  const failed = new URLSearchParams(search).get("error")?.slice(0, 80);
  return (
    <Door title={t("title")}>
      <Form<Given> layout="vertical" requiredMark={false} onFinish={enter}>
        <Form.Item name="name" label={t("name")} rules={[{ required: true, message: t("missing.name") }]}>
          <Input autoFocus autoComplete="username" autoCapitalize="none" spellCheck={false} />
        </Form.Item>
        <Form.Item name="password" label={t("password")} rules={[{ required: true, message: t("missing.password") }]}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={busy} block>
          {t("submit")}
        </Button>
      </Form>
      <Problem error={error} />
      {failed && !error && (
        <div className="note tone-unhealthy" role="alert">
          <Shape tone="unhealthy" />
          <div className="words">
            <span>{t(`failed.${FAILURES.find((one) => failed === `oidc.${one}`) ?? "other"}`)}</span>
            <CopyName name={failed} />
          </div>
        </div>
      )}
      {oidc !== null && (
        <>
          <Divider plain style={{ margin: 0 }}>
            {t("or")}
          </Divider>
          <Button block href={`/api/v1/oidc/start?return_to=${encodeURIComponent(wanted(search))}`}>
            {t("oidc", { label: oidc || t("provider") })}
          </Button>
        </>
      )}
    </Door>
  );
}
