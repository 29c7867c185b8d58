/** A notification: what it tells, a message to try it out, changing and removing it. */
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "antd";
import { useState } from "react";
import * as queries from "~/api/queries";
import type { NotificationStatus } from "~/api/schema";
import { ConfirmDanger } from "~/components/ConfirmDanger";
import { Detail, Facts } from "~/components/Detail";
import { Problem } from "~/components/Problem";
import { Since } from "~/components/Since";
import { ToneTag } from "~/components/StateTag";
import { NAMES } from "~/i18n";
import { useTranslation } from "~/i18n/react";
import { useSubmit } from "~/lib/useSubmit";
import { useSession } from "~/shell/session";
import { Fares } from ".";
import { fullName, mayFor, remove, test } from "./owner";

interface Props {
  notification: NotificationStatus;
  edit: () => void;
  close: () => void;
}

export function One({ notification, edit, close }: Props) {
  const { t } = useTranslation("notifications");
  const { t: common } = useTranslation("common");
  const { session } = useSession();
  const client = useQueryClient();
  const { busy, error, submit } = useSubmit();
  const [arrived, setArrived] = useState(false);
  const [removing, setRemoving] = useState(false);
  const full = fullName(notification);
  const { name, team, type, events, minimum, language, signed, created_at, dead, pending } = notification;
  const attempt = () =>
    submit(async () => {
      setArrived(false);
      await test(notification);
      setArrived(true);
    });
  const actions = (
    <div className="row">
      {mayFor(session, "notification.test", team) && (
        <Button loading={busy} onClick={attempt}>
          {t("test")}
        </Button>
      )}
      {mayFor(session, "notification.write", team) && <Button onClick={edit}>{common("action.edit")}</Button>}
      {mayFor(session, "notification.write", team) && (
        <Button danger onClick={() => setRemoving(true)}>
          {common("action.remove")}
        </Button>
      )}
    </div>
  );
  const summary = (
    <div className="stack">
      {actions}
      <div role="status">{arrived && <ToneTag tone="healthy">{t("arrived")}</ToneTag>}</div>
      <Problem error={error} />
      <Facts
        rows={[
          [t("column.type"), t(`type.${type}`)],
          [t("column.team"), team ?? t("all-teams")],
          [t("column.events"), events.join(", ") || t("all-events")],
          [t("column.minimum"), common(`severity.${minimum}`)],
          [t("column.language"), NAMES[language === "zh" ? "zh-CN" : "en-US"]],
          [t("column.signed"), signed ? t("signed") : t("unsigned")],
          [t("column.created"), <Since key="created" at={created_at} />],
        ]}
      />
    </div>
  );
  return (
    <>
      <Detail
        title={full}
        state={<Fares notification={notification} />}
        close={close}
        tabs={[{ key: "summary", label: common("detail.summary"), children: summary }]}
      />
      <ConfirmDanger
        open={removing}
        name={name}
        title={t("remove.title", { name: full })}
        verb={t("remove.verb")}
        consequences={[t("remove.address"), t("remove.messages", { count: dead + pending })]}
        run={() => remove(notification)}
        done={() => {
          close();
          void queries.invalidate(client, "notifications", "deliveries");
        }}
        close={() => setRemoving(false)}
      />
    </>
  );
}
