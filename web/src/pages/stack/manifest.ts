/** A stack as its manifest and back. The form and the editor write the same text; nothing else is kept. */
import { stringify } from "yaml";
import type { Stack, StackBody } from "~/api/schema";
import { isMapping, type Mapping } from "~/editor/schema";

const API_VERSION = "gatewright.io/v1alpha1";

export function manifestOf(stack: Stack): Mapping {
  const { team, name, bundle, controller, drift } = stack;
  return {
    apiVersion: API_VERSION,
    kind: "Stack",
    metadata: { name },
    spec: { team, bundle, ...(controller && { controller }), ...(drift && { drift }) },
  };
}

export function textOf(stack: Stack): string {
  return stringify(manifestOf(stack), { lineWidth: 0 });
}

/** What a new stack begins with. */
export function newText(team: string, bundle: string): string {
  const spec = { team, bundle: { version: bundle, channel: "standard" } };
  return stringify({ apiVersion: API_VERSION, kind: "Stack", metadata: { name: "" }, spec }, { lineWidth: 0 });
}

/** Whose stack a manifest is, and its name; empty where it does not say. */
export function addressOf(manifest: Mapping): { team: string; name: string } {
  const metadata = isMapping(manifest["metadata"]) ? manifest["metadata"] : {};
  const spec = isMapping(manifest["spec"]) ? manifest["spec"] : {};
  return { team: text(spec["team"]), name: text(metadata["name"]) };
}

/** The body of the request; what is left empty in the manifest is left out. The server checks it. */
export function bodyOf(manifest: Mapping): StackBody {
  const { team: _, ...spec } = isMapping(manifest["spec"]) ? manifest["spec"] : {};
  return without(spec) as unknown as StackBody;
}

function without(value: Mapping): Mapping {
  const kept = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
  return Object.fromEntries(kept.map(([name, inner]) => [name, isMapping(inner) ? without(inner) : inner]));
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
