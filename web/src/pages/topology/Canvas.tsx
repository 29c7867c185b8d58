/** The drawing: lines as SVG, parts as buttons above them; it scrolls, is dragged, zoomed, and walked with arrow keys. */
import { MinusOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useTranslation } from "~/i18n/react";
import { LAYERS, type Shown } from "./graph";
import { Lines } from "./Lines";
import { COLUMNS, type Drawing, WIDTH, WIDTHS } from "./layout";
import { FoldButton, Part } from "./Part";
import { step } from "./walk";

const SMALLEST = 0.3;
const LARGEST = 1.6;
const EDGE = 16;
const DIRECTIONS: Record<string, "left" | "right" | "up" | "down"> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

interface Props {
  shown: Shown;
  drawing: Drawing;
  open: string;
  choose: (id: string) => void;
  unfold: (parent: string) => void;
}

export function Canvas({ shown, drawing, open, choose, unfold }: Props) {
  const { t } = useTranslation("topology");
  const frame = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState(1);
  const [focus, setFocus] = useState("");
  const drag = useDrag(frame);
  const fill = useCallback(() => {
    const width = frame.current?.clientWidth ?? WIDTH;
    setZoom(Math.max(SMALLEST, Math.min(1.3, (width - 4) / (WIDTH + 2 * EDGE))));
  }, []);
  useLayoutEffect(fill, [fill]);
  useWheel(frame, (delta) => setZoom((now) => within(now * (1 - delta / 400))));
  const near = useMemo(() => neighbours(shown, focus || open), [shown, focus, open]);
  const walk = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") setZoom((now) => within(now * 1.2));
    else if (event.key === "-") setZoom((now) => within(now / 1.2));
    else if (event.key === "0") fill();
    else {
      const direction = DIRECTIONS[event.key];
      const at = (event.target as HTMLElement).dataset["part"];
      if (!direction || !at) return;
      const next = step(shown, drawing, at, direction);
      if (next) frame.current?.querySelector<HTMLElement>(`[data-part="${CSS.escape(next)}"]`)?.focus();
    }
    event.preventDefault();
  };
  // One stop for Tab: the part in hand, else the first.
  const first = drawing.columns.get("class")?.[0] ?? [...drawing.places.keys()][0];
  const stop = drawing.places.has(focus) ? focus : drawing.places.has(open) ? open : first;
  return (
    <section className="topology" aria-label={t("title")}>
      <div className="topology-zoom">
        <Button
          size="small"
          icon={<MinusOutlined />}
          aria-label={t("zoom.out")}
          onClick={() => setZoom(within(zoom / 1.2))}
        />
        <Button size="small" onClick={fill}>
          {Math.round(zoom * 100)}% <span className="visually-hidden">{t("zoom.fill")}</span>
        </Button>
        <Button
          size="small"
          icon={<PlusOutlined />}
          aria-label={t("zoom.in")}
          onClick={() => setZoom(within(zoom * 1.2))}
        />
      </div>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its parts are buttons; this hears the arrow keys for them */}
      <div className="topology-frame" ref={frame} onKeyDown={walk} {...drag}>
        <div className="topology-zoomed" style={{ zoom, width: WIDTH + 2 * EDGE, padding: `0 ${EDGE}px` }}>
          <div className="topology-heads">
            {LAYERS.map((layer) => (
              <span key={layer} style={{ left: COLUMNS[layer] + EDGE, width: WIDTHS[layer] }}>
                {t(`layer.${layer}`)} <span className="muted numbers">{count(drawing, shown, layer)}</span>
              </span>
            ))}
          </div>
          <div className="topology-plane" style={{ height: drawing.height + 24 }}>
            {drawing.blocks.length > 0 &&
              drawing.blocks.map((block) => (
                <h2 key={block.cluster} className="topology-cluster" style={{ top: block.y }}>
                  {block.cluster}
                </h2>
              ))}
            <Lines shown={shown} drawing={drawing} near={near} />
            {shown.nodes.map((node) => (
              <Part
                key={node.id}
                node={node}
                place={drawing.places.get(node.id)}
                stop={node.id === stop}
                open={node.id === open}
                faded={near.size > 0 && !near.has(node.id)}
                choose={choose}
                focused={setFocus}
              />
            ))}
            {shown.folds.map((fold) => (
              <FoldButton
                key={fold.id}
                fold={fold}
                place={drawing.places.get(fold.id)}
                stop={fold.id === stop}
                unfold={unfold}
                focused={setFocus}
              />
            ))}
          </div>
        </div>
      </div>
      <p className="muted topology-help">{t("keys")}</p>
    </section>
  );
}

function within(zoom: number): number {
  return Math.max(SMALLEST, Math.min(LARGEST, zoom));
}

function count(drawing: Drawing, shown: Shown, layer: (typeof LAYERS)[number]): number {
  const folded = layer === "route" ? shown.folds.reduce((sum, fold) => sum + fold.count - 1, 0) : 0;
  return (drawing.columns.get(layer)?.length ?? 0) + folded;
}

/** What the part hangs on and leads to, itself included; empty where no part is in hand. */
function neighbours(shown: Shown, id: string): ReadonlySet<string> {
  if (!id || !shown.nodes.some((node) => node.id === id)) return new Set();
  const found = new Set([id]);
  const go = (at: "source" | "target", to: "source" | "target") => {
    let front = new Set([id]);
    while (front.size) {
      const next = new Set<string>();
      for (const edge of shown.edges) {
        if (front.has(edge[at]) && !found.has(edge[to])) next.add(edge[to]);
      }
      for (const one of next) found.add(one);
      front = next;
    }
  };
  go("target", "source");
  go("source", "target");
  return found;
}

/** Dragging the ground moves it. */
function useDrag(frame: React.RefObject<HTMLDivElement | null>) {
  const from = useRef<{ x: number; y: number; left: number; top: number } | null>(null);
  return {
    onPointerDown: (event: PointerEvent) => {
      const element = frame.current;
      if (!element || event.button !== 0 || (event.target as Element).closest("button")) return;
      from.current = { x: event.clientX, y: event.clientY, left: element.scrollLeft, top: element.scrollTop };
      element.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent) => {
      if (!from.current || !frame.current) return;
      frame.current.scrollLeft = from.current.left - (event.clientX - from.current.x);
      frame.current.scrollTop = from.current.top - (event.clientY - from.current.y);
    },
    onPointerUp: () => {
      from.current = null;
    },
    onPointerCancel: () => {
      from.current = null;
    },
  };
}

/** Ctrl and the wheel (or a pinch) zooms; the wheel alone scrolls as everywhere. */
function useWheel(frame: React.RefObject<HTMLDivElement | null>, zoom: (delta: number) => void): void {
  const latest = useRef(zoom);
  latest.current = zoom;
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const turned = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      latest.current(event.deltaY);
    };
    element.addEventListener("wheel", turned, { passive: false });
    return () => element.removeEventListener("wheel", turned);
  }, [frame]);
}
