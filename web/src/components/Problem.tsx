/**
 * An error, as the server tells it: what is, why, what to do, whose it is, its code; and a way to try again.
 *
 *   <Problem error={query.error} retry={() => query.refetch()} />
 *   <Problem error={mutation.error} />          null shows nothing
 */
import { Button } from "antd";
import { ProblemError, STRANGE, UNREACHABLE } from "~/api/client";
import { useTranslation } from "~/i18n/react";
import { CopyName } from "./CopyName";
import { Marked } from "./Marked";
import { Shape } from "./Shape";

interface Props {
  error: unknown;
  retry?: (() => unknown) | undefined;
  /** The page or the drawer is about nothing else: more room. */
  large?: boolean;
}

export function Problem({ error, retry, large }: Props) {
  const { t } = useTranslation();
  if (!error) return null;
  const told = wordsOf(error);
  const own =
    told.code === UNREACHABLE ? "unreachable" : told.code === STRANGE ? "strange" : told.code ? null : "fault";
  return (
    <div
      className="note tone-unhealthy"
      role="alert"
      style={large ? { margin: "24px auto", maxWidth: 720 } : undefined}
    >
      <Shape tone="unhealthy" />
      <div className="words">
        <strong>{own ? t(`problem.${own}.message`, { status: told.status }) : <Marked text={told.message} />}</strong>
        <span>{own ? t(`problem.${own}.remedy`) : <Marked text={told.remedy} />}</span>
        {told.details.length > 0 && (
          <ul className="stack tight">
            {told.details.map((one) => (
              <li key={`${one.file}:${one.line}:${one.field}:${one.message}`}>
                <code>
                  {one.file}
                  {one.line ? `:${one.line}` : ""} {one.field}
                </code>{" "}
                {one.message}
              </li>
            ))}
          </ul>
        )}
        <span className="row muted">
          {told.owner && <span>{t("problem.owner", { owner: told.owner })}</span>}
          {told.code && <CopyName name={told.code} />}
          {retry && (
            <Button size="small" onClick={() => void retry()}>
              {t("action.retry")}
            </Button>
          )}
        </span>
      </div>
    </div>
  );
}

function wordsOf(error: unknown) {
  if (error instanceof ProblemError) {
    const { code, message, remedy, owner, status, problems } = error.problem;
    return { code, message, remedy, owner, status, details: problems ?? [] };
  }
  return { code: "", message: "", remedy: "", owner: null, status: 0, details: [] };
}
