/** A sentence of the server in the person's language: `<Said message={event.message} />`. */
import type { ErrorReport, Message } from "~/api/schema";
import { sentencesOfReport, useSay } from "~/i18n/server";
import { Shape } from "./Shape";

export function Said({ message }: { message: Message | null | undefined }) {
  return <>{useSay()(message)}</>;
}

/** An error that the server kept, e.g. why a cluster was not seen: what is, and what to do. */
export function Kept({ report }: { report: ErrorReport }) {
  const say = useSay();
  const { message, remedy } = sentencesOfReport(report);
  return (
    <div className="note tone-unhealthy">
      <Shape tone="unhealthy" />
      <div className="words">
        <strong>{say(message)}</strong>
        <span>{say(remedy)}</span>
      </div>
    </div>
  );
}
