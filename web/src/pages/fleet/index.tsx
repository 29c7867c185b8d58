/** The fleet as a matrix: clusters down, what decides whether somebody has to look closer across. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useMemo, useRef } from "react";
import { Navigate, useNavigate } from "react-router";
import type { FleetRow } from "~/api/schema";
import { DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { useTranslation } from "~/i18n/react";
import { clusterPath } from "~/lib/places";
import { Resume } from "~/pages/start/Resume";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import { useColumns } from "./columns";
import "./fleet.css";
import { LinkButton } from "~/components/LinkButton";
import { Hints } from "./Hint";
import { matrix } from "./queries";
import { Reasons } from "./Reasons";
import { inOrder, sameClusters, summaryOf, worstFirst } from "./rows";
import { Tallies } from "./Tallies";

/** With so few clusters somebody may still be at the first steps. */
const BEGINNING = 3;

export default function Fleet() {
  const { t } = useTranslation("fleet");
  const { team, cluster, chooseCluster } = useScope();
  const { may } = useSession();
  const navigate = useNavigate();
  const query = useQuery(matrix(team));
  const rows = useCalm(query.data, team, cluster);
  const columns = useColumns(query.data);
  const summary = useMemo(() => summaryOf(rows ?? []), [rows]);
  const empty = query.data?.length === 0;
  if (empty && !team && may("cluster.register")) return <Navigate to="/start" replace />;
  const attention = summary.states.unhealthy + summary.states.degraded + summary.states.unknown;
  const register = may("cluster.register") && (
    <>
      {query.data && query.data.length <= BEGINNING && <Resume team={team} cluster={cluster} />}
      <LinkButton to="/clusters?register=kubeconfig">{t("register")}</LinkButton>
    </>
  );
  return (
    <>
      <PageHeader
        title={t("title")}
        summary={rows && rows.length > 0 ? t(attention ? "attention" : "calm", { count: attention }) : undefined}
        actions={register}
      />
      {cluster && (
        <p className="row" style={{ marginBottom: 10 }}>
          {t("only", { cluster })}
          <Button size="small" onClick={() => chooseCluster(undefined)}>
            {t("all-clusters")}
          </Button>
        </p>
      )}
      {rows && rows.length > 0 && <Tallies summary={summary} />}
      {!empty && <Reasons team={team} cluster={cluster} />}
      <Hints>
        <DataTable
          label={t("title")}
          query={query}
          rows={rows}
          columns={columns}
          rowKey={(row) => row.cluster}
          doing={t("doing")}
          dense
          onOpen={(row) => void navigate(clusterPath(row.cluster))}
          empty={<Empty team={team} />}
        />
      </Hints>
    </>
  );
}

function Empty({ team }: { team: string | undefined }) {
  const { t } = useTranslation("fleet");
  if (team)
    return (
      <EmptyState
        title={t("unbound.title", { team })}
        action={
          <LinkButton to={`/teams/${encodeURIComponent(team)}`} type="primary">
            {t("unbound.next")}
          </LinkButton>
        }
      >
        {t("unbound.text")}
      </EmptyState>
    );
  return <EmptyState title={t("empty.title")}>{t("empty.text")}</EmptyState>;
}

/** The worst first, as of when one came: what changes meanwhile changes in its place, so that nothing moves away from
 * under the pointer. */
function useCalm(data: readonly FleetRow[] | undefined, team: string | undefined, cluster: string | undefined) {
  const order = useRef<{ team: string | undefined; names: string[] } | null>(null);
  return useMemo(() => {
    if (!data) return undefined;
    const kept = order.current;
    if (!kept || kept.team !== team || !sameClusters(data, kept.names))
      order.current = { team, names: worstFirst(data) };
    const rows = inOrder(data, order.current?.names ?? []);
    return cluster ? rows.filter((row) => row.cluster === cluster) : rows;
  }, [data, team, cluster]);
}
