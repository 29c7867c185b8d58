/** Goes to a page, a team or a cluster by a part of its name; reached with the key `/`. */
import { SearchOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { type RefSelectProps, Select } from "antd";
import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import * as queries from "~/api/queries";
import { useKey } from "./keys";
import { useScope } from "./scope";
import { useSession } from "./session";

export function Search() {
  const { t } = useTranslation(["shell", "common"]);
  const { may } = useSession();
  const { link, team } = useScope();
  const navigate = useNavigate();
  const select = useRef<RefSelectProps>(null);
  const [open, setOpen] = useState(false);
  const teams = useQuery({ ...queries.teams(), enabled: open && may("team.read") });
  const clusters = useQuery({ ...queries.status(), enabled: open && may("fleet.read") });
  useKey(
    "/",
    useCallback(() => {
      select.current?.focus();
      setOpen(true);
    }, []),
  );
  const reading = open && (teams.isFetching || clusters.isFetching);
  const ofClusters = team ? `/teams/${encodeURIComponent(team)}/clusters/` : "/clusters/";
  const options = [
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
  ].filter((group) => group.options.length);
  return (
    <Select<string>
      ref={select}
      className="search"
      showSearch={{ optionFilterProp: "label" }}
      suffixIcon={<SearchOutlined />}
      aria-label={t("search.label")}
      aria-keyshortcuts="/"
      placeholder={t("search.placeholder")}
      value={null}
      options={options}
      open={open}
      loading={reading}
      onOpenChange={setOpen}
      onChange={(path: string) => {
        setOpen(false);
        select.current?.blur();
        void navigate(link(path));
      }}
      popupMatchSelectWidth={320}
      notFoundContent={reading ? t("common:loading") : t("nothing")}
    />
  );
}
