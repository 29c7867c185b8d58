/** What happened, the newest first: new events come as they happen, older ones on demand. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import type { EventView } from "~/api/schema";
import { type Column, DataTable } from "~/components/DataTable";
import { Detail, Facts } from "~/components/Detail";
import { DiffView } from "~/components/DiffView";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { Said } from "~/components/Said";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { severityTone } from "~/lib/states";
import { useScope } from "~/shell/scope";
import { log } from "./queries";
import { useFollowing } from "./useFollowing";

const SEVERITIES = ["error", "warning", "info"] as const;

export default function Events() {
  const { t } = useTranslation("events");
  const { team, cluster } = useScope();
  const query = useInfiniteQuery(log({ team, cluster }));
  const read = query.data?.pages.flat();
  const newest = query.data ? (query.data.pages[0]?.[0]?.id ?? "") : undefined;
  const came = useFollowing({ team, cluster }, newest);
  const [place, shown] = useCalm(came);
  const known = new Set(read?.map((event) => event.id));
  const rows = read && [...shown.filter((event) => !known.has(event.id)), ...read];
  const waiting = came.length - shown.length;
  return (
    <>
      <PageHeader title={t("title")} summary={t("about")} />
      <div ref={place.ref} style={{ display: "contents" }}>
        <DataTable
          label={t("title")}
          query={query}
          rows={rows}
          columns={useColumns()}
          rowKey={(event) => event.id}
          tools={
            waiting > 0 && (
              <Button size="small" type="primary" onClick={place.show}>
                {t("new", { count: waiting })}
              </Button>
            )
          }
          empty={<EmptyState title={t("empty.title")}>{t("empty.text")}</EmptyState>}
          detail={(event, close) => <One event={event} close={close} />}
        />
      </div>
      {query.hasNextPage && (
        <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} style={{ marginTop: 10 }}>
          {t("older")}
        </Button>
      )}
    </>
  );
}

/** What came is shown at once while one is at the top; who has scrolled is not moved, and asks for it. */
function useCalm(came: EventView[]) {
  const ref = useRef<HTMLDivElement>(null);
  const [shown, setShown] = useState<EventView[]>([]);
  useEffect(() => {
    const body = ref.current?.querySelector(".ant-table-body, .ant-table-tbody-virtual-holder");
    if (came.length === 0 || !body || body.scrollTop < 4) setShown(came);
  }, [came]);
  return [{ ref, show: () => setShown(came) }, shown] as const;
}

function useColumns(): Column<EventView>[] {
  const { t } = useTranslation("events");
  const { t: common } = useTranslation("common");
  const say = useSay();
  return [
    { key: "at", title: t("column.at"), width: 120, value: (event) => event.at, render: (e) => <Since at={e.at} /> },
    {
      key: "severity",
      title: t("column.severity"),
      width: 120,
      value: (event) => event.severity ?? "info",
      render: (event) => (
        <ToneTag tone={severityTone[event.severity ?? "info"]} quiet>
          {common(`severity.${event.severity ?? "info"}`)}
        </ToneTag>
      ),
      options: SEVERITIES.map((value) => ({ value, label: common(`severity.${value}`) })),
    },
    {
      key: "message",
      title: t("column.message"),
      width: 450,
      primary: true,
      value: (event) => (event.message ? say(event.message) : `${event.what} ${event.where}`),
      render: (event) => (event.message ? <Said message={event.message} /> : `${event.what} ${event.where}`),
    },
    { key: "what", title: t("column.what"), width: 180, value: (event) => event.what, render: code("what") },
    { key: "who", title: t("column.who"), width: 120, value: (event) => event.who },
    { key: "team", title: t("column.team"), width: 120, value: (event) => event.team },
    { key: "cluster", title: t("column.cluster"), width: 140, value: (event) => event.cluster },
    { key: "where", title: t("column.where"), width: 260, value: (event) => event.where, hidden: true },
  ];
}

function code(field: "what") {
  return (event: EventView) => <code className="clip">{event[field]}</code>;
}

function One({ event, close }: { event: EventView; close: () => void }) {
  const { t } = useTranslation("events");
  const { t: common } = useTranslation("common");
  const told = event.before !== undefined || event.after !== undefined;
  return (
    <Detail
      title={<code>{event.what}</code>}
      state={
        <ToneTag tone={severityTone[event.severity ?? "info"]}>
          {common(`severity.${event.severity ?? "info"}`)}
        </ToneTag>
      }
      close={close}
      tabs={[
        {
          key: "summary",
          label: common("detail.summary"),
          children: (
            <div className="stack">
              {event.message && (
                <p>
                  <Said message={event.message} />
                </p>
              )}
              <Facts
                rows={[
                  [t("column.at"), <Since key="at" at={event.at} />],
                  [t("column.who"), event.who],
                  [t("column.where"), <code key="where">{event.where}</code>],
                  ...(event.team ? ([[t("column.team"), event.team]] as [string, string][]) : []),
                  ...(event.cluster ? ([[t("column.cluster"), event.cluster]] as [string, string][]) : []),
                ]}
              />
            </div>
          ),
        },
        ...(told
          ? [
              {
                key: "difference",
                label: common("detail.difference"),
                children: <DiffView before={event.before} after={event.after} />,
              },
            ]
          : []),
      ]}
    />
  );
}
