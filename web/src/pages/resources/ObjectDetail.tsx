/** One object: what is wrong, where it hangs, its conditions, the object as the cluster has it, and how it fared. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { SeenObject } from "~/api/schema";
import { Findings } from "~/components/Causes";
import { CopyName } from "~/components/CopyName";
import { Conditions, Detail, Facts } from "~/components/Detail";
import { EmptyState } from "~/components/EmptyState";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { Said } from "~/components/Said";
import { Since } from "~/components/Since";
import { StateTag } from "~/components/StateTag";
import { YamlView } from "~/components/YamlView";
import { useTranslation } from "~/i18n/react";
import { nameOfRef } from "~/i18n/server";
import type { HealthState } from "~/lib/states";
import { linked } from "~/shell/scope";
import { live } from "../topology/queries";
import { changes } from "./queries";

interface Props {
  seen: SeenObject;
  team: string | undefined;
  close: () => void;
}

export function ObjectDetail({ seen, team, close }: Props) {
  const { t } = useTranslation("resources");
  const { t: common } = useTranslation("common");
  const { cluster, object } = seen;
  const { ref } = object;
  return (
    <Detail
      title={<span className="clip">{nameOfRef(ref)}</span>}
      state={<StateTag state={object.state} />}
      close={close}
      tabs={[
        {
          key: "summary",
          label: common("detail.summary"),
          children: (
            <div className="stack">
              <Findings findings={object.findings} />
              <Facts
                rows={[
                  [t("column.name"), <CopyName key="n" name={ref.name} />],
                  [t("column.kind"), `${ref.kind} (${ref.api_version})`],
                  [t("column.namespace"), ref.namespace ? <CopyName key="s" name={ref.namespace} /> : null],
                  [
                    t("column.cluster"),
                    <Link key="c" to={`/clusters/${encodeURIComponent(cluster)}`}>
                      {cluster}
                    </Link>,
                  ],
                  [
                    t("parents"),
                    object.parents?.length ? (
                      <ul key="p" className="stack tight">
                        {object.parents.map((parent) => (
                          <li key={nameOfRef(parent)}>
                            <CopyName name={nameOfRef(parent)} />
                          </li>
                        ))}
                      </ul>
                    ) : null,
                  ],
                ]}
              />
              <Link to={linked(`/topology?q=${encodeURIComponent(ref.name)}`, team, cluster)}>{t("topology")}</Link>
            </div>
          ),
        },
        {
          key: "conditions",
          label: common("detail.conditions"),
          children: <Conditions conditions={object.conditions} />,
        },
        { key: "yaml", label: common("detail.yaml"), children: <LiveYaml seen={seen} team={team} /> },
        { key: "events", label: t("events"), children: <Changes seen={seen} team={team} /> },
      ]}
    />
  );
}

function LiveYaml({ seen, team }: Pick<Props, "seen" | "team">) {
  const query = useQuery(live(seen.cluster, seen.object.ref, team));
  if (query.error) return <Problem error={query.error} retry={query.refetch} />;
  if (query.data === undefined) return <Loading lines={12} />;
  return <YamlView text={String(query.data)} />;
}

function Changes({ seen, team }: Pick<Props, "seen" | "team">) {
  const { t } = useTranslation("resources");
  const query = useQuery(changes(seen.cluster, `${seen.cluster}/${nameOfRef(seen.object.ref)}`, team));
  if (query.error) return <Problem error={query.error} retry={query.refetch} />;
  if (!query.data) return <Loading />;
  if (!query.data.length) return <EmptyState title={t("no-events")}>{t("no-events-text")}</EmptyState>;
  return (
    <ul className="stack">
      {query.data.map((event) => (
        <li key={event.id} className="stack tight">
          <span className="row">
            <StateTag state={event.after as HealthState} />
            <span className="muted">
              <Since at={event.at} />
            </span>
          </span>
          <Said message={event.message} />
        </li>
      ))}
    </ul>
  );
}
