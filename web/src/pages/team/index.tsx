/**
 * A team: its clusters side by side, and, in tabs that are in the address (`?view=mapping`), everything of the team on
 * them. With `/clusters/:cluster` the same tabs are about one cluster; the switch changes it and keeps the tab.
 */
import { useQuery } from "@tanstack/react-query";
import { Tabs } from "antd";
import type { ComponentType } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import { ProblemError } from "~/api/client";
import * as queries from "~/api/queries";
import { EmptyState } from "~/components/EmptyState";
import { Loading } from "~/components/Loading";
import { PageHeader } from "~/components/PageHeader";
import { Problem } from "~/components/Problem";
import { StateTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { ClusterStrip } from "./ClusterStrip";
import { Clusters } from "./Clusters";
import { Drifts } from "./Drifts";
import { Events } from "./Events";
import { Findings } from "./Findings";
import { Hostnames } from "./Hostnames";
import { Mapping } from "./Mapping";
import { Members } from "./Members";
import { Policy } from "./Policy";
import type { Part } from "./part";
import { team as ofTeam } from "./queries";
import { Stacks } from "./Stacks";
import "./team.css";

const TABS = [
  ["clusters", Clusters, "team.read"],
  ["mapping", Mapping, "fleet.read"],
  ["findings", Findings, "fleet.read"],
  ["hostnames", Hostnames, "fleet.read"],
  ["stacks", Stacks, "team.read"],
  ["drift", Drifts, "fleet.read"],
  ["members", Members, "member.read"],
  ["events", Events, "event.read"],
  ["policy", Policy, "team.read"],
] as const satisfies readonly (readonly [string, ComponentType<Part>, string])[];

/** What belongs to the list of one tab and means nothing in another. */
const OF_A_TAB = ["q", "sort", "columns", "open", "tab", "kind", "state", "agreement", "closed", "severity"];

export default function Team() {
  const { t } = useTranslation("team");
  const { may } = useSession();
  const { team: name = "", cluster } = useParams();
  const [params, setParams] = useSearchParams();
  const view = useQuery(ofTeam(name));
  const health = useQuery({ ...queries.health(name), enabled: may("fleet.read", name) });
  const tabs = TABS.filter(([, , permission]) => may(permission, name));
  const active = tabs.find(([key]) => key === params.get("view")) ?? tabs[0];
  const choose = (key: string) =>
    setParams((before) => {
      const made = new URLSearchParams(before);
      for (const one of OF_A_TAB) made.delete(one);
      if (key === tabs[0]?.[0]) made.delete("view");
      else made.set("view", key);
      return made;
    });
  if (view.error && !view.data) {
    const absent = view.error instanceof ProblemError && view.error.status === 404;
    return (
      <>
        <PageHeader title={t("title")} object={name} above={{ to: "/teams", title: t("all") }} />
        {absent ? (
          <EmptyState title={t("absent.title", { team: name })} action={<Link to="/teams">{t("absent.next")}</Link>}>
            {t("absent.text")}
          </EmptyState>
        ) : (
          <Problem error={view.error} retry={view.refetch} large />
        )}
      </>
    );
  }
  const counts = health.data;
  const here = counts?.members?.find((one) => one.cluster === cluster);
  return (
    <>
      <PageHeader
        title={t("title")}
        object={cluster ?? name}
        {...(cluster ? {} : { above: { to: "/teams", title: t("all") } })}
        state={counts && view.data?.bindings.length ? <StateTag state={here ? here.state : counts.state} /> : null}
        summary={
          view.data &&
          t("summary", {
            place: here ? t("on-cluster", { team: name }) : t("clusters", { count: view.data.bindings.length }),
            errors: t("errors", { count: (here ?? counts)?.errors ?? 0 }),
            warnings: t("warnings", { count: (here ?? counts)?.warnings ?? 0 }),
          })
        }
      />
      {view.data ? (
        <>
          <ClusterStrip bindings={view.data.bindings} members={counts?.members} chosen={cluster} />
          <Tabs
            className="team-tabs"
            activeKey={active?.[0] ?? ""}
            onChange={choose}
            items={tabs.map(([key, Shown]) => ({
              key,
              label: t(`tab.${key}`),
              children:
                key === active?.[0] && view.data ? (
                  <div className="team-part">
                    <Shown team={view.data} health={counts} cluster={cluster} />
                  </div>
                ) : null,
            }))}
            destroyOnHidden
          />
        </>
      ) : (
        <Loading lines={10} />
      )}
    </>
  );
}
