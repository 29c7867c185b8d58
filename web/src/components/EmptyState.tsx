/**
 * Nothing here yet, and the next step; or nothing that the filters let through.
 *
 *   <EmptyState title={t("empty.title")} action={<Button ...>}>{t("empty.next")}</EmptyState>
 *   <Forbidden permission="audit.read" />        what is missing, and who can give it
 */
import type { ReactNode } from "react";
import { useTranslation } from "~/i18n/react";
import { CopyName } from "./CopyName";
import { LinkButton } from "./LinkButton";

interface Props {
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ title, children, action }: Props) {
  return (
    <div className="empty">
      <svg
        width="72"
        height="56"
        viewBox="0 0 72 56"
        aria-hidden="true"
        fill="none"
        stroke="var(--muted)"
        strokeWidth="2"
      >
        <path d="M14 50V26a22 22 0 0 1 44 0v24M36 50V28" strokeLinecap="round" opacity=".55" />
        <path d="M4 50h64" strokeLinecap="round" />
      </svg>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

export function Forbidden({ permission }: { permission: string }) {
  const { t } = useTranslation();
  return (
    <EmptyState title={t("forbidden.title")} action={<LinkButton to="/">{t("action.home")}</LinkButton>}>
      {t("forbidden.text")} <CopyName name={permission} />
    </EmptyState>
  );
}
