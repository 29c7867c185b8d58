/** Where one is signed in. What one does not know can be ended. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { OpenSession, SessionRow } from "~/api/schema";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { agentOf } from "~/lib/agent";
import { sessions } from "./queries";
import { Section } from "./Section";

export function Sessions() {
  const { t } = useTranslation("settings");
  const client = useQueryClient();
  const { modal, message } = App.useApp();
  const query = useQuery(sessions());
  const [error, setError] = useState<unknown>(null);
  const [ending, setEnding] = useState("");
  const rows = query.data && [...query.data].sort((a, b) => Number(b.current) - Number(a.current));
  const others = rows?.filter((row) => !row.current).length ?? 0;
  const end = async (id: string) => {
    setError(null);
    setEnding(id);
    try {
      await (id ? api("DELETE /sessions/{id}", { path: { id } }) : api("DELETE /sessions"));
      void message.success(t(id ? "sessions.ended" : "sessions.ended-others"));
    } catch (caught) {
      setError(caught);
    } finally {
      setEnding("");
      await queries.invalidate(client, "sessions");
    }
  };
  const endOthers = () =>
    modal.confirm({
      title: t("sessions.others-title", { count: others }),
      content: t("sessions.others-text"),
      okText: t("sessions.others-verb"),
      okButtonProps: { danger: true },
      cancelText: t("cancel"),
      onOk: () => end(""),
    });
  return (
    <Section
      wide
      title={t("sessions.title")}
      about={t("sessions.about")}
      actions={
        others > 0 && (
          <Button danger onClick={endOthers}>
            {t("sessions.others-verb")}
          </Button>
        )
      }
    >
      <Problem error={error} />
      {rows ? (
        <table className="sessions">
          <thead>
            <tr>
              <th scope="col">{t("sessions.browser")}</th>
              <th scope="col">{t("sessions.address")}</th>
              <th scope="col">{t("sessions.method")}</th>
              <th scope="col">{t("sessions.began")}</th>
              <th scope="col">{t("sessions.seen")}</th>
              <th scope="col">{t("sessions.ends")}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.session.id} row={row} busy={ending === row.session.id} end={end} />
            ))}
          </tbody>
        </table>
      ) : query.error ? (
        <Problem error={query.error} retry={query.refetch} />
      ) : (
        <Loading lines={3} />
      )}
    </Section>
  );
}

interface RowProps {
  row: SessionRow;
  busy: boolean;
  end: (id: string) => Promise<void>;
}

function Row({ row: { session, current }, busy, end }: RowProps) {
  const { t } = useTranslation("settings");
  const agent = useAgent(session);
  return (
    <tr>
      <td>
        <span className="row">
          <span title={session.agent}>{agent}</span>
          {current && <ToneTag tone="healthy">{t("sessions.current")}</ToneTag>}
        </span>
      </td>
      <td>
        <code>{session.address}</code>
      </td>
      <td>{t(`sessions.via.${session.method}`)}</td>
      <td>
        <Since at={session.created_at} />
      </td>
      <td>
        <Since at={session.seen_at} />
      </td>
      <td>
        <Since at={session.expires_at} />
      </td>
      <td>
        {!current && (
          <Button
            size="small"
            danger
            loading={busy}
            aria-label={t("sessions.end-of", { browser: agent, address: session.address })}
            onClick={() => void end(session.id)}
          >
            {t("sessions.end")}
          </Button>
        )}
      </td>
    </tr>
  );
}

function useAgent({ agent }: OpenSession): string {
  const { t } = useTranslation("settings");
  const { browser, system } = agentOf(agent);
  if (!browser) return t("sessions.unknown");
  return system ? t("sessions.on", { browser, system }) : browser;
}
