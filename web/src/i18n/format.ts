/** How the templates of the server are filled in. */
import type { Message } from "~/api/schema";

/** Python's `str.format` with named parameters only; `{{` and `}}` are braces. */
export function fill(
  template: string,
  params: Record<string, string | number | Message>,
  say: (message: Message) => string,
): string {
  return template.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name: string | undefined) => {
    if (name === undefined) return found === "{{" ? "{" : "}";
    const value = params[name];
    return value === undefined ? `{${name}}` : typeof value === "object" ? say(value) : String(value);
  });
}
