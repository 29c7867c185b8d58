/** No such page, or an object that is not there (or that the person may not know of: the same words). */
import { Button } from "antd";
import { Link } from "react-router";
import { EmptyState } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { useTranslation } from "~/i18n/react";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <>
      <PageHeader title={t("not-found.head")} />
      <EmptyState
        title={t("not-found.title")}
        action={
          <Link to="/">
            <Button type="primary">{t("action.home")}</Button>
          </Link>
        }
      >
        {t("not-found.text")}
      </EmptyState>
    </>
  );
}
