/** The team and the cluster in hand: searchable, with health, reached with the keys `t` and `c`. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import * as queries from "~/api/queries";
import { StateTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import type { HealthState } from "~/lib/states";
import { type Choice, Picker } from "./Picker";
import { useScope } from "./scope";
import { useSession } from "./session";

interface Known extends Choice {
  /** Absent where it is not known, or nothing can be said: a team on no cluster. */
  state?: HealthState | undefined;
}

export function TeamSwitch() {
  const { t } = useTranslation("shell");
  const { may } = useSession();
  const { team, chooseTeam } = useScope();
  const { data, isPending } = useQuery({ ...queries.teams(), enabled: may("team.read") });
  const [wanted, setWanted] = useState(false);
  // All teams are rolled up when somebody looks at the list; till then the one in hand, which its pages ask for too.
  const own = useQuery({ ...queries.health(team), enabled: team !== undefined && may("fleet.read", team) });
  const all = useQuery({ ...queries.teamsHealth(), enabled: wanted && may("fleet.read") });
  const states = new Map((all.data ?? []).map((one) => [one.name, one.state]));
  if (team && own.data) states.set(team, own.data.state);
  const options = (data ?? []).map(
    ({ team: { name }, bindings }): Known => ({
      value: name,
      label: name,
      state: bindings.length ? states.get(name) : undefined,
    }),
  );
  return (
    <Picker
      letter="t"
      className="switch"
      label={t("switch", { label: t("team.label"), letter: "t" })}
      placeholder={t("team.all")}
      value={team}
      groups={[{ label: t("team.label"), options }]}
      loading={isPending}
      clear
      draw={draw}
      choose={chooseTeam}
      opened={useCallback(() => setWanted(true), [])}
    />
  );
}

export function ClusterSwitch() {
  const { t } = useTranslation("shell");
  const { may } = useSession();
  const { team, cluster, chooseCluster } = useScope();
  const [wanted, setWanted] = useState(false);
  // A thousand clusters are read when somebody looks at the list, or when a dot is to be shown.
  const enabled = may("fleet.read") && (wanted || cluster !== undefined);
  const { data, isPending } = useQuery({ ...queries.status(team), enabled });
  const options = (data ?? []).map(
    (one): Known => ({
      value: one.cluster,
      label: one.cluster,
      state: one.health ?? "unknown",
    }),
  );
  return (
    <Picker
      letter="c"
      className="switch"
      label={t("switch", { label: t("cluster.label"), letter: "c" })}
      placeholder={t("cluster.all")}
      value={cluster}
      groups={[{ label: t("cluster.label"), options }]}
      loading={isPending}
      clear
      draw={draw}
      choose={chooseCluster}
      opened={useCallback(() => setWanted(true), [])}
    />
  );
}

function draw({ state, label }: Known) {
  return (
    <span className="row tight nowrap">
      {state && <StateTag state={state} dot />}
      <span className="clip">{label}</span>
    </span>
  );
}
