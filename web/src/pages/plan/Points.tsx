/** What forbids to start, or is worth knowing before: each with the objects, whose they are, and what helps. */
import { Button } from "antd";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { CopyName } from "~/components/CopyName";
import { Marked } from "~/components/Marked";
import { Shape } from "~/components/Shape";
import { Verdict } from "~/components/StateTag";
import { useTranslation } from "~/i18n/react";
import { nameOfRef, useSay } from "~/i18n/server";
import { useSession } from "~/shell/session";
import { GiveCustody } from "./GiveCustody";
import { ownerOf } from "./ObjectPlan";
import { alike, type Point } from "./read";

const FIRST = 12;
const OBJECTS = 6;
const TOGETHER = 3;
const MORE = 20;

interface Props {
  title: string;
  tone: "unhealthy" | "degraded";
  points: readonly Point[];
  /** Called when something was done about one of them: the plan is made anew. */
  settled: () => void;
}

export function Points({ title, tone, points, settled }: Props) {
  const [all, setAll] = useState(false);
  const { t } = useTranslation("plan");
  const found = useMemo(() => alike(points), [points]);
  const shown = all ? found : found.slice(0, FIRST);
  if (!points.length) return null;
  return (
    <section aria-label={title}>
      <h2>
        {title} <span className="muted numbers">{points.length}</span>
      </h2>
      <ul className="stack tight">
        {shown.map((group) => (
          <Alike key={group[0]?.key} {...{ group, tone, settled }} />
        ))}
      </ul>
      {shown.length < found.length && (
        <Button onClick={() => setAll(true)}>{t("points.all", { count: found.length })}</Button>
      )}
    </section>
  );
}

interface AlikeProps {
  group: readonly Point[];
  tone: Props["tone"];
  settled: () => void;
}

/** A few are told one by one; of many the first tells what it is, and the others are behind it. */
function Alike({ group, tone, settled }: AlikeProps) {
  const { t } = useTranslation("plan");
  const [count, setCount] = useState(group.length > TOGETHER ? 1 : group.length);
  return (
    <>
      {group.slice(0, count).map((point) => (
        <One key={point.key} point={point} tone={tone} settled={settled} />
      ))}
      {count < group.length && (
        <li>
          <Button onClick={() => setCount(count + MORE)}>{t("points.alike", { count: group.length - count })}</Button>
        </li>
      )}
    </>
  );
}

function One({ point, tone, settled }: { point: Point; tone: Props["tone"]; settled: () => void }) {
  const { t } = useTranslation("plan");
  const say = useSay();
  const { may } = useSession();
  const [giving, setGiving] = useState(false);
  const { finding, verdicts, cluster } = point;
  const evidence = verdicts.map((one) => say(one.reason));
  return (
    <li className={`note point tone-${tone}`}>
      <Shape tone={tone} />
      <div className="words">
        <strong>
          {finding ? <Marked text={say(finding.message)} /> : t("points.objects", { count: verdicts.length, cluster })}
        </strong>
        {verdicts.length > 0 && <Stopped point={point} />}
        {point.remedy && (
          <span>
            <Marked text={say(point.remedy)} />
          </span>
        )}
        <span className="row muted">
          <Link to={`/clusters/${encodeURIComponent(cluster)}`}>{cluster}</Link>
          {finding?.object && <CopyName name={nameOfRef(finding.object)} />}
          {finding && <code>{finding.code}</code>}
        </span>
        {point.custody && may("cluster.custody") && (
          <span>
            <Button size="small" onClick={() => setGiving(true)}>
              {t("custody.offer", { cluster })}
            </Button>
          </span>
        )}
      </div>
      <GiveCustody
        cluster={cluster}
        verdicts={verdicts}
        evidence={evidence}
        open={giving}
        close={() => setGiving(false)}
        done={settled}
      />
    </li>
  );
}

/** The objects, each in a line; the reason of the first stands for those that have the same. */
function Stopped({ point: { verdicts } }: { point: Point }) {
  const { t } = useTranslation("plan");
  const say = useSay();
  const [all, setAll] = useState(false);
  const shown = all ? verdicts : verdicts.slice(0, OBJECTS);
  const told = new Set<string>();
  const reasons = verdicts.filter((one) => {
    const known = told.has(one.reason.key);
    told.add(one.reason.key);
    return !known;
  });
  return (
    <>
      <ul>
        {shown.map((one) => (
          <li key={nameOfRef(one.ref)}>
            <Verdict verdict={one.verdict} quiet /> <code>{nameOfRef(one.ref)}</code>
            {one.owner && <span className="muted"> · {t("owner", { owner: ownerOf(one.owner) })}</span>}
          </li>
        ))}
      </ul>
      {!all && verdicts.length > OBJECTS && (
        <button type="button" className="plain linklike" onClick={() => setAll(true)}>
          {t("points.more", { count: verdicts.length - OBJECTS })}
        </button>
      )}
      {reasons.map((one) => (
        <span key={one.reason.key}>
          <Marked text={say(one.reason)} />
        </span>
      ))}
    </>
  );
}
