/** A page that needs a permission: what is missing is said in place of the page. The server decides either way. */
import type { ReactNode } from "react";
import { Forbidden } from "~/components/EmptyState";
import { PageHeader } from "~/components/PageHeader";
import { useTranslation } from "~/i18n/react";
import { useSession } from "./session";

export function Guard({ permission, children }: { permission: string | readonly string[]; children: ReactNode }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [first = "", ...others] = [permission].flat();
  if ([first, ...others].some((one) => may(one))) return children;
  return (
    <>
      <PageHeader title={t("forbidden.head")} />
      <Forbidden permission={first} />
    </>
  );
}
