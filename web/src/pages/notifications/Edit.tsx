/** Making and changing a notification. Address and secret are written and never read: left empty, they stay. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Form, Input, Radio, Select } from "antd";
import * as queries from "~/api/queries";
import type { NotificationBody, NotificationStatus } from "~/api/schema";
import { FormDialog } from "~/components/FormDialog";
import { NAMES } from "~/i18n";
import { useTranslation } from "~/i18n/react";
import { LABEL } from "~/lib/names";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import { fullName, type Owned, owners, put, taken } from "./owner";

const TYPES = ["webhook", "slack", "dingtalk", "feishu", "wecom"] as const;
/** The beginnings of kinds of events: docs/notifications.md. */
const KINDS = ["health.", "cluster.", "drift.", "versions.", "rollout.", "team.", "binding.", "stack.", "user."];
/** What the server tells of where nothing is chosen: a form shows it. */
const AT_FIRST = ["health.", "drift.", "rollout.", "cluster.reachability", "versions."];

type Given = Omit<NotificationBody, "url" | "secret"> & Owned & { url?: string; secret?: string };

interface Props {
  /** Null: a new one. */
  notification: NotificationStatus | null;
  known: readonly Owned[];
  close: () => void;
}

export function Edit({ notification, known, close }: Props) {
  const { t, i18n } = useTranslation("notifications");
  const { t: common } = useTranslation("common");
  const { session } = useSession();
  const { team } = useScope();
  const client = useQueryClient();
  const teams = useQuery(queries.teams());
  const owner = team ?? (owners(session, []).length ? "" : undefined);
  const [form] = Form.useForm<Given>();
  const type = Form.useWatch("type", form);
  const mine = owners(
    session,
    (teams.data ?? []).map((one) => one.team.name),
  );
  const save = async ({ name, team: chosen, url, secret, ...rest }: Given) => {
    const owned = notification ?? { name, ...(chosen && { team: chosen }) };
    await put(owned, { ...rest, ...(url && { url }), ...(secret && { secret }) });
    await queries.invalidate(client, "notifications");
  };
  const initial: Partial<Given> = notification ?? {
    type: "webhook",
    ...(owner !== undefined && { team: owner }),
    events: AT_FIRST,
    minimum: "warning",
    language: i18n.language.startsWith("zh") ? "zh" : "en",
  };
  return (
    <FormDialog
      title={notification ? t("edit", { name: fullName(notification) }) : t("add")}
      verb={common("action.save")}
      form={form}
      initial={initial}
      save={save}
      close={close}
    >
      {!notification && (
        <Form.Item
          name="team"
          label={t("column.team")}
          extra={t("team-about")}
          rules={[
            {
              validator: (_, value?: string) =>
                value === undefined ? Promise.reject(new Error(t("missing.team"))) : Promise.resolve(),
            },
          ]}
        >
          <Select showSearch options={mine.map((value) => ({ value, label: value || t("all-teams") }))} />
        </Form.Item>
      )}
      {!notification && (
        <Form.Item
          name="name"
          label={t("column.name")}
          dependencies={["team"]}
          rules={[
            { required: true, message: t("missing.name") },
            { pattern: LABEL, max: 63, message: t("missing.pattern") },
            ({ getFieldValue }) => ({
              validator: (_, value: string) =>
                taken(known, { name: value, team: getFieldValue("team") })
                  ? Promise.reject(new Error(t("missing.taken")))
                  : Promise.resolve(),
            }),
          ]}
        >
          <Input autoComplete="off" spellCheck={false} maxLength={63} />
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
      <Form.Item
        name="events"
        label={t("column.events")}
        extra={t("events-about")}
        rules={[{ required: true, type: "array", message: t("missing.events") }]}
      >
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
