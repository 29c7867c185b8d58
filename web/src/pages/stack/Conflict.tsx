/** Somebody else changed the stack after it was read: their change, ours beside it, and whose shall be kept. */
import { Button } from "antd";
import { DiffView } from "~/components/DiffView";
import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";

interface Props {
  /** What was read, what is there now, and what was typed: as text. */
  read: string;
  theirs: string;
  mine: string;
  keepMine: () => void;
  takeTheirs: () => void;
}

export function Conflict({ read, theirs, mine, keepMine, takeTheirs }: Props) {
  const { t } = useTranslation("stack");
  return (
    <div className="note tone-degraded" role="alert">
      <Shape tone="degraded" />
      <div className="words">
        <strong>{t("conflict.message")}</strong>
        <span>{t("conflict.remedy")}</span>
        <div className="conflict">
          <section aria-label={t("conflict.theirs")}>
            <h2>{t("conflict.theirs")}</h2>
            <DiffView before={read} after={theirs} name={t("conflict.theirs")} />
          </section>
          <section aria-label={t("conflict.mine")}>
            <h2>{t("conflict.mine")}</h2>
            <DiffView before={theirs} after={mine} name={t("conflict.mine")} />
          </section>
        </div>
        <span className="row">
          <Button onClick={takeTheirs}>{t("conflict.take-theirs")}</Button>
          <Button danger onClick={keepMine}>
            {t("conflict.keep-mine")}
          </Button>
        </span>
      </div>
    </div>
  );
}
