/** The page around every page: header, side navigation, the content, and what happens when one goes elsewhere. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Navigate, Outlet, useLocation, useNavigation } from "react-router";
import { useAfter } from "~/components/Loading";
import { useTranslation } from "~/i18n/react";
import { Header } from "./Header";
import { LiveProvider } from "./live";
import { Navigation } from "./Navigation";
import { useSession } from "./session";

export function Shell() {
  const { session } = useSession();
  const { pathname, search } = useLocation();
  if (session.state === "setup") return <Navigate to="/setup" replace />;
  if (session.state === "anonymous") {
    const from = pathname + search;
    return (
      <Navigate to={session.left || from === "/" ? "/sign-in" : `/sign-in?to=${encodeURIComponent(from)}`} replace />
    );
  }
  return <Frame />;
}

function Frame() {
  const { t } = useTranslation("shell");
  const client = useQueryClient();
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const navigation = useNavigation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.scrollTo(0, 0);
    // Screen readers are told where one is now: the head of the page takes the focus.
    (main.current?.querySelector("h1") ?? main.current)?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <LiveProvider client={client}>
      <a className="skip" href="#main">
        {t("skip")}
      </a>
      <div className="shell">
        <Header />
        <Navigation />
        <main id="main" className="shell-main" ref={main} tabIndex={-1}>
          {navigation.state === "loading" && <Coming />}
          <Outlet />
        </main>
      </div>
    </LiveProvider>
  );
}

/** A page that takes more than a moment to come. */
function Coming() {
  return useAfter(300) ? <div className="progress" /> : null;
}
