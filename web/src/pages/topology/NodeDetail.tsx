/** One part: what is wrong and what to do, what it hangs on and leads to, its conditions, and the same route elsewhere. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Topology, TopologyNode } from "~/api/schema";
import { Findings } from "~/components/Causes";
import { CopyName } from "~/components/CopyName";
import { Conditions, Detail, Facts, type Tab } from "~/components/Detail";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { Shape } from "~/components/Shape";
import { StateTag } from "~/components/StateTag";
import { YamlView } from "~/components/YamlView";
import { useTranslation } from "~/i18n/react";
import { nameOfRef, useSay } from "~/i18n/server";
import { severityTone } from "~/lib/states";
import { Elsewhere } from "./Elsewhere";
import { judged, live } from "./queries";

interface Props {
  node: TopologyNode;
  graph: Topology;
  team: string | undefined;
  go: (id: string) => void;
  close: () => void;
}

export function NodeDetail({ node, graph, team, go, close }: Props) {
  const { t } = useTranslation("topology");
  const { t: common } = useTranslation("common");
  const ours = node.layer !== "backend" && node.present !== false;
  const query = useQuery({ ...judged(node.cluster, node.ref, team), enabled: ours });
  const of = query.data;
  const where = node.layer === "listener" ? node.name : undefined;
  const conditions = of?.conditions?.filter((one) => where === undefined || isOf(one.where, where));
  const tabs: Tab[] = [
    {
      key: "summary",
      label: common("detail.summary"),
      children: <Summary node={node} graph={graph} go={go} />,
    },
  ];
  if (ours) {
    tabs.push(
      {
        key: "findings",
        label: t("findings"),
        children: query.error ? (
          <Problem error={query.error} retry={query.refetch} />
        ) : query.isPending ? (
          <Loading />
        ) : (
          <Findings findings={of?.findings?.filter((one) => where === undefined || isOf(one.where, where))} />
        ),
      },
      {
        key: "conditions",
        label: common("detail.conditions"),
        children: query.isPending ? <Loading /> : <Conditions conditions={conditions} />,
      },
      { key: "yaml", label: common("detail.yaml"), children: <LiveYaml node={node} team={team} /> },
    );
  }
  if (node.layer === "route") {
    tabs.splice(1, 0, {
      key: "elsewhere",
      label: t("elsewhere.tab", { count: node.elsewhere?.length ?? 0 }),
      children: <Elsewhere node={node} go={go} />,
    });
  }
  return (
    <Detail
      title={
        <span className="clip">
          {t(`kind.${node.layer}`)} {node.name}
        </span>
      }
      state={<StateTag state={node.state} />}
      tabs={tabs}
      width={560}
      close={close}
    />
  );
}

function isOf(where: string | undefined, listener: string): boolean {
  return where === listener || where === `listener ${listener}`;
}

function Summary({ node, graph, go }: Pick<Props, "node" | "graph" | "go">) {
  const { t } = useTranslation("topology");
  const say = useSay();
  const tone = node.severity ? severityTone[node.severity] : node.state;
  const causes = graph.edges.filter((edge) => edge.target === node.id && edge.reason);
  return (
    <div className="stack">
      {node.reason && (
        <div className={`note tone-${tone}`}>
          <Shape tone={tone} />
          <div className="words">
            <strong>{say(node.reason)}</strong>
            <span>{say(node.remedy)}</span>
          </div>
        </div>
      )}
      {!node.reason &&
        causes.map((edge) => (
          <div key={edge.source} className={`note tone-${edge.state}`}>
            <Shape tone={edge.state} />
            <div className="words">
              <strong>{say(edge.reason)}</strong>
            </div>
          </div>
        ))}
      {node.present === false && <p className="muted">{t("absent-about")}</p>}
      <Facts
        rows={[
          [t("column.name"), <CopyName key="n" name={nameOfRef(node.ref)} />],
          [
            t("column.cluster"),
            <Link key="c" to={`/clusters/${encodeURIComponent(node.cluster)}`}>
              {node.cluster}
            </Link>,
          ],
          [t("listener"), node.layer === "listener" ? node.name : null],
          [t("port"), node.port ? `${node.protocol ?? ""} ${node.port}` : null],
          [
            t("column.hostnames"),
            node.hostnames?.length ? (
              <span key="h" className="stack tight">
                {node.hostnames.map((one) => (
                  <CopyName key={one} name={one} />
                ))}
              </span>
            ) : null,
          ],
          [t("note"), say(node.note) || null],
        ]}
      />
      <Around node={node} graph={graph} go={go} side="left" />
      <Around node={node} graph={graph} go={go} side="right" />
    </div>
  );
}

function Around({ node, graph, go, side }: Pick<Props, "node" | "graph" | "go"> & { side: "left" | "right" }) {
  const { t } = useTranslation("topology");
  const [at, to] = side === "left" ? (["target", "source"] as const) : (["source", "target"] as const);
  const byId = new Map(graph.nodes.map((one) => [one.id, one]));
  const edges = graph.edges.filter((edge) => edge[at] === node.id);
  if (!edges.length) return null;
  return (
    <section className="stack tight">
      <h3>{side === "left" ? t("column.hangs") : t("column.leads")}</h3>
      <ul className="topology-links">
        {edges.slice(0, 40).map((edge) => {
          const other = byId.get(edge[to]);
          return other ? (
            <li key={other.id} className="row">
              <StateTag state={other.state} dot />
              <button type="button" className="plain linklike" onClick={() => go(other.id)}>
                {t(`kind.${other.layer}`)} {other.name}
              </button>
              {edge.port ? <span className="muted numbers">:{edge.port}</span> : null}
              {edge.weight ? <span className="muted numbers">{t("weight", { weight: edge.weight })}</span> : null}
              {edge.mirror ? <span className="muted">{t("mirror")}</span> : null}
            </li>
          ) : null;
        })}
        {edges.length > 40 && <li className="muted">{t("and-more", { count: edges.length - 40 })}</li>}
      </ul>
    </section>
  );
}

function LiveYaml({ node, team }: Pick<Props, "node" | "team">) {
  const query = useQuery(live(node.cluster, node.ref, team));
  if (query.error) return <Problem error={query.error} retry={query.refetch} />;
  if (query.data === undefined) return <Loading lines={12} />;
  return <YamlView text={String(query.data)} />;
}
