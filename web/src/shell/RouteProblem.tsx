/**
 * What is shown in place of a page that failed while it was drawn or loaded. After an update of the server the files of
 * the old version are gone: the page is then loaded anew, once.
 */
import { Button } from "antd";
import { useEffect } from "react";
import { useRouteError } from "react-router";
import { ProblemError } from "~/api/client";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";

const RELOADED = "gatewright.reloaded";
const MINUTE = 60_000;

export function RouteProblem() {
  const { t } = useTranslation();
  const error = useRouteError();
  const outdated = error instanceof TypeError && /module|import/i.test(error.message);
  useEffect(() => {
    if (!outdated) return;
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - last < MINUTE) return;
    sessionStorage.setItem(RELOADED, String(Date.now()));
    window.location.reload();
  }, [outdated]);
  if (error instanceof ProblemError) return <Problem error={error} retry={() => window.location.reload()} large />;
  return (
    <div className="empty" role="alert">
      <h1 tabIndex={-1}>{t("fault.title")}</h1>
      <p>{t("fault.text")}</p>
      <Button type="primary" onClick={() => window.location.reload()}>
        {t("action.reload")}
      </Button>
    </div>
  );
}
