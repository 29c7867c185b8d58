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

interface ClusterChoice extends Choice {
  state?: HealthState;
}

export function TeamSwitch() {
  const { t } = useTranslation("shell");
  const { may } = useSession();
  const { team, chooseTeam } = useScope();
  const { data, isPending } = useQuery({ ...queries.teams(), enabled: may("team.read") });
  const options = (data ?? []).map((one) => ({ value: one.team.name, label: one.team.name }));
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
      choose={chooseTeam}
      opened={nothing}
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
    (one): ClusterChoice => ({
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
      draw={(choice) => (
        <span className="row tight nowrap">
          {choice.state && <StateTag state={choice.state} dot />}
          <span className="clip">{choice.label}</span>
        </span>
      )}
      choose={chooseCluster}
      opened={useCallback(() => setWanted(true), [])}
    />
  );
}

function nothing(): void {
  // The teams are known already.
}
