/** A new person, or the name to show and the role of one. */
import { useQueryClient } from "@tanstack/react-query";
import { App, Form, Input, Radio, Select } from "antd";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { PersonView, Role } from "~/api/schema";
import { FormDialog } from "~/components/FormDialog";
import { useRoleAbout, useRoleName } from "~/components/Permissions";
import { usePasswordRules } from "~/components/passwords";
import { useTranslation } from "~/i18n/react";
import { holds } from "~/lib/permissions";
import { useSession } from "~/shell/session";
import { people } from "./queries";

const NAME = /^[a-z0-9]([a-z0-9._@+-]*[a-z0-9])?$/;

interface Given {
  name: string;
  display?: string;
  role: string;
  proof: "password" | "none";
  password?: string;
}

interface Props {
  /** Absent: a new one. */
  person?: PersonView;
  roles: readonly Role[] | undefined;
  close: () => void;
}

export function PersonForm({ person, roles, close }: Props) {
  const { t } = useTranslation("users");
  const { t: common } = useTranslation("common");
  const { session } = useSession();
  const client = useQueryClient();
  const { message } = App.useApp();
  const roleName = useRoleName();
  const about = useRoleAbout();
  const [form] = Form.useForm<Given>();
  const name = Form.useWatch("name", form) ?? "";
  const proof = Form.useWatch("proof", form) ?? "password";
  const rules = usePasswordRules(name);
  const own = person !== undefined && person.name === session.person?.name;
  const mine = (roles ?? []).filter((one) => one.scope === "installation" && holds(session, one.permissions));
  const options = [
    { value: "", label: t("no-role"), about: t("no-role-about") },
    ...mine.map((one) => ({
      value: one.name,
      label: roleName(one.name),
      about: about(one.name) ?? t("allows", { count: one.permissions.length }),
    })),
  ];
  const save = async (given: Given) => {
    const path = { name: person?.name ?? given.name.trim() };
    const shown = given.display?.trim() ?? "";
    const role = given.role === (person?.role ?? "") ? {} : { role: given.role };
    const password = !person && given.proof === "password" ? { password: given.password ?? "" } : {};
    await api("PUT /users/{name}", { path, body: { display_name: shown, ...role, ...password } });
    await queries.invalidate(client, "users", "members", ...(own ? ["session"] : []));
    void message.success(t(person ? "edit.done" : "add.done", path));
  };
  const taken = (value: string) => client.getQueryData(people().queryKey)?.some((one) => one.name === value) ?? false;
  return (
    <FormDialog
      title={person ? t("edit.title", { name: person.name }) : t("add.title")}
      verb={person ? common("action.save") : t("add.verb")}
      form={form}
      initial={{ display: person?.display_name ?? "", role: person?.role ?? "", proof: "password" }}
      width={560}
      save={save}
      close={close}
    >
      {!person && (
        <Form.Item
          name="name"
          label={t("add.name")}
          extra={t("add.name-about")}
          rules={[
            { required: true, message: t("add.missing") },
            { pattern: NAME, max: 64, message: t("add.pattern") },
            {
              validator: (_, value: string) =>
                taken(value) ? Promise.reject(new Error(t("add.taken"))) : Promise.resolve(),
            },
          ]}
        >
          <Input autoComplete="off" autoCapitalize="none" spellCheck={false} maxLength={64} />
        </Form.Item>
      )}
      <Form.Item name="display" label={t("add.display")}>
        <Input autoComplete="off" maxLength={100} />
      </Form.Item>
      {roles && (
        <Form.Item name="role" label={t("add.role")} extra={own ? t("add.role-own") : t("add.role-about")}>
          <Select
            disabled={own}
            options={options}
            optionRender={(option) => (
              <span className="stack" style={{ gap: 0 }}>
                {option.label}
                <span className="muted" style={{ fontSize: 12, whiteSpace: "normal" }}>
                  {option.data.about}
                </span>
              </span>
            )}
          />
        </Form.Item>
      )}
      {!person && (
        <>
          <Form.Item name="proof" label={t("add.proof")} extra={proof === "none" ? t("add.none-about") : undefined}>
            <Radio.Group
              options={(["password", "none"] as const).map((value) => ({ value, label: t(`add.proof-${value}`) }))}
            />
          </Form.Item>
          {proof === "password" && (
            <Form.Item name="password" label={t("add.password")} extra={t("add.password-about")} rules={rules}>
              <Input.Password autoComplete="new-password" maxLength={512} />
            </Form.Item>
          )}
        </>
      )}
    </FormDialog>
  );
}
