/** The lines of the drawing: quiet where all is well, in the colour of the state and thicker where it is not. */
import type { TopologyEdge } from "~/api/schema";
import type { Shown } from "./graph";
import { COLUMNS, type Drawing, HEIGHT, type Place, WIDTH } from "./layout";

const BESIDE = 20;

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
      {[...shown.edges]
        .sort((a, b) => rank(a, lit) - rank(b, lit))
        .map((edge) => (
          <path
            key={`${edge.source} ${edge.target}`}
            d={path(places.get(edge.source), places.get(edge.target))}
            className={classOf(edge, near.size > 0, lit(edge))}
          />
        ))}
    </svg>
  );
}

/** What is drawn later lies above: problems above the rest, what is in hand above all. */
function rank(edge: TopologyEdge, lit: (edge: TopologyEdge) => boolean): number {
  return (lit(edge) ? 2 : 0) + (edge.state === "unhealthy" || edge.state === "degraded" ? 1 : 0);
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

/** Along rows and, between two columns, up or down: the lines of one parent share their way, so that many are one. */
function path(from: Place | undefined, to: Place | undefined): string {
  if (!from || !to) return "";
  const [x1, y1, x2, y2] = [from.x + from.width, from.y + HEIGHT / 2, to.x, to.y + HEIGHT / 2];
  const rise = y2 - y1;
  if (Math.abs(rise) < 1) return `M${x1} ${y1}H${x2}`;
  // Backends gather the lines of several routes; elsewhere a parent spreads them.
  const turn = to.x === COLUMNS.backend ? x2 - BESIDE : x1 + BESIDE;
  const corner = Math.min(8, Math.abs(rise) / 2);
  const sign = Math.sign(rise);
  return [
    `M${x1} ${y1}H${turn - corner}`,
    `Q${turn} ${y1} ${turn} ${y1 + sign * corner}`,
    `V${y2 - sign * corner}`,
    `Q${turn} ${y2} ${turn + corner} ${y2}H${x2}`,
  ].join("");
}
