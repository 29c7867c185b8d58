/** One part of the drawing: a button that opens its detail. What is wrong has colour, shape and word. */
import { memo } from "react";
import type { TopologyNode } from "~/api/schema";
import { Shape } from "~/components/Shape";
import { useTranslation } from "~/i18n/react";
import { useSay } from "~/i18n/server";
import { type Fold, isProblem } from "./graph";
import { HEIGHT, type Place } from "./layout";

interface Props {
  node: TopologyNode;
  place: Place | undefined;
  /** Whether Tab stops here. */
  stop: boolean;
  open: boolean;
  faded: boolean;
  choose: (id: string) => void;
  focused: (id: string) => void;
}

export const Part = memo(function Part({ node, place, stop, open, faded, choose, focused }: Props) {
  const { t } = useTranslation("topology");
  const { t: common } = useTranslation("common");
  const say = useSay();
  if (!place) return null;
  const problem = isProblem(node);
  const word = node.present === false ? t("absent") : common(`state.${node.state}`);
  const note = say(node.note);
  const under = problem ? [word, node.is_cause ? t("cause") : ""].filter(Boolean).join(" · ") : about(node, note);
  const namespace = node.layer === "listener" ? "" : node.ref.namespace;
  const className = `topology-part tone-${node.state}${problem ? " problem" : ""}${open ? " open" : ""}${faded ? " faded" : ""}`;
  return (
    <button
      type="button"
      className={className}
      data-part={node.id}
      style={{ left: place.x, top: place.y, width: place.width, height: HEIGHT }}
      tabIndex={stop ? 0 : -1}
      aria-pressed={open}
      title={[node.name, node.hostnames?.join(", "), note, say(node.reason)].filter(Boolean).join("\n")}
      onClick={() => choose(open ? "" : node.id)}
      onFocus={() => focused(node.id)}
      onBlur={() => focused("")}
    >
      <span className="mark">
        <Shape tone={node.state} />
      </span>
      <span className="visually-hidden">{t(`kind.${node.layer}`)} </span>
      <span className="name clip">
        {node.layer === "listener" ? node.name : node.ref.name}
        {namespace && <span className="within"> {namespace}</span>}
      </span>
      <span className="under clip">{under}</span>
      <span className="visually-hidden">
        {" "}
        {problem ? "" : word} {t("on", { cluster: node.cluster })}
      </span>
    </button>
  );
});

function about(node: TopologyNode, note: string): string {
  if (node.layer === "listener") {
    return [`${node.protocol ?? ""} ${node.port ?? ""}`.trim(), ...(node.hostnames ?? [])].join(" · ");
  }
  if (node.layer === "route") return node.hostnames?.length ? node.hostnames.join(", ") : node.ref.kind;
  return note || node.ref.kind;
}

interface FoldProps {
  fold: Fold;
  place: Place | undefined;
  stop: boolean;
  unfold: (parent: string) => void;
  focused: (id: string) => void;
}

export function FoldButton({ fold, place, stop, unfold, focused }: FoldProps) {
  const { t } = useTranslation("topology");
  if (!place) return null;
  return (
    <button
      type="button"
      className="topology-part topology-fold"
      data-part={fold.id}
      style={{ left: place.x, top: place.y, width: place.width, height: HEIGHT }}
      tabIndex={stop ? 0 : -1}
      onClick={() => unfold(fold.parent)}
      onFocus={() => focused(fold.id)}
      onBlur={() => focused("")}
    >
      <span className="name">{t("fold", { count: fold.count })}</span>
      <span className="under">{fold.problems ? t("fold-problems", { count: fold.problems }) : t("fold-healthy")}</span>
    </button>
  );
}
