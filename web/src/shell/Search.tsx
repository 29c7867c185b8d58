/** Goes to a team or a cluster by a part of its name; reached with the key `/`. */
import { SearchOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { useNavigate } from "react-router";
import * as queries from "~/api/queries";
import { useTranslation } from "~/i18n/react";
import { Picker } from "./Picker";
import { useScope } from "./scope";
import { useSession } from "./session";

export function Search() {
  const { t } = useTranslation("shell");
  const { may } = useSession();
  const { link, team } = useScope();
  const navigate = useNavigate();
  const [wanted, setWanted] = useState(false);
  const teams = useQuery({ ...queries.teams(), enabled: wanted && may("team.read") });
  const clusters = useQuery({ ...queries.status(), enabled: wanted && may("fleet.read") });
  const ofClusters = team ? `/teams/${encodeURIComponent(team)}/clusters/` : "/clusters/";
  const groups = [
    {
      label: t("search.teams"),
      options: (teams.data ?? []).map((one) => ({
        value: `/teams/${encodeURIComponent(one.team.name)}`,
        label: one.team.name,
      })),
    },
    {
      label: t("search.clusters"),
      options: (clusters.data ?? []).map((one) => ({
        value: ofClusters + encodeURIComponent(one.cluster),
        label: one.cluster,
      })),
    },
  ];
  return (
    <Picker
      letter="/"
      className="search"
      label={t("search.label")}
      placeholder={t("search.placeholder")}
      groups={groups}
      loading={teams.isFetching || clusters.isFetching}
      icon={<SearchOutlined />}
      choose={(path) => path && void navigate(link(path))}
      opened={useCallback(() => setWanted(true), [])}
    />
  );
}
