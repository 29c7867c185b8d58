/** A sentence of the server in the person's language: `<Said message={event.message} />`. */
import type { ErrorReport, Message } from "~/api/schema";
import { sentencesOfReport, useSay } from "~/i18n/server";
import { Marked } from "./Marked";
import { Shape } from "./Shape";

export function Said({ message }: { message: Message | null | undefined }) {
  return <Marked text={useSay()(message)} />;
}

/** An error that the server kept, e.g. why a cluster was not seen: what is, and what to do. */
export function Kept({ report }: { report: ErrorReport }) {
  const say = useSay();
  const { message, remedy } = sentencesOfReport(report);
  return (
    <div className="note tone-unhealthy">
      <Shape tone="unhealthy" />
      <div className="words">
        <strong>
          <Marked text={say(message)} />
        </strong>
        <span>
          <Marked text={say(remedy)} />
        </span>
      </div>
    </div>
  );
}
