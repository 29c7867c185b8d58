/** No such page, or an object that is not there (or that the person may not know of: the same words). */
import { EmptyState } from "~/components/EmptyState";
import { LinkButton } from "~/components/LinkButton";
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
          <LinkButton to="/" type="primary">
            {t("action.home")}
          </LinkButton>
        }
      >
        {t("not-found.text")}
      </EmptyState>
    </>
  );
}
