/** What an API token is worth now. Pure. */
import type { ApiToken } from "~/api/schema";

export type TokenState = "active" | "soon" | "expired" | "revoked";
/** Milliseconds before its end from which a token is said to expire soon. */
export const SOON = 14 * 86_400_000;

export function stateOf(token: ApiToken, now: number): TokenState {
  if (token.revoked_at) return "revoked";
  const left = Date.parse(token.expires_at) - now;
  return left <= 0 ? "expired" : left < SOON ? "soon" : "active";
}

/** Whether it still lets anybody in. */
export function holding(token: ApiToken, now: number): boolean {
  const state = stateOf(token, now);
  return state === "active" || state === "soon";
}
