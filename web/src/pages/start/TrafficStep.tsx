/** Seeing traffic: a Gateway and a route to apply, and what a request through them came to. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { Link } from "react-router";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import { Problem } from "~/components/Problem";
import { Said } from "~/components/Said";
import { ToneTag } from "~/components/StateTag";
import { YamlView } from "~/components/YamlView";
import { useTranslation } from "~/i18n/react";
import { clusterPath } from "~/lib/places";
import { tally } from "~/pages/fleet/rows";
import { useSession } from "~/shell/session";
import { type Progress, sample } from "./progress";

const PORT = 8000;
const SHOWN = 5;

export function TrafficStep({ progress }: { progress: Progress }) {
  const { t } = useTranslation("start");
  const { may } = useSession();
  const client = useQueryClient();
  const { binding, stack, row } = progress;
  const run = useMutation({
    mutationFn: (asked: { team: string; clusters: string[] }) => api("POST /probes/run", { body: asked }),
    onSuccess: () => queries.invalidate(client, "probes"),
  });
  if (!binding) return null;
  const { team, cluster } = binding;
  const controller = stack?.controller;
  const text = sample(
    binding.namespace || team,
    controller?.gatewayClass || controller?.name || "traefik",
    controller?.ports?.[0] ?? PORT,
  );
  const gateways = tally(row?.gateways).all;
  const results = run.data?.results ?? [];
  return (
    <div className="stack">
      <p>{gateways ? t("traffic.there", { count: gateways, cluster }) : t("traffic.none", { cluster })}</p>
      {!gateways && <YamlView text={text} />}
      <Problem error={run.error} />
      {run.data && !results.length && <p>{t("traffic.nothing")}</p>}
      <ul className="stack tight">
        {results.slice(0, SHOWN).map((one) => (
          <li
            key={`${one.target.gateway.name}/${one.target.listener}/${one.target.hostname ?? ""}/${one.target.address}`}
          >
            <ToneTag tone={one.outcome === "ok" ? "healthy" : "degraded"} quiet>
              <span style={{ whiteSpace: "normal" }}>
                {one.target.hostname || one.target.address} <Said message={one.message} />
              </span>
            </ToneTag>
          </li>
        ))}
      </ul>
      <div className="row">
        <Button
          type="primary"
          loading={run.isPending}
          disabled={!may("probe.run", team)}
          onClick={() => run.mutate({ team, clusters: [cluster] })}
        >
          {t("traffic.probe")}
        </Button>
        <Link to={clusterPath(cluster, "observation")}>{t("traffic.all")}</Link>
        <Link to={`/topology?team=${encodeURIComponent(team)}&cluster=${encodeURIComponent(cluster)}`}>
          {t("traffic.topology")}
        </Link>
      </div>
    </div>
  );
}
