/**
 * The reason behind a cell, on hover and focus. One bubble for the whole matrix: a thousand rows times ten tooltips
 * would be in the way of scrolling. Whatever has `data-hint` inside of `<Hints>` has a hint.
 */
import { type ReactNode, useCallback, useEffect, useState } from "react";

interface Shown {
  text: string;
  left: number;
  top: number;
  above: boolean;
}

const WIDTH = 380;

export function Hints({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<Shown | null>(null);
  const look = useCallback((target: EventTarget) => {
    const found = target instanceof Element ? target.closest<HTMLElement>("[data-hint]") : null;
    const text = found?.dataset["hint"];
    if (!found || !text) return setShown(null);
    const box = found.getBoundingClientRect();
    const above = box.bottom > window.innerHeight - 160;
    const left = Math.max(8, Math.min(box.left, window.innerWidth - WIDTH - 8));
    setShown({ text, left, top: above ? box.top - 6 : box.bottom + 6, above });
  }, []);
  useEffect(() => {
    if (!shown) return;
    const gone = () => setShown(null);
    const pressed = (event: KeyboardEvent) => event.key === "Escape" && gone();
    window.addEventListener("wheel", gone, { passive: true });
    document.addEventListener("keydown", pressed);
    return () => {
      window.removeEventListener("wheel", gone);
      document.removeEventListener("keydown", pressed);
    };
  }, [shown]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only listens to what its links are told
    <div
      className="hints"
      onMouseOver={(event) => look(event.target)}
      onMouseLeave={() => setShown(null)}
      onFocus={(event) => look(event.target)}
      onBlur={() => setShown(null)}
    >
      {children}
      {shown && (
        <div
          className="hint"
          aria-hidden="true"
          style={{ left: shown.left, top: shown.top, maxWidth: WIDTH, translate: shown.above ? "0 -100%" : "none" }}
        >
          {shown.text}
        </div>
      )}
    </div>
  );
}
