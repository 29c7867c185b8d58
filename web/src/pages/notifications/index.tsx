/** Where events are told to people: the notifications and how they fare, and the messages that were sent or given up. */
import { useQuery } from "@tanstack/react-query";
import { Button, Tabs } from "antd";
import { useState } from "react";
import { useSearchParams } from "react-router";
import type { NotificationStatus } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import { Deliveries } from "./Deliveries";
import { Edit } from "./Edit";
import { One } from "./One";
import { fullName } from "./owner";
import { notifications } from "./queries";

export default function Notifications() {
  const { t } = useTranslation("notifications");
  const { may } = useSession();
  const { team } = useScope();
  const [params, setParams] = useSearchParams();
  const [editing, setEditing] = useState<NotificationStatus | "new" | null>(null);
  const query = useQuery(notifications());
  const columns = useColumns();
  const add = may("notification.write", team) && (
    <Button type="primary" onClick={() => setEditing("new")}>
      {t("add")}
    </Button>
  );
  const part = params.get("part") === "deliveries" ? "deliveries" : "notifications";
  return (
    <>
      <PageHeader title={t("title")} summary={t("about")} actions={add} />
      <Tabs
        activeKey={part}
        onChange={(key) => setParams(key === "deliveries" ? { part: key } : {}, { replace: true })}
        destroyOnHidden
        items={[
          {
            key: "notifications",
            label: t("title"),
            children: (
              <DataTable
                label={t("title")}
                query={query}
                rows={query.data?.filter((one) => !team || one.team === team)}
                columns={columns}
                rowKey={fullName}
                empty={
                  <EmptyState title={t("empty.title")} action={add}>
                    {t("empty.text")}
                  </EmptyState>
                }
                detail={(one, close) => <One notification={one} edit={() => setEditing(one)} close={close} />}
              />
            ),
          },
          { key: "deliveries", label: t("deliveries.title"), children: <Deliveries /> },
        ]}
      />
      {editing && (
        <Edit
          notification={editing === "new" ? null : editing}
          known={query.data ?? []}
          close={() => setEditing(null)}
        />
      )}
    </>
  );
}

function useColumns(): Column<NotificationStatus>[] {
  const { t } = useTranslation("notifications");
  const { t: common } = useTranslation("common");
  return [
    { key: "name", title: t("column.name"), width: 180, primary: true, value: (one) => one.name },
    { key: "type", title: t("column.type"), width: 150, value: (one) => t(`type.${one.type}`) },
    { key: "team", title: t("column.team"), width: 150, value: (one) => one.team ?? t("all-teams") },
    {
      key: "events",
      title: t("column.events"),
      width: 240,
      value: (one) => one.events.join(", "),
      render: (one) => one.events.join(", ") || t("all-events"),
    },
    {
      key: "minimum",
      title: t("column.minimum"),
      width: 130,
      value: (one) => one.minimum,
      render: (one) => common(`severity.${one.minimum}`),
    },
    {
      key: "state",
      title: t("column.state"),
      width: 190,
      value: (one) => one.dead,
      render: (one) => <Fares notification={one} />,
    },
  ];
}

export function Fares({ notification: { dead, pending } }: { notification: NotificationStatus }) {
  const { t } = useTranslation("notifications");
  if (dead) return <ToneTag tone="unhealthy">{t("dead", { count: dead })}</ToneTag>;
  if (pending) return <ToneTag tone="progressing">{t("pending", { count: pending })}</ToneTag>;
  return <ToneTag tone="healthy">{t("sent")}</ToneTag>;
}
