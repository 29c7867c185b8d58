/** Saying whose the Gateway API of a cluster is: what each answer means here, and what it is said upon. */
import { useQueryClient } from "@tanstack/react-query";
import { Modal, Radio } from "antd";
import { useState } from "react";
import { api } from "~/api/client";
import * as queries from "~/api/queries";
import type { ClusterInstallation } from "~/api/schema";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";

type Word = "" | "own" | "observe";
const WORDS: readonly Word[] = ["", "own", "observe"];

interface Props {
  cluster: ClusterInstallation;
  open: boolean;
  close: () => void;
}

export function ChangeCustody(props: Props) {
  return props.open ? <Asking {...props} /> : null;
}

function Asking({ cluster, close }: Props) {
  const { t } = useTranslation("cluster");
  const client = useQueryClient();
  const [word, setWord] = useState<Word>(cluster.custody.wish ?? "");
  const { busy, error, submit } = useSubmit();
  const foreign = (cluster.crds ?? []).filter((crd) => crd.ownership.origin === "foreign");
  const evidence = foreign.map((crd) => {
    const { owner } = crd.ownership;
    return `${crd.versions.name}: ${owner ? [owner.writer, owner.name, owner.evidence].filter(Boolean).join(", ") : "-"}`;
  });
  const save = () =>
    submit(async () => {
      const body = { custody: word || null, evidence };
      await api("PUT /clusters/{name}/custody", { path: { name: cluster.cluster }, body });
      await queries.invalidate(client, "clusters", "matrix", "status");
      close();
    });
  return (
    <Modal
      open
      title={t("custody.change-title", { name: cluster.cluster })}
      okText={t("custody.save")}
      okButtonProps={{ loading: busy, disabled: word === (cluster.custody.wish ?? "") }}
      onOk={save}
      onCancel={close}
      width={640}
    >
      <div className="stack">
        <p>{foreign.length ? t("custody.found", { count: foreign.length }) : t("custody.found-none")}</p>
        {evidence.length > 0 && (
          <details>
            <summary className="linklike">{t("custody.evidence")}</summary>
            <ul>
              {evidence.map((line) => (
                <li key={line}>
                  <code>{line}</code>
                </li>
              ))}
            </ul>
          </details>
        )}
        <Radio.Group
          className="stack choices"
          aria-label={t("custody.title")}
          value={word}
          onChange={(event) => setWord(event.target.value as Word)}
          options={WORDS.map((value) => ({
            value,
            label: (
              <span className="stack tight" style={{ gap: 0 }}>
                <strong>{t(`custody.wish.${value || "none"}`)}</strong>
                <span className="muted">
                  {value === "own" && !foreign.length
                    ? t("custody.means.own-none")
                    : t(`custody.means.${value || "none"}`, { count: foreign.length })}
                </span>
              </span>
            ),
          }))}
        />
        <p className="muted">{t("custody.nothing-now")}</p>
        <Problem error={error} />
      </div>
    </Modal>
  );
}
