/** One finding: what is, what to do, and what shows it. */

import type { Found } from "~/api/schema";
import { Findings } from "~/components/Causes";
import { CopyName } from "~/components/CopyName";
import { Detail, Facts } from "~/components/Detail";
import { useTranslation } from "~/i18n/react";
import { nameOfRef } from "~/i18n/server";

export function FindingDetail({ found, close }: { found: Found; close: () => void }) {
  const { t } = useTranslation("team");
  const { t: common } = useTranslation("common");
  const { finding, cluster } = found;
  return (
    <Detail
      title={nameOfRef(finding.subject)}
      close={close}
      tabs={[
        {
          key: "summary",
          label: common("detail.summary"),
          children: (
            <div className="stack">
              <Findings findings={[finding]} />
              <Facts
                rows={[
                  [t("column.cluster"), cluster],
                  [t("findings.object"), <CopyName key="o" name={nameOfRef(finding.subject)} />],
                  [t("findings.place"), finding.where ? <code key="p">{finding.where}</code> : null],
                  [t("findings.cause"), finding.cause && <CopyName key="a" name={nameOfRef(finding.cause)} />],
                  [t("findings.code"), <CopyName key="c" name={finding.code} />],
                ]}
              />
            </div>
          ),
        },
      ]}
    />
  );
}
