/** Where an arrow key goes from a part: along a line to the left or right, or to the next part of the column. Pure. */
import type { Shown } from "./graph";
import type { Drawing } from "./layout";

export type Direction = "left" | "right" | "up" | "down";

export function step(shown: Shown, drawing: Drawing, id: string, direction: Direction): string | undefined {
  if (direction === "up" || direction === "down") {
    for (const ids of drawing.columns.values()) {
      const at = ids.indexOf(id);
      if (at >= 0) return ids[at + (direction === "down" ? 1 : -1)];
    }
    return undefined;
  }
  const here = drawing.places.get(id)?.y ?? 0;
  const lines = [...shown.edges, ...shown.folds.map((fold) => ({ source: fold.parent, target: fold.id }))];
  const others = lines.flatMap(({ source, target }) =>
    direction === "right" ? (source === id ? [target] : []) : target === id ? [source] : [],
  );
  const away = (one: string) => Math.abs((drawing.places.get(one)?.y ?? 0) - here);
  return others.sort((a, b) => away(a) - away(b))[0];
}
