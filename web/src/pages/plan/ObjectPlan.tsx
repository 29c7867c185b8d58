/** One object of a plan: what would happen to it, why, whose it is, and the fields that differ. */

import type { ClusterPlan, ObjectVerdict, Owner } from "~/api/schema";
import { CopyName } from "~/components/CopyName";
import { FieldDiff } from "~/components/DiffView";
import { Marked } from "~/components/Marked";
import { YamlView } from "~/components/YamlView";
import { useTranslation } from "~/i18n/react";
import { nameOfRef, useSay } from "~/i18n/server";
import { Fold } from "./Fold";
import { manifestOf } from "./read";

/** Verdicts whose reason adds nothing to the word. */
const PLAIN: ReadonlySet<string> = new Set(["create", "unchanged"]);

export function ownerOf(owner: Owner): string {
  return owner.name ? `${owner.writer} ${owner.name}` : owner.writer;
}

export function ObjectPlan({ cluster, verdict }: { cluster: ClusterPlan; verdict: ObjectVerdict }) {
  const { t } = useTranslation("plan");
  const say = useSay();
  const reason = say(verdict.reason);
  return (
    <li className="object-plan">
      <Fold
        head={
          <span className="object-words">
            <span className="row nowrap">
              <span className="object-name clip">
                <span className="muted">{verdict.ref.kind}</span>{" "}
                <code>{verdict.ref.namespace ? `${verdict.ref.namespace}/${verdict.ref.name}` : verdict.ref.name}</code>
              </span>
              <span className="grow" />
              {verdict.owner && <span className="muted nowrap">{t("owner", { owner: ownerOf(verdict.owner) })}</span>}
              {!!verdict.differences?.length && (
                <span className="muted nowrap numbers">{t("fields", { count: verdict.differences.length })}</span>
              )}
            </span>
            {!PLAIN.has(verdict.verdict) && <span className="muted clip">{reason}</span>}
          </span>
        }
      >
        {() => <Inside cluster={cluster} verdict={verdict} />}
      </Fold>
    </li>
  );
}

function Inside({ cluster, verdict }: { cluster: ClusterPlan; verdict: ObjectVerdict }) {
  const { t } = useTranslation("plan");
  const say = useSay();
  const manifest = manifestOf(cluster, verdict.ref);
  const name = `${nameOfRef(verdict.ref)} · ${cluster.cluster}`;
  return (
    <div className="stack tight">
      <span className="row">
        <CopyName name={nameOfRef(verdict.ref)} />
        <code className="muted">{verdict.ref.api_version}</code>
      </span>
      <p>
        <Marked text={say(verdict.reason)} />
      </p>
      {verdict.remedy && (
        <p>
          <Marked text={say(verdict.remedy)} />
        </p>
      )}
      {verdict.owner && (
        <p className="muted">
          {t("owner", { owner: ownerOf(verdict.owner) })}
          {verdict.owner.evidence && <> · {verdict.owner.evidence}</>}
        </p>
      )}
      {!!verdict.differences?.length && <FieldDiff differences={verdict.differences} name={name} />}
      {manifest ? (
        <YamlView value={manifest} name={name} />
      ) : (
        cluster.bundle &&
        verdict.verdict === "create" && (
          <p className="muted">
            {t("from-bundle", { bundle: `${cluster.bundle.version} ${cluster.bundle.channel ?? "standard"}` })}
          </p>
        )
      )}
    </div>
  );
}
