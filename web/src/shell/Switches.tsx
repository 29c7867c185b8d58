/** The team and the cluster in hand: searchable, with health, reached with the keys `t` and `c`. */
import { useQuery } from "@tanstack/react-query";
import { type RefSelectProps, Select } from "antd";
import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import * as queries from "~/api/queries";
import { StateTag } from "~/components/StateTag";
import type { HealthState } from "~/lib/states";
import { useKey } from "./keys";
import { useScope } from "./scope";
import { useSession } from "./session";

interface Option {
  value: string;
  label: string;
  state?: HealthState;
}

export function TeamSwitch() {
  const { t } = useTranslation("shell");
  const { may } = useSession();
  const { team, chooseTeam } = useScope();
  const { data, isPending } = useQuery({ ...queries.teams(), enabled: may("team.read") });
  const options = (data ?? []).map((one) => ({ value: one.team.name, label: one.team.name }));
  return (
    <Switch
      letter="t"
      label={t("team.label")}
      placeholder={t("team.all")}
      value={team}
      options={options}
      loading={isPending}
      choose={chooseTeam}
    />
  );
}

export function ClusterSwitch() {
  const { t } = useTranslation("shell");
  const { may } = useSession();
  const { team, cluster, chooseCluster } = useScope();
  const [opened, setOpened] = useState(false);
  // A thousand clusters are read when somebody looks at the list, or when a dot is to be shown.
  const { data, isPending, isFetching } = useQuery({
    ...queries.status(team),
    enabled: may("fleet.read") && (opened || cluster !== undefined),
  });
  const options = (data ?? []).map((one) => ({
    value: one.cluster,
    label: one.cluster,
    state: one.health ?? ("unknown" as const),
  }));
  return (
    <Switch
      letter="c"
      label={t("cluster.label")}
      placeholder={t("cluster.all")}
      value={cluster}
      options={options}
      loading={isPending && isFetching}
      choose={chooseCluster}
      opened={() => setOpened(true)}
    />
  );
}

interface SwitchProps {
  letter: string;
  label: string;
  placeholder: string;
  value: string | undefined;
  options: Option[];
  loading: boolean;
  choose: (value: string | undefined) => void;
  opened?: () => void;
}

function Switch({ letter, label, placeholder, value, options, loading, choose, opened }: SwitchProps) {
  const { t } = useTranslation(["shell", "common"]);
  const select = useRef<RefSelectProps>(null);
  const [open, setOpen] = useState(false);
  const show = useCallback(() => {
    select.current?.focus();
    setOpen(true);
    opened?.();
  }, [opened]);
  useKey(letter, show);
  // What is in hand is shown even before, or without, the list.
  const all = value && !options.some((one) => one.value === value) ? [{ value, label: value }, ...options] : options;
  return (
    <Select<string, Option>
      ref={select}
      className="switch"
      showSearch={{ optionFilterProp: "label" }}
      allowClear
      aria-label={t("switch", { label, letter })}
      aria-keyshortcuts={letter}
      placeholder={placeholder}
      value={value ?? null}
      options={all}
      loading={loading && open}
      open={open}
      onOpenChange={(now) => {
        setOpen(now);
        if (now) opened?.();
      }}
      onChange={(chosen: string | undefined) => {
        setOpen(false);
        choose(chosen ?? undefined);
      }}
      optionRender={({ data }) => (
        <span className="row">
          {data.state && <StateTag state={data.state} dot />}
          {data.label}
        </span>
      )}
      labelRender={({ label: shown }) => {
        const state = all.find((one) => one.value === value)?.state;
        return (
          <span className="row">
            {state && <StateTag state={state} dot />}
            <span className="clip">{shown}</span>
          </span>
        );
      }}
      popupMatchSelectWidth={260}
      notFoundContent={loading ? t("common:loading") : t("nothing")}
    />
  );
}
