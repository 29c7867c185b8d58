/**
 * Traffic as a graph: GatewayClass, Gateway, listener, route, backend, from left to right. What is asked for is in the
 * address (`?q=`, `?problems=1`, `?as=list`), and so is the part whose detail is open (`?open=`).
 */
import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Segmented } from "antd";
import { useDeferredValue, useMemo } from "react";
import { useSearchParams } from "react-router";
import { EmptyState } from "~/components/EmptyState";
import { Loading } from "~/components/Loading";
import { PageHeader } from "~/components/PageHeader";
import { Problem } from "~/components/Problem";
import { SearchField } from "~/components/SearchField";
import { useTranslation } from "~/i18n/react";
import { useScope } from "~/shell/scope";
import { Canvas } from "./Canvas";
import { shown as choose } from "./graph";
import { layout } from "./layout";
import { NodeDetail } from "./NodeDetail";
import { PartList } from "./PartList";
import { topology } from "./queries";
import "./topology.css";

const FEW = 500;
const MANY = 2000;

export default function TopologyPage() {
  const { t } = useTranslation("topology");
  const { team, cluster } = useScope();
  const [params, setParams] = useSearchParams();
  const limit = params.get("all") === "1" ? MANY : FEW;
  const query = useQuery(topology(team, cluster, limit));
  const set = (name: string, value: string) =>
    setParams(
      (before) => {
        const made = new URLSearchParams(before);
        if (value) made.set(name, value);
        else made.delete(name);
        return made;
      },
      { replace: name !== "open" || !value },
    );
  const q = params.get("q") ?? "";
  const settled = useDeferredValue(q);
  const problems = params.get("problems") === "1";
  const unfolded = params.get("unfold") ?? "";
  const found = useMemo(
    () =>
      query.data &&
      choose(query.data, { q: settled, problems, unfolded: new Set(unfolded.split(" ").filter(Boolean)) }),
    [query.data, settled, problems, unfolded],
  );
  const drawing = useMemo(() => found && layout(found), [found]);
  const list = params.get("as") === "list";
  const open = params.get("open") ?? "";
  const opened = open ? query.data?.nodes.find((node) => node.id === open) : undefined;
  const graph = query.data;
  return (
    <>
      <PageHeader title={t("title")} summary={t("summary")} />
      <div className="row topology-tools">
        <SearchField value={q} onChange={(text) => set("q", text)} label={t("search")} width={260} />
        <Checkbox checked={problems} onChange={(event) => set("problems", event.target.checked ? "1" : "")}>
          {t("only-problems", { count: found?.problems ?? 0 })}
        </Checkbox>
        <Segmented
          value={list ? "list" : "graph"}
          onChange={(value) => set("as", value === "list" ? "list" : "")}
          options={[
            { value: "graph", label: t("graph") },
            { value: "list", label: t("list") },
          ]}
        />
        {graph && (
          <span className="muted" role="status">
            {graph.cut
              ? t("cut", { shown: graph.nodes.length, total: graph.total })
              : t("parts", { count: graph.nodes.length })}
            {graph.omitted ? ` ${t("omitted", { count: graph.omitted })}` : ""}
          </span>
        )}
        {graph?.cut && limit === FEW && graph.total > FEW && (
          <Button size="small" onClick={() => set("all", "1")}>
            {t("more", { count: Math.min(MANY, graph.total) })}
          </Button>
        )}
      </div>
      {query.error ? <Problem error={query.error} retry={query.refetch} large={!graph} /> : null}
      {!graph && !query.error ? <Loading lines={10} doing={t("doing")} /> : null}
      {graph && graph.nodes.length === 0 ? (
        <div className="card">
          <EmptyState title={t("empty.title")}>{t("empty.text")}</EmptyState>
        </div>
      ) : null}
      {found && drawing && graph && graph.nodes.length > 0 ? (
        found.nodes.length === 0 ? (
          <div className="card">
            <EmptyState
              title={problems && !q ? t("no-problems") : t("nothing")}
              action={
                <Button
                  onClick={() =>
                    setParams((before) => {
                      const made = new URLSearchParams(before);
                      made.delete("q");
                      made.delete("problems");
                      return made;
                    })
                  }
                >
                  {t("show-all")}
                </Button>
              }
            />
          </div>
        ) : list ? (
          <PartList nodes={found.nodes} edges={graph.edges} open={(id) => set("open", id)} />
        ) : (
          <Canvas
            shown={found}
            drawing={drawing}
            open={open}
            choose={(id) => set("open", id)}
            unfold={(id) => set("unfold", [unfolded, id].filter(Boolean).join(" "))}
          />
        )
      ) : null}
      {graph && opened && (
        <NodeDetail
          key={opened.id}
          node={opened}
          graph={graph}
          team={team}
          go={(id) => set("open", id)}
          close={() => set("open", "")}
        />
      )}
    </>
  );
}
