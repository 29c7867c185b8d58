/** What happened on the cluster, newest first; older on demand. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { EmptyState } from "~/components/EmptyState";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { Said } from "~/components/Said";
import { Shape } from "~/components/Shape";
import { Since } from "~/components/Since";
import { useTranslation } from "~/i18n/react";
import { severityTone } from "~/lib/states";
import type { PartProps } from ".";
import { events } from "./queries";

export function Events({ cluster, team }: PartProps) {
  const { t } = useTranslation("cluster");
  const query = useInfiniteQuery(events(cluster.cluster, team));
  if (query.error && !query.data) return <Problem error={query.error} retry={query.refetch} large />;
  if (!query.data) return <Loading lines={10} />;
  const all = query.data.pages.flat();
  if (!all.length)
    return (
      <div className="card">
        <EmptyState title={t("events.none")}>{t("events.none-text")}</EmptyState>
      </div>
    );
  return (
    <section className="card stack" aria-label={t("tab.events")}>
      <ol className="events">
        {all.map((event) => (
          <li key={event.id} className={`event tone-${severityTone[event.severity ?? "info"]}`}>
            <Since at={event.at} />
            <Shape tone={severityTone[event.severity ?? "info"]} />
            <span className="words">
              {event.message ? <Said message={event.message} /> : `${event.what} ${event.where}`}
              <span className="row muted">
                <code>{event.what}</code>
                <span>{event.who}</span>
                {event.team && <span>{event.team}</span>}
              </span>
            </span>
          </li>
        ))}
      </ol>
      {query.hasNextPage && (
        <div>
          <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("events.older")}
          </Button>
        </div>
      )}
    </section>
  );
}
