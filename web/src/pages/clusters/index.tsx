/** The registered clusters with what was said of each at registration, and registering another one. */
import { useQuery } from "@tanstack/react-query";
import { Button, Drawer } from "antd";
import { useMemo } from "react";
import { useNavigate, useSearchParams } from "react-router";
import * as queries from "~/api/queries";
import { DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { useTranslation } from "~/i18n/react";
import { clusterPath } from "~/lib/places";
import { matrix } from "~/pages/fleet/queries";
import { useScope } from "~/shell/scope";
import { useSession } from "~/shell/session";
import { type ClusterRow, useColumns } from "./columns";
import { Register, WAYS } from "./Register";

export default function Clusters() {
  const { t } = useTranslation("clusters");
  const { may } = useSession();
  const { team, cluster } = useScope();
  const navigate = useNavigate();
  const [params, setParams] = useSearchParams();
  const query = useQuery(queries.clusters());
  const seen = useQuery({ ...matrix(), enabled: may("fleet.read") });
  const rows = useMemo(() => {
    const fleet = new Map((seen.data ?? []).map((row) => [row.cluster, row]));
    return query.data
      ?.map((one): ClusterRow => ({ ...one, seen: fleet.get(one.spec.name) }))
      .filter((row) => (!team || row.seen?.teams?.includes(team)) && (!cluster || row.spec.name === cluster));
  }, [query.data, seen.data, team, cluster]);
  const columns = useColumns(rows);
  const way = WAYS.find((one) => one === params.get("register"));
  const open = (chosen: string | null) =>
    setParams((before) => {
      const made = new URLSearchParams(before);
      if (chosen) made.set("register", chosen);
      else made.delete("register");
      return made;
    });
  const register = may("cluster.register") && (
    <Button type="primary" onClick={() => open("kubeconfig")}>
      {t("register.title")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} summary={t("about")} actions={register} />
      <DataTable
        label={t("title")}
        query={query}
        rows={rows}
        columns={columns}
        rowKey={(row) => row.spec.name}
        dense
        onOpen={(row) => void navigate(clusterPath(row.spec.name))}
        empty={
          <EmptyState title={t("empty.title")} action={register}>
            {t("empty.text")}
          </EmptyState>
        }
      />
      <Drawer
        open={way !== undefined && may("cluster.register")}
        onClose={() => open(null)}
        size={Math.min(720, window.innerWidth - 40)}
        title={t("register.title")}
        destroyOnHidden
      >
        {way && <Register way={way} choose={open} done={(name) => void navigate(clusterPath(name))} />}
      </Drawer>
    </>
  );
}
