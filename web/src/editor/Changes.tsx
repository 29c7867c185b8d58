/** What applying manifests would do, one by one: the verb, the name, and what is before and after. */

import type { ChangeView } from "~/api/schema";
import { DiffView } from "~/components/DiffView";
import { Verdict } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";

export function Changes({ changes }: { changes: readonly ChangeView[] }) {
  const { t } = useTranslation("editor");
  const moved = changes.filter((one) => one.verb !== "unchanged");
  const same = changes.length - moved.length;
  return (
    <div className="stack">
      {moved.map((change) => (
        <section key={`${change.kind}/${change.name}`} className="stack tight" aria-label={change.name}>
          <div className="row">
            <Verdict verdict={change.verb} />
            <span className="muted">{change.kind}</span>
            <code>{change.name}</code>
          </div>
          <DiffView before={change.before ?? ""} after={change.after} name={`${change.kind} ${change.name}`} />
        </section>
      ))}
      {same > 0 && <p className="muted">{t("unchanged", { count: same })}</p>}
    </div>
  );
}
