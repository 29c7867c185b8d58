/** A new role, or what one allows. Nobody gives what they do not hold, so only that is offered. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Drawer, Form, Input, Radio, Select } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { Role } from "~/api/schema";
import { Loading } from "~/components/Loading";
import { PermissionPicker, useRoleName } from "~/components/Permissions";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { LABEL } from "~/lib/names";
import type { Permission } from "~/lib/permissions";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { permissions as allPermissions } from "./queries";
import { offered } from "./roles";

const SCOPES = ["team", "installation"] as const;

interface Props {
  /** Absent: a new one. */
  role?: Role;
  /** How many people have it: its scope then stays. */
  held?: number;
  roles: readonly Role[];
  close: () => void;
}

export function RoleForm({ role, held = 0, roles, close }: Props) {
  const { t } = useTranslation("users");
  const { t: common } = useTranslation("common");
  const { session } = useSession();
  const client = useQueryClient();
  const { message } = App.useApp();
  const roleName = useRoleName();
  const known = useQuery(allPermissions());
  const [form] = Form.useForm<{ name: string }>();
  const [scope, setScope] = useState<Role["scope"]>(role?.scope ?? "team");
  const [chosen, setChosen] = useState<readonly string[]>(role?.permissions ?? []);
  const { busy, error, submit } = useSubmit();
  const mine = offered(known.data ?? [], scope, session);
  const value = chosen.filter((one) => mine.includes(one));
  const save = (given: { name: string }) => {
    const name = role?.name ?? given.name.trim();
    return submit(async () => {
      await api("PUT /roles/{name}", { path: { name }, body: { scope, permissions: value as Permission[] } });
      await queries.invalidate(client, "roles", "session");
      void message.success(t(role ? "role.changed" : "role.made", { role: name }));
      close();
    });
  };
  return (
    <Drawer
      open
      size={Math.min(720, window.innerWidth - 40)}
      onClose={close}
      title={role ? t("role.edit-title", { role: role.name }) : t("role.title")}
      closable={{ "aria-label": common("action.close") }}
      footer={
        <div className="row">
          <Button type="primary" loading={busy} disabled={!value.length} onClick={form.submit}>
            {role ? common("action.save") : t("role.verb")}
          </Button>
          <Button onClick={close}>{common("action.cancel")}</Button>
          {!value.length && <span className="muted">{t("role.choose")}</span>}
          {role && held > 0 && <span className="muted">{t("role.at-once", { count: held })}</span>}
        </div>
      }
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={save}>
        {!role && (
          <Form.Item
            name="name"
            label={t("role.name")}
            extra={t("role.name-about")}
            rules={[
              { required: true, message: t("role.missing") },
              { pattern: LABEL, max: 63, message: t("role.pattern") },
              {
                validator: (_, typed: string) =>
                  roles.some((one) => one.name === typed)
                    ? Promise.reject(new Error(t("role.taken")))
                    : Promise.resolve(),
              },
            ]}
          >
            <Input autoComplete="off" spellCheck={false} maxLength={63} placeholder="release-manager" />
          </Form.Item>
        )}
        <Form.Item
          label={<span id="role-scope">{t("role.scope")}</span>}
          extra={held > 0 ? t("role.scope-held") : t(`scope-about.${scope}`)}
        >
          <Radio.Group
            aria-labelledby="role-scope"
            value={scope}
            disabled={held > 0}
            onChange={(event) => setScope(event.target.value as Role["scope"])}
            options={SCOPES.map((one) => ({ value: one, label: t(`scope.${one}`) }))}
          />
        </Form.Item>
        {!role && (
          <Form.Item label={t("role.like")} htmlFor="role-like">
            <Select
              id="role-like"
              allowClear
              placeholder={t("role.like-nothing")}
              style={{ maxWidth: 320 }}
              options={roles
                .filter((one) => one.scope === scope)
                .map((one) => ({ value: one.name, label: roleName(one.name) }))}
              onChange={(name: string | undefined) =>
                setChosen(roles.find((one) => one.name === name)?.permissions ?? [])
              }
            />
          </Form.Item>
        )}
        <button type="submit" hidden />
      </Form>
      <section className="stack" aria-label={t("column.permissions")}>
        <div>
          <h2>{t("column.permissions")}</h2>
          <p className="muted">{t("role.only-held")}</p>
        </div>
        {known.data ? (
          <PermissionPicker offered={mine} value={value} change={setChosen} />
        ) : known.error ? (
          <Problem error={known.error} retry={known.refetch} />
        ) : (
          <Loading lines={8} />
        )}
        <Problem error={error} />
      </section>
    </Drawer>
  );
}
