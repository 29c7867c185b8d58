/** The way back to the first steps, for who has begun and not finished them. Draws nothing once they are done. */
import { LinkButton } from "~/components/LinkButton";
import { useTranslation } from "~/i18n/react";
import { STEPS } from "./progress";
import { useProgress } from "./queries";

export function Resume({ team, cluster }: { team: string | undefined; cluster: string | undefined }) {
  const { t } = useTranslation("fleet");
  const { progress } = useProgress(team, cluster);
  if (!progress?.next) return null;
  const count = STEPS.filter((step) => progress.done[step]).length;
  return (
    <LinkButton to="/start" type="primary">
      {t("resume", { count, all: STEPS.length })}
    </LinkButton>
  );
}
