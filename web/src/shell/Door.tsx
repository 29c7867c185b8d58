/** The page for those who are not in yet: a card, the language and the theme. */
import type { ReactNode } from "react";
import { useEffect } from "react";
import { LanguageMenu, ThemeMenu } from "./Header";

export function Door({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Gatewright`;
  }, [title]);
  return (
    <main className="centred">
      <div className="door card stack" style={{ padding: 28 }}>
        <div className="row spread">
          <span className="brand" style={{ width: "auto" }}>
            <img src="/gatewright.svg" alt="" />
            Gatewright
          </span>
          <span className="row tight">
            <LanguageMenu />
            <ThemeMenu />
          </span>
        </div>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

/** Where somebody wanted to go: a path of ours, never another site. */
export function wanted(search: string): string {
  const to = new URLSearchParams(search).get("to") ?? "/";
  return /^\/(?![/\\])/.test(to) && !to.startsWith("/sign-in") ? to : "/";
}
