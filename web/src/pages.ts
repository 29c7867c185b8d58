/**
 * Every page: its path, its folder under `pages/`, and the permission without which it is not offered.
 *
 * A page is `pages/<page>/index.tsx` with a default export; its words are `i18n/<language>/<page>.json`. Both are
 * loaded when somebody goes there, the old page staying until then. To add a page: the folder, the two files, a line
 * in `i18n/types.d.ts` and, if the path is new, a line here.
 */
import type { ComponentType } from "react";

export interface PageRoute {
  path: string;
  /** The folder and the namespace. */
  page: string;
  /** What the person needs, anywhere, of several any; absent: whoever is signed in. */
  permission?: string | readonly string[];
  /** Beyond its own and `common`. */
  namespaces?: string[];
}

export const PAGES: readonly PageRoute[] = [
  { path: "/", page: "fleet", permission: "fleet.read" },
  { path: "/teams", page: "teams", permission: "team.read" },
  { path: "/teams/:team", page: "team", permission: "team.read", namespaces: ["teams", "permissions"] },
  {
    path: "/teams/:team/clusters/:cluster",
    page: "team",
    permission: "team.read",
    namespaces: ["teams", "permissions"],
  },
  { path: "/teams/:team/stacks/:stack", page: "stack", permission: "team.read", namespaces: ["editor"] },
  { path: "/clusters", page: "clusters", permission: "cluster.read" },
  { path: "/clusters/:cluster", page: "cluster", permission: "fleet.read", namespaces: ["clusters"] },
  { path: "/stacks", page: "stacks", permission: "team.read", namespaces: ["stack", "editor"] },
  { path: "/plans/:hash", page: "plan", permission: "plan.read", namespaces: ["rollouts"] },
  { path: "/rollouts", page: "rollouts", permission: "rollout.read", namespaces: ["plan"] },
  { path: "/rollouts/:id", page: "rollout", permission: "rollout.read", namespaces: ["rollouts"] },
  { path: "/resources", page: "resources", permission: "fleet.read" },
  { path: "/topology", page: "topology", permission: "fleet.read" },
  { path: "/events", page: "events", permission: "event.read" },
  { path: "/audit", page: "audit", permission: "audit.read", namespaces: ["permissions"] },
  { path: "/notifications", page: "notifications", permission: "notification.read" },
  { path: "/users", page: "users", permission: ["user.read", "role.read"], namespaces: ["permissions"] },
  { path: "/tokens", page: "tokens", namespaces: ["permissions"] },
  { path: "/settings", page: "settings" },
  { path: "/start", page: "start", namespaces: ["clusters"] },
];

/** Pages outside the shell, for those who are not signed in. */
export const DOORS: readonly PageRoute[] = [
  { path: "/sign-in", page: "sign-in" },
  { path: "/setup", page: "setup" },
];

export const modules = import.meta.glob<{ default: ComponentType }>("./pages/*/index.tsx");

/** Whether the folder exists: what is not built is not offered. */
export function built(page: string): boolean {
  return `./pages/${page}/index.tsx` in modules;
}

/** Whether somebody who `may` these things may see the page. */
export function permitted({ permission }: PageRoute, may: (permission: string) => boolean): boolean {
  return permission === undefined || [permission].flat().some((one) => may(one));
}
