/** One cluster: its parts, of which the open one is in the address. */
import { useQuery } from "@tanstack/react-query";
import type { ComponentType } from "react";
import { Link, useParams, useSearchParams } from "react-router";
import type { ClusterInstallation } from "~/api/schema";
import { Loading } from "~/components/Loading";
import { PageHeader } from "~/components/PageHeader";
import { Problem } from "~/components/Problem";
import { Kept } from "~/components/Said";
import { Since } from "~/components/Since";
import { Reachability, StateTag, ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { type ClusterTab, clusterPath } from "~/lib/places";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import { Crds } from "./Crds";
import { Credentials } from "./Credentials";
import { Drifts } from "./Drifts";
import { Events } from "./Events";
import { Installation } from "./Installation";
import { Objects } from "./Objects";
import { Observation } from "./Observation";
import { Owners } from "./Owners";
import { installation } from "./queries";
import { Removing } from "./Removing";
import "./cluster.css";

export interface PartProps {
  cluster: ClusterInstallation;
  team: string | undefined;
}

interface Part {
  tab: ClusterTab;
  permission?: string;
  shown: ComponentType<PartProps>;
}

const PARTS: readonly Part[] = [
  { tab: "installation", shown: Installation },
  { tab: "objects", shown: Objects },
  { tab: "crds", shown: Crds },
  { tab: "ownership", shown: Owners },
  { tab: "drift", shown: Drifts },
  { tab: "observation", shown: Observation },
  { tab: "events", permission: "event.read", shown: Events },
  { tab: "credentials", permission: "cluster.read", shown: Credentials },
  { tab: "removal", permission: "cluster.remove", shown: Removing },
];

export default function Cluster() {
  const { t } = useTranslation("cluster");
  const { cluster: name = "" } = useParams();
  const [params] = useSearchParams();
  const team = params.get("team") ?? undefined;
  const { t: shell } = useTranslation("shell");
  const { may } = useSession();
  const above = may("cluster.read")
    ? { to: "/clusters", title: shell("nav.clusters") }
    : { to: "/", title: shell("nav.fleet") };
  const query = useQuery(installation(name));
  // A credential's facts are told to some only; the answer says whether this is one of them.
  const told = (part: Part) => part.tab !== "credentials" || !query.data || !!query.data.credential;
  const parts = PARTS.filter((part) => (!part.permission || may(part.permission)) && told(part));
  const part = parts.find((one) => one.tab === params.get("tab")) ?? parts[0];
  const cluster = query.data;
  const Shown = part?.shown;
  return (
    <>
      <PageHeader
        title={t("title")}
        object={name}
        above={above}
        state={cluster && <States cluster={cluster} />}
        summary={cluster && <Summary cluster={cluster} />}
      />
      <nav className="parts" aria-label={t("parts")}>
        {parts.map(({ tab }) => (
          <Link
            key={tab}
            to={clusterPath(name, tab, { team })}
            aria-current={tab === part?.tab ? "page" : undefined}
            preventScrollReset
          >
            {t(`tab.${tab}`)}
          </Link>
        ))}
      </nav>
      {query.error && !cluster ? (
        <Problem error={query.error} retry={query.refetch} large />
      ) : cluster && Shown ? (
        <Shown key={name} cluster={cluster} team={team} />
      ) : (
        <Loading lines={10} />
      )}
    </>
  );
}

function States({ cluster }: { cluster: ClusterInstallation }) {
  const { t } = useTranslation("cluster");
  return (
    <>
      <StateTag state={cluster.state} />
      <Reachability state={cluster.reachability} />
      {cluster.insecure && (
        <ToneTag tone="degraded" reason={t("insecure.about")}>
          {t("insecure.label")}
        </ToneTag>
      )}
    </>
  );
}

/** What it is in a line; and why it is not seen, whichever part is open. */
function Summary({ cluster }: { cluster: ClusterInstallation }) {
  const { t } = useTranslation("cluster");
  const { link } = useScope();
  const { error, bundle, kubernetes } = cluster;
  return (
    <div className="stack tight">
      <span className="row">
        {kubernetes && <span>Kubernetes {kubernetes}</span>}
        {bundle && (
          <span>
            Gateway API {bundle.version} {bundle.channel}
          </span>
        )}
        <span>
          {t("seen")} <Since at={cluster.seen_at} />
        </span>
        <Link to={link("/topology")}>{t("topology")}</Link>
      </span>
      {error && (
        <div style={{ color: "var(--text)", marginTop: 8 }}>
          <Kept report={error} />
        </div>
      )}
    </div>
  );
}
