/** Objects as YAML text, for reading: keys in their order, strings quoted only where YAML would read something else. */
const PLAIN = /^[A-Za-z0-9_./$(][\w ./$()@+=-]*$/;
const SPECIAL =
  /^(?:true|false|null|yes|no|on|off|y|n|~|-?\d[\d_]*(?:\.\d*)?(?:e[+-]?\d+)?|0x[\da-f]+|\d{4}-\d\d-\d\d.*|\.(?:inf|nan))$/i;

export function toYaml(value: unknown): string {
  return `${block(value, "").replace(/^[\n ]/, "")}\n`;
}

function block(value: unknown, indent: string): string {
  if (Array.isArray(value)) {
    if (!value.length) return " []";
    return value.map((item) => `\n${indent}-${inItem(item, `${indent}  `)}`).join("");
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    if (!entries.length) return " {}";
    return entries.map(([key, v]) => `\n${indent}${scalar(key)}:${nested(v, indent)}`).join("");
  }
  if (typeof value === "string" && value.includes("\n")) return literal(value, indent);
  return ` ${scalar(value)}`;
}

function nested(value: unknown, indent: string): string {
  return block(value, Array.isArray(value) ? indent : `${indent}  `);
}

function inItem(item: unknown, indent: string): string {
  const text = block(item, indent);
  return text.startsWith(`\n${indent}`) ? ` ${text.slice(indent.length + 1)}` : text;
}

function literal(text: string, indent: string): string {
  if (/[^\S\n]\n|\t|^\s/.test(text)) return ` ${JSON.stringify(text)}`;
  const inner = indent || "  ";
  const end = text.endsWith("\n\n") ? "+" : text.endsWith("\n") ? "" : "-";
  const lines = text.replace(/\n$/, "").split("\n");
  return ` |${end}${lines.map((line) => (line ? `\n${inner}${line}` : "\n")).join("")}`;
}

function scalar(value: unknown): string {
  if (typeof value !== "string") return value === null ? "null" : String(value);
  return PLAIN.test(value) && !SPECIAL.test(value) && !value.endsWith(" ") ? value : JSON.stringify(value);
}
