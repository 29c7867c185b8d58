/**
 * The one way to the server: typed by the OpenAPI document, with the person's language and the session's CSRF token.
 *
 *   const team = await api("GET /teams/{team}", { path: { team: "payments" } });
 *   await api("PUT /teams/{team}", { path: { team }, body: { default_namespace: "pay" }, ifMatch: "*" });
 *
 * Every refusal is thrown as a `ProblemError`, which `<Problem>` shows. ETags are the browser's own business: answers
 * are `no-cache`, so that it revalidates by itself and hands us the body that it has.
 */
import type { Api, Problem } from "./schema";

const PREFIX = "/api/v1";

export type Operation = keyof Api;
type Part<O extends Operation, K extends string> = Api[O] extends Record<K, infer V> ? V : never;
type Needed<O extends Operation, K extends "path" | "body"> = K extends keyof Api[O]
  ? { [P in K]: Api[O][K & keyof Api[O]] }
  : "body" extends K
    ? { body?: Part<O, "body"> }
    : { path?: never };

export type Asked<O extends Operation> = Needed<O, "path"> &
  Needed<O, "body"> & {
    query?: Api[O] extends { query: infer Q } ? Q : never;
    signal?: AbortSignal | undefined;
    /** The ETag of what the person had read: refused (412) when it has changed since. */
    ifMatch?: string;
  };

export type Answer<O extends Operation> = Api[O]["answer"];
type Optional<T> = Record<string, never> extends T ? [T?] : [T];

/** What the server said when it refused, or what we say when it could not be asked (`web.unreachable`). */
export class ProblemError extends Error {
  override name = "ProblemError";
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
  get code(): string {
    return this.problem.code;
  }
  get remedy(): string {
    return this.problem.remedy;
  }
  get status(): number {
    return this.problem.status;
  }
  get owner(): string | null | undefined {
    return this.problem.owner;
  }
}

/** The code of a request that no server answered; its words are ours, in namespace `common`. */
export const UNREACHABLE = "web.unreachable";
/** The code of an answer that is no problem document: something between us and the server spoke. */
export const STRANGE = "web.strange";

interface Context {
  language: string;
  csrf: string;
  /** Called when the server does not know who asks: the shell then goes to sign-in. */
  signedOut: () => void;
}

const context: Context = { language: "en-US", csrf: "", signedOut: () => undefined };

/** Tells the client about the person; parts that are left out stay. */
export function configure(changed: Partial<Context>): void {
  Object.assign(context, changed);
}

/** Asks the server. Throws `ProblemError`; an aborted request throws as `fetch` does. */
export async function api<O extends Operation>(operation: O, ...given: Optional<Asked<O>>): Promise<Answer<O>> {
  const { body } = await ask(operation, ...given);
  return body;
}

/** As `api`, with the ETag of the answer, for `ifMatch` of a later change. */
export async function ask<O extends Operation>(
  operation: O,
  ...given: Optional<Asked<O>>
): Promise<{ body: Answer<O>; etag: string; next: string }> {
  const asked = (given[0] ?? {}) as Asked<Operation>;
  const [method, path] = operation.split(" ", 2) as [string, string];
  const response = await send(method, PREFIX + filled(path, asked.path) + queried(asked.query), asked);
  return {
    body: (await content(response)) as Answer<O>,
    etag: response.headers.get("etag") ?? "",
    next: nextOf(response.headers.get("link")),
  };
}

/** Every page of a list, following its `Link` headers. */
export async function all<O extends Operation>(
  operation: O,
  ...given: Optional<Asked<O>>
): Promise<Answer<O> & unknown[]> {
  const { signal } = (given[0] ?? {}) as Asked<Operation>;
  const first = await ask(operation, ...given);
  const found = [...(first.body as unknown[])];
  let next = first.next;
  while (next) {
    const response = await send("GET", next, { signal });
    found.push(...((await content(response)) as unknown[]));
    next = nextOf(response.headers.get("link"));
  }
  return found as Answer<O> & unknown[];
}

interface Sent {
  body?: unknown;
  signal?: AbortSignal | undefined;
  ifMatch?: string;
}

async function send(method: string, url: string, asked: Sent): Promise<Response> {
  const headers: Record<string, string> = { "Accept-Language": context.language };
  const written = method !== "GET" && method !== "HEAD";
  if (written && context.csrf) headers["X-CSRF-Token"] = context.csrf;
  if (asked.ifMatch) headers["If-Match"] = asked.ifMatch;
  const init: RequestInit = { method, headers, credentials: "same-origin", signal: asked.signal ?? null };
  if (asked.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(asked.body);
  }
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ProblemError(ours(UNREACHABLE, 0));
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && problem.code === "server.unauthenticated") context.signedOut();
  throw new ProblemError(problem);
}

async function problemOf(response: Response): Promise<Problem> {
  if ((response.headers.get("content-type") ?? "").startsWith("application/problem+json")) {
    try {
      return (await response.json()) as Problem;
    } catch {
      return ours(STRANGE, response.status);
    }
  }
  return ours(STRANGE, response.status);
}

function ours(code: string, status: number): Problem {
  return { code, status, message: "", remedy: "", exit: 1 };
}

async function content(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const json = (response.headers.get("content-type") ?? "").startsWith("application/json");
  return json ? response.json() : response.text();
}

function filled(path: string, values: unknown): string {
  const given = (values ?? {}) as Record<string, string | number>;
  return path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(given[name])));
}

/** `?team=a&cluster=b&cluster=c`; what is absent or empty is left out. */
export function queried(values: unknown): string {
  const found = new URLSearchParams();
  for (const [name, value] of Object.entries((values ?? {}) as Record<string, unknown>)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== "") found.append(name, String(one));
    }
  }
  const text = found.toString();
  return text ? `?${text}` : "";
}

function nextOf(link: string | null): string {
  return /<([^>]+)>;\s*rel="next"/.exec(link ?? "")?.[1] ?? "";
}
