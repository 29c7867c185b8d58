/**
 * How much of a long list is drawn: the first part, and more as its end comes near. For what is no table and has parts
 * of different heights, so that a thousand of them are not made before anybody scrolls to them.
 *
 *   const [count, end] = useGrowing(rows.length);
 *   <ul>{rows.slice(0, count).map(...)}{count < rows.length && <li ref={end} aria-hidden />}</ul>
 */
import { useEffect, useState } from "react";

const FIRST = 60;
const MORE = 40;
const NEAR = "1200px";

export function useGrowing(all: number): [number, (end: Element | null) => void] {
  const [count, setCount] = useState(FIRST);
  const [end, setEnd] = useState<Element | null>(null);
  useEffect(() => {
    if (!end) return;
    // Anew after each step: what is still near says nothing more otherwise.
    const observer = new IntersectionObserver(
      (seen) => seen.some((one) => one.isIntersecting) && setCount(Math.min(count + MORE, all)),
      { rootMargin: NEAR },
    );
    observer.observe(end);
    return () => observer.disconnect();
  }, [end, count, all]);
  return [Math.min(count, all), setEnd];
}
