/** Gives somebody a role in the team. Who may not list people types the name. */
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Form, Modal, Select } from "antd";
import { api } from "~/api/client";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { useRoleName } from "./Members";
import { people } from "./queries";

interface Props {
  team: string;
  roles: readonly string[];
  present: readonly string[];
  close: () => void;
  done: () => Promise<unknown>;
}

const BUILTIN = ["owner", "developer", "viewer"];

export function AddMember({ team, roles, present, close, done }: Props) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const { session } = useSession();
  const label = useRoleName();
  const known = useQuery({ ...people(), enabled: session.permissions?.includes("user.read") ?? false });
  const [form] = Form.useForm<{ user: string; role: string }>();
  const { busy, error, submit } = useSubmit();
  const free = (known.data ?? []).filter((one) => !present.includes(one.name));
  const put = ({ user, role }: { user: string; role: string }) =>
    submit(async () => {
      await api("PUT /teams/{team}/members/{user}", { path: { team, user: user.trim() }, body: { role } });
      await done();
      close();
    });
  return (
    <Modal
      open
      title={t("members.add-title", { team })}
      okText={t("members.add")}
      cancelText={common("action.cancel")}
      okButtonProps={{ loading: busy }}
      onOk={form.submit}
      onCancel={close}
    >
      <Form form={form} layout="vertical" requiredMark={false} initialValues={{ role: "viewer" }} onFinish={put}>
        <Form.Item
          name="user"
          label={t("members.user")}
          extra={t("members.user-about")}
          rules={[{ required: true, message: t("members.missing") }]}
        >
          <AutoComplete
            options={free.map((one) => ({
              value: one.name,
              label: one.display_name ? `${one.name} (${one.display_name})` : one.name,
            }))}
            showSearch={{ filterOption: true }}
          />
        </Form.Item>
        <Form.Item name="role" label={t("members.role")} extra={t("members.role-about")}>
          <Select options={(roles.length ? roles : BUILTIN).map((one) => ({ value: one, label: label(one) }))} />
        </Form.Item>
        <button type="submit" hidden />
      </Form>
      <Problem error={error} />
    </Modal>
  );
}
