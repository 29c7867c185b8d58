/** What one may do with a person: change, set a password, disable or enable, delete. Nothing where one may nothing. */
import { MoreOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { App, Button, Dropdown } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { PersonView, Role } from "~/api/schema";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { mayChange } from "~/lib/permissions";
import { useSession } from "~/shell/session";
import { DeletePerson } from "./DeletePerson";
import { PersonForm } from "./PersonForm";
import { SetPassword } from "./SetPassword";

interface Props {
  person: PersonView;
  roles: readonly Role[] | undefined;
  /** With its word, for the drawer. */
  large?: boolean;
}

export function PersonActions({ person, roles, large }: Props) {
  const { t } = useTranslation("users");
  const { session } = useSession();
  const client = useQueryClient();
  const { modal, message } = App.useApp();
  const [open, setOpen] = useState<"edit" | "password" | "delete" | null>(null);
  const { name } = person;
  const own = name === session.person?.name;
  if (!mayChange(session, person, roles)) return null;
  const turn = async (disabled: boolean) => {
    await api("PUT /users/{name}", { path: { name }, body: { disabled } });
    await queries.invalidate(client, "users");
    void message.success(t(disabled ? "disable.done" : "enable.done", { name }));
  };
  const disable = () =>
    modal.confirm({
      title: t("disable.title", { name }),
      content: t("disable.text"),
      okText: t("disable.verb"),
      okButtonProps: { danger: true },
      cancelText: t("cancel"),
      onOk: () => turn(true).catch(failed),
    });
  const failed = (error: unknown) => {
    modal.error({ title: t("refused"), content: <Problem error={error} />, okText: t("close"), width: 560 });
  };
  const items = [
    { key: "edit", label: t("edit.open"), onClick: () => setOpen("edit") },
    // One's own password is changed in the settings, where the old one is asked for.
    ...(own ? [] : [{ key: "password", label: t("password.open"), onClick: () => setOpen("password") }]),
    ...(own
      ? []
      : person.disabled
        ? [{ key: "enable", label: t("enable.verb"), onClick: () => void turn(false).catch(failed) }]
        : [{ key: "disable", label: t("disable.open"), onClick: disable }]),
    ...(own
      ? []
      : [
          { key: "line", type: "divider" as const },
          { key: "delete", danger: true, label: t("delete.open"), onClick: () => setOpen("delete") },
        ]),
  ];
  const close = () => setOpen(null);
  return (
    <>
      <Dropdown trigger={["click"]} menu={{ items }} placement="bottomRight">
        {large ? (
          <Button>{t("acts")}</Button>
        ) : (
          <Button type="text" size="small" icon={<MoreOutlined />} aria-label={t("acts-of", { name })} />
        )}
      </Dropdown>
      {open === "edit" && <PersonForm person={person} roles={roles} close={close} />}
      {open === "password" && <SetPassword person={person} close={close} />}
      {open === "delete" && <DeletePerson person={person} close={close} />}
    </>
  );
}
