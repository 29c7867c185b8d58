/** The messages: sent, waiting, or given up with the reason, and then sent again by hand. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { api, ProblemError } from "~/api/client";
import * as queries from "~/api/queries";
import type { DeliveryView } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { Said } from "~/components/Said";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import type { Tone } from "~/theme/palette";
import { mayFor } from "./owner";
import { deliveries } from "./queries";

const TONES: Record<DeliveryView["state"], Tone> = {
  dead: "unhealthy",
  pending: "progressing",
  sent: "healthy",
  skipped: "unknown",
};

export function Deliveries() {
  const { t } = useTranslation("notifications");
  const { team } = useScope();
  const query = useQuery(deliveries(team));
  const columns = useColumns();
  return (
    <DataTable
      label={t("deliveries.title")}
      query={query}
      rows={query.data}
      columns={columns}
      rowKey={(one) => one.id}
      empty={<EmptyState title={t("deliveries.none")}>{t("deliveries.none-text")}</EmptyState>}
    />
  );
}

function useColumns(): Column<DeliveryView>[] {
  const { t } = useTranslation("notifications");
  return [
    {
      key: "at",
      title: t("column.created"),
      width: 130,
      value: (d) => d.created_at,
      render: (d) => <Since at={d.created_at} />,
    },
    {
      key: "state",
      title: t("column.state"),
      width: 130,
      value: (one) => one.state,
      render: (one) => (
        <ToneTag tone={TONES[one.state]} quiet>
          {t(`deliveries.${one.state}`)}
        </ToneTag>
      ),
      options: (["dead", "pending", "sent", "skipped"] as const).map((value) => ({
        value,
        label: t(`deliveries.${value}`),
      })),
    },
    { key: "notification", title: t("column.name"), width: 160, value: (one) => one.notification },
    { key: "team", title: t("column.team"), width: 130, value: (one) => one.team ?? t("all-teams") },
    {
      key: "what",
      title: t("deliveries.what"),
      width: 180,
      value: (one) => one.what,
      render: (one) => <code>{one.what}</code>,
    },
    {
      key: "where",
      title: t("deliveries.where"),
      width: 240,
      value: (one) => one.where,
      render: (one) => <code className="clip">{one.where}</code>,
    },
    { key: "attempts", title: t("deliveries.attempts"), width: 110, value: (one) => one.attempts, align: "end" },
    { key: "error", title: t("deliveries.error"), width: 300, render: (one) => <Said message={one.error} /> },
    { key: "act", title: t("deliveries.act"), width: 130, render: (one) => <Again delivery={one} /> },
  ];
}

function Again({ delivery }: { delivery: DeliveryView }) {
  const { t } = useTranslation("notifications");
  const { session } = useSession();
  const { message } = App.useApp();
  const client = useQueryClient();
  if (delivery.state !== "dead" || !mayFor(session, "notification.retry", delivery.team)) return null;
  const retry = async () => {
    try {
      await api("POST /deliveries/{id}/retry", { path: { id: delivery.id } });
      await queries.invalidate(client, "deliveries", "notifications");
    } catch (caught) {
      void message.error(caught instanceof ProblemError ? caught.message : String(caught));
    }
  };
  return (
    <Button size="small" onClick={() => void retry()}>
      {t("deliveries.again")}
    </Button>
  );
}
