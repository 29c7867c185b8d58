/** One cluster of the team: what is there and where the team is on it; what is wrong with it, causes first. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import * as queries from "~/api/queries";
import { Causes } from "~/components/Causes";
import { CopyName } from "~/components/CopyName";
import { Facts } from "~/components/Detail";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { Kept } from "~/components/Said";
import { Since } from "~/components/Since";
import { Reachability, StateTag, ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { severityTone, WORST } from "~/lib/states";
import { bundleOf, type ClusterRow } from "./clusterColumns";
import type { Part } from "./part";

export function ClusterFacts({ team, binding, row }: ClusterRow & Pick<Part, "team">) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const say = useSay();
  const name = team.team.name;
  const stack = binding.stack ?? "";
  const here = `team=${encodeURIComponent(name)}&cluster=${encodeURIComponent(binding.cluster)}`;
  return (
    <div className="stack">
      {row?.error && <Kept report={row.error} />}
      <Facts
        rows={[
          [t("column.health"), row && <StateTag state={row.state} />],
          [t("column.reachability"), row && <Reachability state={row.reachability} quiet />],
          [t("column.namespace"), <CopyName key="n" name={binding.namespace || team.team.defaultNamespace || name} />],
          [
            t("column.stack"),
            stack ? (
              <Link key="s" to={`/teams/${encodeURIComponent(name)}/stacks/${encodeURIComponent(stack)}`}>
                {stack}
              </Link>
            ) : (
              t("no-stack")
            ),
          ],
          [t("column.bundle"), row && (bundleOf(row) || common("custody.absent"))],
          [t("column.custody"), row && common(`custody.${row.custody ?? "unknown"}`)],
          [
            t("column.controllers"),
            row &&
              (row.controllers?.length ? (
                <ul className="stack tight">
                  {row.controllers.map((one) => (
                    <li key={`${one.namespace}/${one.name}`} className="row">
                      {one.name} {one.version}
                      <code className="muted">{one.namespace}</code>
                      {!one.available && <ToneTag tone="unhealthy">{t("unavailable")}</ToneTag>}
                    </li>
                  ))}
                </ul>
              ) : (
                "–"
              )),
          ],
          [t("column.kubernetes"), row?.kubernetes],
          ["Gateway", row && <Counted counts={row.gateways} />],
          [t("column.routes"), row && <Counted counts={row.routes} />],
          [t("column.drifts"), row && String(row.drifts ?? 0)],
          [
            t("column.skew"),
            row?.skews?.length ? (
              <ul key="skews" className="stack tight">
                {row.skews.map((one) => (
                  <li key={one.key}>
                    <ToneTag tone={severityTone[one.severity]} quiet>
                      {say(one.message)}
                    </ToneTag>
                  </li>
                ))}
              </ul>
            ) : null,
          ],
          [t("column.seen"), row && <Since at={row.seen_at} />],
        ]}
      />
      <div className="row" style={{ gap: 16 }}>
        <Link to={`/clusters/${encodeURIComponent(binding.cluster)}`}>{t("panel.cluster")}</Link>
        <Link to={`/topology?${here}`}>{t("panel.topology")}</Link>
        <Link to={`/resources?${here}`}>{t("panel.resources")}</Link>
      </div>
    </div>
  );
}

function Counted({ counts }: { counts: Partial<Record<(typeof WORST)[number], number>> | undefined }) {
  const { t } = useTranslation("common");
  const shown = WORST.filter((state) => (counts?.[state] ?? 0) > 0);
  if (!shown.length) return <>0</>;
  return (
    <span className="row" style={{ gap: 12 }}>
      {shown.map((state) => (
        <ToneTag key={state} tone={state} quiet>
          {t(`state.${state}`)} {counts?.[state]}
        </ToneTag>
      ))}
    </span>
  );
}

export function ClusterCauses({ team, cluster }: { team: string; cluster: string }) {
  const query = useQuery(queries.clusterHealth(cluster, team));
  if (query.error && !query.data) return <Problem error={query.error} retry={query.refetch} />;
  if (!query.data) return <Loading lines={4} />;
  return <Causes causes={query.data.causes} />;
}
