/** Addresses of what a page points at: a cluster's page at one of its tabs, an object on a cluster. Pure. */
import type { ObjectRef } from "~/api/schema";

export type ClusterTab =
  | "installation"
  | "crds"
  | "ownership"
  | "observation"
  | "objects"
  | "drift"
  | "events"
  | "credentials"
  | "removal";

/** The page of a cluster; `more` goes into the query, empty values left out. */
export function clusterPath(cluster: string, tab?: ClusterTab, more: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams();
  if (tab && tab !== "installation") query.set("tab", tab);
  for (const [name, value] of Object.entries(more)) if (value) query.set(name, value);
  const text = query.toString();
  return `/clusters/${encodeURIComponent(cluster)}${text ? `?${text}` : ""}`;
}

/** What an object is called in addresses: `Gateway/orders/edge`, `GatewayClass//traefik`. */
export function objectKey(ref: ObjectRef): string {
  return `${ref.kind}/${ref.namespace ?? ""}/${ref.name}`;
}

/** The object, open beside the objects of its cluster. */
export function objectPath(cluster: string, ref: ObjectRef): string {
  return clusterPath(cluster, "objects", { open: objectKey(ref) });
}
