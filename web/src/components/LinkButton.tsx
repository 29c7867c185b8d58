/**
 * A place to go to that looks like a button: one link, so one stop of the tab key, and it opens in a new tab as any.
 *
 *   <LinkButton to="/clusters?register=kubeconfig" type="primary">{t("register")}</LinkButton>
 */
import { Button } from "antd";
import type { ReactNode } from "react";
import { useHref, useLinkClickHandler } from "react-router";

interface Props {
  to: string;
  type?: "primary" | "default";
  size?: "small" | "middle";
  children: ReactNode;
}

export function LinkButton({ to, type = "default", size = "middle", children }: Props) {
  const href = useHref(to);
  const go = useLinkClickHandler<HTMLAnchorElement>(to);
  return (
    <Button href={href} type={type} size={size} onClick={(event) => go(event as React.MouseEvent<HTMLAnchorElement>)}>
      {children}
    </Button>
  );
}
