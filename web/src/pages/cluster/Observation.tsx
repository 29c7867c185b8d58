/** How the cluster is watched: whether it answers, what may not be read, what is probed, and what one may change. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Switch } from "antd";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { ClusterInstallation, MissingPermission, ProbeResult } from "~/api/schema";
import { Facts } from "~/components/Detail";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { Duration, Since } from "~/components/Since";
import { Reachability, ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { useSession } from "~/shell/session";
import type { PartProps } from ".";
import { Lines, Pane } from "./Pane";
import { probes } from "./queries";

const SHOWN = 50;

export function Observation({ cluster, team }: PartProps) {
  const { t } = useTranslation("cluster");
  const { may } = useSession();
  const { missing = [], unread = {}, crds = [] } = cluster;
  const watched = crds.filter((crd) => crd.objects !== undefined && crd.objects !== null);
  return (
    <div className="panes">
      <Pane title={t("reach.title")}>
        <Facts
          rows={[
            [t("reach.now"), <Reachability key="now" state={cluster.reachability} />],
            [t("reach.since"), <Since key="since" at={cluster.since} />],
            [t("reach.seen"), <Since key="seen" at={cluster.seen_at} />],
            [t("reach.checked"), <Since key="checked" at={cluster.checked_at} />],
            [t("reach.server"), cluster.server ? <code key="server">{cluster.server}</code> : null],
            [
              t("reach.watched"),
              watched.length
                ? watched.map((crd) => `${crd.versions.name.split(".", 1)[0]} ${crd.objects}`).join(" · ")
                : t("reach.watched-none"),
            ],
          ]}
        />
      </Pane>
      <Settings cluster={cluster} />
      <Pane
        title={t("unread.title")}
        about={missing.length || Object.keys(unread).length ? t("unread.about") : undefined}
        wide
      >
        <Lines
          heads={[t("column.right"), t("column.where")]}
          empty={cluster.seen_at ? t("unread.none") : t("unread.unseen")}
          rows={[
            ...missing.map((one) => ({
              key: `${one.verb}/${one.group}/${one.resource}/${one.namespace ?? ""}/${one.name ?? ""}`,
              cells: [<code key="right">{rightOf(one)}</code>, one.namespace || t("unread.everywhere")],
            })),
            ...Object.entries(unread).map(([kind, code]) => ({
              key: kind,
              cells: [<code key="kind">{kind}</code>, <code key="code">{code}</code>],
            })),
          ]}
        />
      </Pane>
      {may("probe.read") && <Probes cluster={cluster.cluster} team={team} on={cluster.probes !== false} />}
    </div>
  );
}

function rightOf({ verb, group, resource, name }: MissingPermission): string {
  return `${verb} ${group ? `${resource}.${group}` : resource}${name ? ` ${name}` : ""}`;
}

function Settings({ cluster }: { cluster: ClusterInstallation }) {
  const { t } = useTranslation("cluster");
  const client = useQueryClient();
  const { may } = useSession();
  const change = useMutation({
    mutationFn: (body: { read_secrets?: boolean; probes?: boolean }) =>
      api("PUT /clusters/{name}/observation", { path: { name: cluster.cluster }, body }),
    onSuccess: () => queries.invalidate(client, "clusters", "matrix"),
  });
  const one = (key: "read_secrets" | "probes", on: boolean) => (
    <div className="row" style={{ flexWrap: "nowrap", alignItems: "flex-start" }}>
      <Switch
        aria-labelledby={`setting-${key}`}
        checked={on}
        disabled={!may("cluster.observation")}
        loading={change.isPending && key in (change.variables ?? {})}
        onChange={(checked) => change.mutate({ [key]: checked })}
      />
      <span className="stack tight" style={{ gap: 0 }}>
        <strong id={`setting-${key}`}>{t(`setting.${key}.label`)}</strong>
        <span className="muted">{t(`setting.${key}.about`)}</span>
      </span>
    </div>
  );
  return (
    <Pane title={t("setting.title")} about={may("cluster.observation") ? undefined : t("setting.read-only")}>
      {one("read_secrets", cluster.read_secrets ?? false)}
      {one("probes", cluster.probes !== false)}
      <Problem error={change.error} />
    </Pane>
  );
}

function Probes({ cluster, team, on }: { cluster: string; team: string | undefined; on: boolean }) {
  const { t } = useTranslation("cluster");
  const { may } = useSession();
  const client = useQueryClient();
  const query = useQuery(probes(cluster, team));
  const run = useMutation({
    mutationFn: () => api("POST /probes/run", { body: { clusters: [cluster], ...(team && { team }) } }),
    onSuccess: () => queries.invalidate(client, "probes"),
  });
  const all = query.data ?? [];
  const bad = (one: ProbeResult) => (one.outcome === "ok" || one.outcome === "excluded" ? 1 : 0);
  const shown = [...all].sort((a, b) => bad(a) - bad(b)).slice(0, SHOWN);
  return (
    <Pane
      title={t("probes.title")}
      about={t("probes.about")}
      actions={
        may("probe.run") && (
          <Button onClick={() => run.mutate()} loading={run.isPending} disabled={!on}>
            {t("probes.run")}
          </Button>
        )
      }
      wide
    >
      {run.isPending && <p className="muted">{t("probes.running")}</p>}
      <Problem error={run.error ?? query.error} />
      {query.isPending ? (
        <Loading lines={3} />
      ) : (
        <Lines
          heads={[t("column.hostname"), t("column.gateway"), t("column.result"), t("column.latency"), t("column.when")]}
          empty={on ? t("probes.none") : t("probes.off")}
          rows={shown.map((one) => ({ key: keyOf(one), cells: cellsOf(one) }))}
        />
      )}
      {all.length > SHOWN && <p className="muted">{t("probes.more", { count: all.length - SHOWN })}</p>}
    </Pane>
  );
}

function keyOf({ target }: ProbeResult): string {
  return [
    target.gateway.namespace,
    target.gateway.name,
    target.listener,
    target.address,
    target.port,
    target.hostname,
  ].join("/");
}

function cellsOf(one: ProbeResult) {
  const { target, latency_ms } = one;
  return [
    target.hostname || target.address,
    `${target.gateway.namespace ?? ""}/${target.gateway.name} · ${target.listener}`,
    <Outcome key="outcome" result={one} />,
    latency_ms === null || latency_ms === undefined ? "–" : <Duration key="latency" milliseconds={latency_ms} />,
    <Since key="at" at={one.at} />,
  ];
}

function Outcome({ result }: { result: ProbeResult }) {
  const say = useSay();
  const good = result.outcome === "ok";
  return (
    <ToneTag tone={good ? "healthy" : result.outcome === "excluded" ? "unknown" : "degraded"} quiet>
      <span style={{ whiteSpace: "normal" }}>{say(result.message)}</span>
    </ToneTag>
  );
}
