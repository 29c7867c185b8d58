/** Gives somebody a role in the team. Who may not list people types the name. */
import { useQuery } from "@tanstack/react-query";
import { AutoComplete, Form, Select } from "antd";
import { api } from "~/api/client";
import { FormDialog } from "~/components/FormDialog";
import { useRoleName } from "~/components/Permissions";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
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
  const { session } = useSession();
  const label = useRoleName();
  const known = useQuery({ ...people(), enabled: session.permissions?.includes("user.read") ?? false });
  const free = (known.data ?? []).filter((one) => !present.includes(one.name));
  const put = async ({ user, role }: { user: string; role: string }) => {
    await api("PUT /teams/{team}/members/{user}", { path: { team, user: user.trim() }, body: { role } });
    await done();
  };
  return (
    <FormDialog
      title={t("members.add-title", { team })}
      verb={t("members.add")}
      initial={{ role: "viewer" }}
      save={put}
      close={close}
    >
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
    </FormDialog>
  );
}
