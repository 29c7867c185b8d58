/** The shape of a state: a disc with a tick, an arrow, a triangle, a square with a cross, a ring, a dot. Never colour alone. */
import type { Tone } from "~/theme/palette";

const cut = {
  fill: "none",
  stroke: "var(--surface)",
  strokeWidth: 1.8,
  strokeLinecap: "round",
  strokeLinejoin: "round",
} as const;

const SHAPES: Record<Tone, React.ReactNode> = {
  healthy: (
    <>
      <circle cx="8" cy="8" r="7.5" fill="currentColor" />
      <path d="M4.8 8.2l2.2 2.3 4.2-4.7" {...cut} />
    </>
  ),
  progressing: (
    <>
      <circle cx="8" cy="8" r="6.4" fill="none" stroke="currentColor" strokeWidth="2.2" strokeDasharray="28 13" />
      <path d="M8 4.8V8l2.2 1.6" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round" />
    </>
  ),
  degraded: (
    <>
      <path d="M8 .8l7.4 13.6H.6z" fill="currentColor" stroke="currentColor" strokeLinejoin="round" />
      <path d="M8 5.8v3.6M8 12v.1" {...cut} />
    </>
  ),
  unhealthy: (
    <>
      <rect x=".8" y=".8" width="14.4" height="14.4" rx="2.5" fill="currentColor" />
      <path d="M5 5l6 6M11 5l-6 6" {...cut} />
    </>
  ),
  unknown: (
    <>
      <circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" strokeWidth="1.8" strokeDasharray="2.6 2" />
      <path d="M8 8.01v-.02" fill="none" stroke="currentColor" strokeWidth="3" strokeLinecap="round" />
    </>
  ),
  plain: <circle cx="8" cy="8" r="3.6" fill="currentColor" />,
};

export function Shape({ tone }: { tone: Tone }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {SHAPES[tone]}
    </svg>
  );
}
