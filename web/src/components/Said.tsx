/** A sentence of the server in the person's language: `<Said message={event.message} />`. */
import type { ErrorReport, Message } from "~/api/schema";
import { sentencesOfReport, useSay } from "~/i18n/server";
import { Marked } from "./Marked";
import { Shape } from "./Shape";

export function Said({ message }: { message: Message | null | undefined }) {
  const said = useSay()(message);
  // Its words are on their way: a button or a row of a table is not empty meanwhile.
  if (message && !said) return <span aria-busy="true">…</span>;
  return <Marked text={said} />;
}

/** An error that the server kept, e.g. why a cluster was not seen: what is, and what to do. */
export function Kept({ report }: { report: ErrorReport }) {
  const { message, remedy } = sentencesOfReport(report);
  return (
    <div className="note tone-unhealthy">
      <Shape tone="unhealthy" />
      <div className="words">
        <strong>
          <Said message={message} />
        </strong>
        <span>
          <Said message={remedy} />
        </span>
      </div>
    </div>
  );
}
