/** The team's clusters side by side, or the one in hand; where the team is bound, changed and unbound. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useMemo, useState } from "react";
import type { Binding, FleetRow } from "~/api/schema";
import { DataTable } from "~/components/DataTable";
import { Detail } from "~/components/Detail";
import { EmptyState } from "~/components/EmptyState";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { StateTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { Bind } from "./Bind";
import { ClusterCauses, ClusterFacts } from "./ClusterPanel";
import { type ClusterRow, useColumns } from "./clusterColumns";
import type { Part } from "./part";
import { rows as matrix } from "./queries";
import { Unbind } from "./Unbind";

export function Clusters({ team, cluster }: Part) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const { may } = useSession();
  const name = team.team.name;
  const query = useQuery({ ...matrix(name), enabled: may("fleet.read", name) });
  const [binding, setBinding] = useState<Binding | "new" | null>(null);
  const [leaving, setLeaving] = useState<Binding | null>(null);
  const rows = useMemo(() => together(team.bindings, query.data), [team.bindings, query.data]);
  const columns = useColumns(team.team.defaultNamespace || name);
  const mayBind = may("binding.write", name);
  const bind = mayBind && (
    <Button type="primary" onClick={() => setBinding("new")}>
      {t("bind.open")}
    </Button>
  );
  const acts = (one: Binding) =>
    mayBind && (
      <span className="row">
        <Button onClick={() => setBinding(one)}>{t("bind.change")}</Button>
        <Button danger onClick={() => setLeaving(one)}>
          {t("unbind.open")}
        </Button>
      </span>
    );
  const chosen = cluster === undefined ? undefined : rows.find((row) => row.binding.cluster === cluster);
  return (
    <>
      {query.error && !query.data ? <Problem error={query.error} retry={query.refetch} /> : null}
      {cluster !== undefined ? (
        chosen ? (
          <div className="team-panels">
            <section className="card" aria-label={t("panel.facts")}>
              <div className="row spread">
                <h2>{chosen.binding.cluster}</h2>
                {acts(chosen.binding)}
              </div>
              {chosen.row || !query.isFetching ? <ClusterFacts team={team} {...chosen} /> : <Loading lines={6} />}
            </section>
            <section className="card" aria-label={t("panel.causes")}>
              <h2>{t("panel.causes")}</h2>
              <ClusterCauses team={name} cluster={chosen.binding.cluster} />
            </section>
          </div>
        ) : (
          <EmptyState title={t("elsewhere.title", { team: name, cluster })} action={bind}>
            {t("elsewhere.text")}
          </EmptyState>
        )
      ) : (
        <DataTable
          label={t("tab.clusters")}
          rows={rows}
          columns={columns}
          rowKey={(row) => row.binding.cluster}
          dense
          tools={bind}
          empty={
            <EmptyState title={t("unbound.title", { team: name })} action={bind}>
              {mayBind ? t("unbound.text") : t("unbound.ask")}
            </EmptyState>
          }
          detail={(row, close) => (
            <Detail
              title={row.binding.cluster}
              state={row.row && <StateTag state={row.row.state} />}
              actions={acts(row.binding)}
              close={close}
              tabs={[
                {
                  key: "summary",
                  label: common("detail.summary"),
                  children: <ClusterFacts team={team} {...row} />,
                },
                {
                  key: "causes",
                  label: t("panel.causes"),
                  children: <ClusterCauses team={name} cluster={row.binding.cluster} />,
                },
              ]}
            />
          )}
        />
      )}
      <Bind team={team} binding={binding} cluster={cluster} close={() => setBinding(null)} />
      <Unbind team={team} binding={leaving} close={() => setLeaving(null)} />
    </>
  );
}

function together(bindings: readonly Binding[], seen: readonly FleetRow[] | undefined): ClusterRow[] {
  const found = new Map((seen ?? []).map((row) => [row.cluster, row]));
  return bindings.map((binding) => ({ binding, row: found.get(binding.cluster) }));
}
