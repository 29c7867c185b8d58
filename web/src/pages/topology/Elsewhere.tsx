/** The same route on other clusters: its state there, and the way to it. */

import { Link, useLocation } from "react-router";
import type { RouteElsewhere, TopologyNode } from "~/api/schema";
import { EmptyState } from "~/components/EmptyState";
import { StateTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";

export function Elsewhere({ node, go }: { node: TopologyNode; go: (id: string) => void }) {
  const { t } = useTranslation("topology");
  const { search } = useLocation();
  if (!node.elsewhere?.length) return <EmptyState title={t("elsewhere.none")} />;
  return (
    <ul className="stack tight">
      {node.elsewhere.map((one) => (
        <li key={one.cluster} className="row">
          <StateTag state={one.state} />
          {one.id ? (
            <button type="button" className="plain linklike" onClick={() => go(one.id ?? "")}>
              {one.cluster}
            </button>
          ) : (
            <Link to={`/topology?${there(search, node, one)}`}>{one.cluster}</Link>
          )}
          {one.findings ? <span className="muted">{t("elsewhere.findings", { count: one.findings })}</span> : null}
        </li>
      ))}
    </ul>
  );
}

/** The address of the other cluster, with the route looked for. */
function there(search: string, node: TopologyNode, other: RouteElsewhere): string {
  const query = new URLSearchParams(search);
  query.set("cluster", other.cluster);
  query.set("q", node.ref.name);
  query.delete("open");
  query.delete("tab");
  query.delete("unfold");
  query.delete("problems");
  return query.toString();
}
