/**
 * The team and the cluster in hand. They are in the address: the path's own where it has them
 * (`/teams/:team/clusters/:cluster`, `/clusters/:cluster`), else `?team=&cluster=`. Choosing another one keeps the page
 * and all its filters.
 *
 *   const { team, cluster, chooseCluster, link } = useScope();
 *   <Link to={link("/topology")}>                       keeps both
 */
import { useCallback, useMemo } from "react";
import { useLocation, useNavigate } from "react-router";

export interface Place {
  pathname: string;
  search: string;
}

export interface Scope {
  team: string | undefined;
  cluster: string | undefined;
  chooseTeam: (team: string | undefined) => void;
  chooseCluster: (cluster: string | undefined) => void;
  /** A path with the team and cluster in hand; a path that names its own keeps it. */
  link: (path: string) => string;
}

const TEAM = /^\/teams\/([^/]+)(?:\/clusters\/([^/]+))?(\/.*)?$/;
const CLUSTER = /^\/clusters\/([^/]+)(\/.*)?$/;

/** What the address says. */
export function read({ pathname, search }: Place): { team: string | undefined; cluster: string | undefined } {
  const query = new URLSearchParams(search);
  const ofTeam = TEAM.exec(pathname);
  const ofCluster = CLUSTER.exec(pathname);
  return {
    team: decoded(ofTeam?.[1]) ?? query.get("team") ?? undefined,
    cluster: decoded(ofTeam?.[2] ?? ofCluster?.[1]) ?? query.get("cluster") ?? undefined,
  };
}

/** The list that a page belongs to, as its crumbs say: a team's stack to the stacks, a plan to the rollouts, the first steps to the fleet. */
export function sectionOf(pathname: string): string {
  if (/^\/teams\/[^/]+\/stacks\//.test(pathname)) return "/stacks";
  const [, first = ""] = pathname.split("/", 2);
  return first === "plans" ? "/rollouts" : first === "start" ? "/" : `/${first}`;
}

/** The same page for another team. */
export function withTeam(place: Place, team: string | undefined): Place {
  const found = TEAM.exec(place.pathname);
  if (!found) return { ...place, search: replaced(place.search, "team", team) };
  if (!team) return { pathname: "/teams", search: place.search };
  const [, , cluster, rest] = found;
  // A stack or another object of one team is not the other team's: its team page is.
  const kept = rest ? "" : cluster ? `/clusters/${cluster}` : "";
  return { pathname: `/teams/${encodeURIComponent(team)}${kept}`, search: rest ? "" : place.search };
}

/** The same page for another cluster. */
export function withCluster(place: Place, cluster: string | undefined): Place {
  const ofTeam = TEAM.exec(place.pathname);
  if (ofTeam && !ofTeam[3]) {
    const end = cluster ? `/clusters/${encodeURIComponent(cluster)}` : "";
    return { pathname: `/teams/${ofTeam[1]}${end}`, search: place.search };
  }
  const ofCluster = CLUSTER.exec(place.pathname);
  if (ofCluster) {
    const pathname = cluster ? `/clusters/${encodeURIComponent(cluster)}${ofCluster[2] ?? ""}` : "/clusters";
    return { pathname, search: place.search };
  }
  return { ...place, search: replaced(place.search, "cluster", cluster) };
}

/** `path` with `?team=&cluster=`, unless it names them itself. */
export function linked(path: string, team: string | undefined, cluster: string | undefined): string {
  const [pathname = "", search = ""] = path.split("?", 2);
  const own = read({ pathname, search });
  const query = new URLSearchParams(search);
  if (team && !own.team && !CLUSTER.test(pathname)) query.set("team", team);
  if (cluster && !own.cluster && !TEAM.test(pathname)) query.set("cluster", cluster);
  const text = query.toString();
  return text ? `${pathname}?${text}` : pathname;
}

export function useScope(): Scope {
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  const { team, cluster } = useMemo(() => read({ pathname, search }), [pathname, search]);
  const chooseTeam = useCallback(
    (chosen: string | undefined) => void navigate(withTeam({ pathname, search }, chosen)),
    [navigate, pathname, search],
  );
  const chooseCluster = useCallback(
    (chosen: string | undefined) => void navigate(withCluster({ pathname, search }, chosen)),
    [navigate, pathname, search],
  );
  const link = useCallback((path: string) => linked(path, team, cluster), [team, cluster]);
  return useMemo(
    () => ({ team, cluster, chooseTeam, chooseCluster, link }),
    [team, cluster, chooseTeam, chooseCluster, link],
  );
}

function replaced(search: string, name: string, value: string | undefined): string {
  const query = new URLSearchParams(search);
  if (value) query.set(name, value);
  else query.delete(name);
  const text = query.toString();
  return text ? `?${text}` : "";
}

function decoded(part: string | undefined): string | undefined {
  return part === undefined ? undefined : decodeURIComponent(part);
}
