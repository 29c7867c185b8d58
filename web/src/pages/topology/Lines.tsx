/** The lines of the drawing: quiet where all is well, in the colour of the state and thicker where it is not. */
import type { TopologyEdge } from "~/api/schema";
import type { Shown } from "./graph";
import { type Drawing, HEIGHT, type Place, WIDTH } from "./layout";

interface Props {
  shown: Shown;
  drawing: Drawing;
  near: ReadonlySet<string>;
}

export function Lines({ shown, drawing, near }: Props) {
  const { places } = drawing;
  const lit = (edge: Pick<TopologyEdge, "source" | "target">) => near.has(edge.source) && near.has(edge.target);
  return (
    <svg className="topology-lines" width={WIDTH} height={drawing.height + 24} aria-hidden="true" focusable="false">
      {shown.folds.map((fold) => (
        <path key={fold.id} d={path(places.get(fold.parent), places.get(fold.id))} className="line faint" />
      ))}
      {shown.edges.map((edge) => (
        <path
          key={`${edge.source} ${edge.target}`}
          d={path(places.get(edge.source), places.get(edge.target))}
          className={classOf(edge, near.size > 0, lit(edge))}
        />
      ))}
    </svg>
  );
}

function classOf(edge: TopologyEdge, choosing: boolean, lit: boolean): string {
  const bad = edge.state === "unhealthy" || edge.state === "degraded";
  return [
    "line",
    bad ? `bad tone-${edge.state}` : "",
    edge.mirror ? "mirror" : "",
    choosing ? (lit ? "lit" : "faint") : "",
  ].join(" ");
}

function path(from: Place | undefined, to: Place | undefined): string {
  if (!from || !to) return "";
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
