/** What is one's own: language and theme, password, sessions; and what this installation is. */

import { nameOf } from "~/api/session";
import { PageHeader } from "~/components/PageHeader";
import { useTranslation } from "~/i18n/react";
import { useSession } from "~/shell/session";
import { About } from "./About";
import { Installation } from "./Installation";
import { Looks } from "./Looks";
import { OwnPassword } from "./OwnPassword";
import { Sessions } from "./Sessions";
import "./settings.css";

export default function Settings() {
  const { t } = useTranslation("settings");
  const { session } = useSession();
  return (
    <>
      <PageHeader title={t("title")} summary={t("summary", { name: nameOf(session) })} />
      <div className="settings">
        <div className="settings-column">
          <Looks />
          <About />
        </div>
        <OwnPassword />
        <Sessions />
        {session.permissions.includes("user.read") && <Installation />}
      </div>
    </>
  );
}
