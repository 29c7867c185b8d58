/**
 * The head of a page: where one is (team / cluster / object), its one h1, a sentence, and what one can do. It sets the
 * browser's title too. Every page has exactly one, also while it loads.
 *
 *   <PageHeader title={t("title")} object={name} summary={...} actions={<Button>...</Button>} />
 *
 * `object`: the name of the one thing that the page is about; the title is then the crumb before it.
 * `above`: the list that it comes from, when that is no team or cluster: `{ to: "/rollouts", title }`. It stays narrowed
 * to the team and cluster in hand, though not to the cluster that the page is about.
 */
import { type ReactNode, useEffect } from "react";
import { Link, useLocation } from "react-router";
import { useTranslation } from "~/i18n/react";
import { linked, read, useScope } from "~/shell/scope";

interface Props {
  title: string;
  object?: string | undefined;
  state?: ReactNode;
  summary?: ReactNode;
  actions?: ReactNode;
  above?: { to: string; title: string };
}

export function PageHeader({ title, object, state, summary, actions, above }: Props) {
  const { t } = useTranslation("shell");
  const { team, cluster } = useScope();
  const { pathname, search } = useLocation();
  useEffect(() => {
    document.title = [object, title, "Gatewright"].filter(Boolean).join(" · ");
  }, [object, title]);
  const crumbs: { to: string; title: string }[] = [];
  if (team) crumbs.push({ to: `/teams/${encodeURIComponent(team)}`, title: team });
  if (cluster) {
    const ofTeam = read({ pathname, search }).team;
    const to = ofTeam
      ? `/teams/${encodeURIComponent(ofTeam)}/clusters/${encodeURIComponent(cluster)}`
      : `/clusters/${encodeURIComponent(cluster)}`;
    crumbs.push({ to, title: cluster });
  }
  if (above) crumbs.push({ to: linked(above.to, team, object === cluster ? undefined : cluster), title: above.title });
  const last = object ?? title;
  const shown = crumbs.filter((crumb) => crumb.title !== last);
  return (
    <div className="page-header">
      {shown.length > 0 && (
        <nav className="crumbs" aria-label={t("crumbs")}>
          <ol>
            {shown.map((crumb) => (
              <li key={crumb.to}>
                <Link to={crumb.to}>{crumb.title}</Link>
              </li>
            ))}
            <li aria-current="page">{last}</li>
          </ol>
        </nav>
      )}
      <div className="row spread">
        <div className="row grow">
          <h1 tabIndex={-1}>{last}</h1>
          {state}
        </div>
        {actions && <div className="row">{actions}</div>}
      </div>
      {summary && <div className="muted">{summary}</div>}
    </div>
  );
}
