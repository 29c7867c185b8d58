/** Every team: its health, its clusters by state, how far they are apart, and the rollout that is at work. */
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import * as queries from "~/api/queries";
import type { TeamView } from "~/api/schema";
import { DataTable } from "~/components/DataTable";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { CreateTeam } from "./CreateTeam";
import { type TeamRow, useColumns } from "./columns";
import { rollouts as teamsRollouts } from "./queries";
import { RemoveTeam } from "./RemoveTeam";

const AT_WORK = new Set(["pending", "running", "paused"]);

export default function Teams() {
  const { t } = useTranslation("teams");
  const { session, may } = useSession();
  const navigate = useNavigate();
  const teams = useQuery(queries.teams());
  const health = useQuery({ ...queries.teamsHealth(), enabled: may("fleet.read") });
  const rollouts = useQuery({ ...teamsRollouts(), enabled: may("rollout.read") });
  const [creating, setCreating] = useState(false);
  const [removing, setRemoving] = useState<TeamView | null>(null);
  const columns = useColumns({ remove: setRemoving, mayRemove: (team) => may("team.write", team) });
  const rows = useMemo(() => {
    const states = new Map((health.data ?? []).map((one) => [one.name, one]));
    return teams.data?.map(
      (view): TeamRow => ({
        view,
        health: states.get(view.team.name),
        rollout: rollouts.data?.find((one) => one.team === view.team.name && AT_WORK.has(one.state)),
      }),
    );
  }, [teams.data, health.data, rollouts.data]);
  // A team is made by whoever may do so everywhere: an owner's permission is for the team that they own.
  const mayCreate = session.permissions?.includes("team.write") ?? false;
  const create = mayCreate ? (
    <Button type="primary" onClick={() => setCreating(true)}>
      {t("create.open")}
    </Button>
  ) : undefined;
  return (
    <>
      <PageHeader title={t("title")} summary={t("summary")} actions={create} />
      {health.error ? <Problem error={health.error} retry={health.refetch} /> : null}
      <DataTable
        label={t("title")}
        query={teams}
        rows={rows}
        columns={columns}
        rowKey={(row) => row.view.team.name}
        onOpen={(row) => void navigate(`/teams/${encodeURIComponent(row.view.team.name)}`)}
        empty={
          <EmptyState title={t("empty.title")} action={create}>
            {mayCreate ? t("empty.text") : t("empty.none")}
          </EmptyState>
        }
      />
      <CreateTeam
        open={creating}
        known={teams.data?.map((view) => view.team.name) ?? []}
        close={() => setCreating(false)}
      />
      <RemoveTeam view={removing} close={() => setRemoving(null)} />
    </>
  );
}
