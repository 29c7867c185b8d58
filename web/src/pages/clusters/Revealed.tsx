/** Why a long form was refused, scrolled to: below the fold nobody would see it. */
import { useEffect, useRef } from "react";
import { Problem } from "~/components/Problem";

export function Revealed({ error }: { error: unknown }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (error) place.current?.scrollIntoView({ block: "end", behavior: "instant" });
  }, [error]);
  return (
    <div ref={place}>
      <Problem error={error} />
    </div>
  );
}
