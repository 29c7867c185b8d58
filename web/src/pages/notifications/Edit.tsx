/** Making and changing a notification. Address and secret are written and never read: left empty, they stay. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Form, Input, Radio, Select } from "antd";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { NotificationBody, NotificationStatus } from "~/api/schema";
import { FormDialog } from "~/components/FormDialog";
import { NAMES } from "~/i18n";
import { useTranslation } from "~/i18n/react";
import { LABEL } from "~/lib/names";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";

const TYPES = ["webhook", "slack", "dingtalk", "feishu", "wecom"] as const;
/** The beginnings of kinds of events: docs/notifications.md. */
const KINDS = ["health.", "cluster.", "drift.", "versions.", "rollout.", "team.", "binding.", "stack.", "user."];

type Given = Omit<NotificationBody, "url" | "secret"> & { name: string; url?: string; secret?: string };

interface Props {
  /** Null: a new one. */
  notification: NotificationStatus | null;
  known: readonly string[];
  close: () => void;
}

export function Edit({ notification, known, close }: Props) {
  const { t, i18n } = useTranslation("notifications");
  const { t: common } = useTranslation("common");
  const { may } = useSession();
  const { team } = useScope();
  const client = useQueryClient();
  const teams = useQuery(queries.teams());
  const [form] = Form.useForm<Given>();
  const type = Form.useWatch("type", form);
  const save = async ({ name, url, secret, ...rest }: Given) => {
    await api("PUT /notifications/{name}", {
      path: { name: notification?.name ?? name },
      body: { ...rest, ...(url && { url }), ...(secret && { secret }) },
    });
    await queries.invalidate(client, "notifications");
  };
  const everywhere = may("notification.write") && { value: "", label: t("all-teams") };
  const own = (teams.data ?? []).filter((one) => may("notification.write", one.team.name));
  const initial: Partial<Given> = notification ?? {
    type: "webhook",
    team: team ?? "",
    events: [],
    minimum: "warning",
    language: i18n.language.startsWith("zh") ? "zh" : "en",
  };
  return (
    <FormDialog
      title={notification ? t("edit", { name: notification.name }) : t("add")}
      verb={common("action.save")}
      form={form}
      initial={initial}
      save={save}
      close={close}
    >
      {!notification && (
        <Form.Item
          name="name"
          label={t("column.name")}
          rules={[
            { required: true, message: t("missing.name") },
            { pattern: LABEL, max: 63, message: t("missing.pattern") },
            {
              validator: (_, value: string) =>
                known.includes(value) ? Promise.reject(new Error(t("missing.taken"))) : Promise.resolve(),
            },
          ]}
        >
          <Input autoFocus autoComplete="off" spellCheck={false} maxLength={63} />
        </Form.Item>
      )}
      <Form.Item name="type" label={t("column.type")}>
        <Select options={TYPES.map((value) => ({ value, label: t(`type.${value}`) }))} />
      </Form.Item>
      <Form.Item
        name="url"
        label={t("address")}
        extra={notification ? t("address-stays") : t("address-about")}
        rules={notification ? [] : [{ required: true, message: t("missing.address") }]}
      >
        <Input.Password autoComplete="off" spellCheck={false} />
      </Form.Item>
      {(type === "webhook" || type === "dingtalk" || type === "feishu") && (
        <Form.Item
          name="secret"
          label={t("secret")}
          extra={notification?.signed ? t("secret-stays") : t("secret-about")}
        >
          <Input.Password autoComplete="new-password" spellCheck={false} />
        </Form.Item>
      )}
      <Form.Item name="team" label={t("column.team")}>
        <Select
          showSearch
          options={[
            ...(everywhere ? [everywhere] : []),
            ...own.map(({ team: { name } }) => ({ value: name, label: name })),
          ]}
        />
      </Form.Item>
      <Form.Item name="events" label={t("column.events")} extra={t("events-about")}>
        <Select mode="tags" options={KINDS.map((value) => ({ value, label: value }))} />
      </Form.Item>
      <Form.Item name="minimum" label={t("column.minimum")}>
        <Radio.Group
          options={(["info", "warning", "error"] as const).map((value) => ({
            value,
            label: common(`severity.${value}`),
          }))}
        />
      </Form.Item>
      <Form.Item name="language" label={t("column.language")}>
        <Radio.Group
          options={[
            { value: "zh", label: NAMES["zh-CN"] },
            { value: "en", label: NAMES["en-US"] },
          ]}
        />
      </Form.Item>
    </FormDialog>
  );
}
