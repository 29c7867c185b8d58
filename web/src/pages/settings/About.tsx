/** Which Gatewright this is, and where its API is described. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { CopyName } from "~/components/CopyName";
import { Facts } from "~/components/Detail";
import { Loading } from "~/components/Loading";
import { Problem } from "~/components/Problem";
import { useTranslation } from "~/i18n/react";
import { version } from "./queries";
import { Section } from "./Section";

export function About() {
  const { t } = useTranslation("settings");
  const query = useQuery(version());
  return (
    <Section title={t("about.title")}>
      {query.data ? (
        <Facts
          rows={[
            [t("about.version"), <CopyName key="version" name={query.data.version} />],
            [
              t("about.api"),
              <span key="api" className="row">
                <code>{query.data.api}</code>
                <a href="/api/v1/openapi.json" target="_blank" rel="noreferrer">
                  {t("about.document")}
                </a>
              </span>,
            ],
            [
              t("about.programs"),
              <Link key="programs" to="/tokens">
                {t("about.tokens")}
              </Link>,
            ],
            [
              t("about.shell"),
              <CopyName key="shell" name={`GATEWRIGHT_SERVER=${window.location.origin} gatewright status`} />,
            ],
          ]}
        />
      ) : query.error ? (
        <Problem error={query.error} retry={query.refetch} />
      ) : (
        <Loading lines={3} />
      )}
    </Section>
  );
}
