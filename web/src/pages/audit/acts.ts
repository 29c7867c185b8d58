/**
 * The acts that the audit tells of, by what they are about: what was done has a sentence (`team.create`), and what was
 * refused, or has none, is called by its permission (`team.write`). Pure.
 */
import type { Permission } from "~/lib/permissions";

const MADE = ["create", "update", "delete"] as const;

/** By noun, what is done with it. */
export const DEEDS = {
  cluster: MADE,
  team: MADE,
  binding: MADE,
  stack: MADE,
  notification: MADE,
  member: MADE,
  user: [...MADE, "password"],
  role: MADE,
  token: ["create", "delete"],
  session: ["create", "delete", "refused"],
  registration: ["complete"],
} as const;

type Noun = keyof typeof DEEDS;
export type Deed = { [N in Noun]: `${N}.${(typeof DEEDS)[N][number]}` }[Noun];

const PERMISSIONS = {
  cluster: [
    "cluster.register",
    "cluster.access",
    "cluster.rotate",
    "cluster.custody",
    "cluster.observation",
    "cluster.remove",
  ],
  team: ["team.write"],
  binding: ["binding.write"],
  stack: ["stack.write"],
  plan: ["plan.create"],
  rollout: ["rollout.start", "rollout.command"],
  manifest: ["manifest.apply", "manifest.export"],
  bundle: ["bundle.pull"],
  probe: ["probe.run"],
  notification: ["notification.write", "notification.test", "notification.retry"],
  member: ["member.write"],
  user: ["user.write"],
  role: ["role.write"],
  account: ["account.write"],
  audit: ["audit.read", "audit.export"],
} as const satisfies Record<string, readonly Permission[]>;

export type Area = keyof typeof PERMISSIONS | Noun;

export const AREAS: readonly Area[] = [
  ...new Set([...(Object.keys(PERMISSIONS) as Area[]), ...(Object.keys(DEEDS) as Noun[])]),
];

export function deedsOf(area: Area): Deed[] {
  const verbs: readonly string[] = area in DEEDS ? DEEDS[area as Noun] : [];
  return verbs.map((verb) => `${area}.${verb}` as Deed);
}

export function permissionsOf(area: Area): readonly Permission[] {
  return area in PERMISSIONS ? PERMISSIONS[area as keyof typeof PERMISSIONS] : [];
}

/** What the audit is asked for, so that it tells of everything of an area: acts whose name begins with this. */
export function everythingOf(area: Area): string {
  return `${area}.`;
}
