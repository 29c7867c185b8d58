/** Deleting a team: what goes with it, or the clusters that it has to leave first. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Modal } from "antd";
import { Link } from "react-router";
import { all, api } from "~/api/client";
import * as queries from "~/api/queries";
import type { TeamView } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";

interface Props {
  view: TeamView | null;
  close: () => void;
  done?: () => void;
}

export function RemoveTeam({ view, close, done }: Props) {
  if (!view) return null;
  return view.bindings.length ? <Bound view={view} close={close} /> : <Asking view={view} close={close} done={done} />;
}

function Bound({ view, close }: { view: TeamView; close: () => void }) {
  const { t } = useTranslation("teams");
  const { t: common } = useTranslation("common");
  const team = view.team.name;
  const base = `/teams/${encodeURIComponent(team)}`;
  return (
    <Modal
      open
      title={t("remove.title", { team })}
      onCancel={close}
      footer={<Button onClick={close}>{common("action.close")}</Button>}
    >
      <div className="stack">
        <p>{t("remove.bound", { count: view.bindings.length, team })}</p>
        <ul className="stack tight" style={{ maxHeight: 260, overflow: "auto" }}>
          {view.bindings.map((one) => (
            <li key={one.cluster}>
              <Link to={`${base}?open=${encodeURIComponent(one.cluster)}`} onClick={close}>
                {one.cluster}
              </Link>{" "}
              <code className="muted">{one.namespace || view.team.defaultNamespace || team}</code>
            </li>
          ))}
        </ul>
      </div>
    </Modal>
  );
}

function Asking({ view, close, done }: { view: TeamView; close: () => void; done: (() => void) | undefined }) {
  const { t } = useTranslation("teams");
  const client = useQueryClient();
  const { may } = useSession();
  const team = view.team.name;
  const members = useQuery({
    queryKey: ["members", team],
    queryFn: ({ signal }) => all("GET /teams/{team}/members", { path: { team }, signal }),
    enabled: may("member.read", team),
  });
  return (
    <ConfirmDanger
      open
      name={team}
      title={t("remove.title", { team })}
      verb={t("remove.verb")}
      consequences={[
        ...(view.stacks.length ? [t("remove.stacks", { count: view.stacks.length })] : []),
        ...(members.data?.length ? [t("remove.members", { count: members.data.length })] : []),
        t("remove.notifications"),
        t("remove.clusters"),
      ]}
      run={() => api("DELETE /teams/{team}", { path: { team } })}
      done={() => {
        void queries.invalidate(client, "teams", "health", "bindings", "status");
        done?.();
      }}
      close={close}
    />
  );
}
