/** The difference of two texts by lines (longest common subsequence), with far-away equal lines left out. */
export interface Line {
  kind: "same" | "added" | "removed" | "skipped";
  text: string;
  /** Of `skipped`: how many lines. */
  count?: number;
}

const LARGEST = 4_000_000;

export function diff(before: string, after: string, context = 3): Line[] {
  return folded(lines(split(before), split(after)), context);
}

function split(text: string): string[] {
  return text
    .replace(/\n$/, "")
    .split("\n")
    .filter((line, _, all) => all.length > 1 || line !== "");
}

function lines(a: readonly string[], b: readonly string[]): Line[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const same = (text: string): Line => ({ kind: "same", text });
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

function middle(a: readonly string[], b: readonly string[]): Line[] {
  const removed = (text: string): Line => ({ kind: "removed", text });
  const added = (text: string): Line => ({ kind: "added", text });
  if (!a.length || !b.length || a.length * b.length > LARGEST) return [...a.map(removed), ...b.map(added)];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      found.push({ kind: "same", text: left });
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      found.push(removed(left));
      i += 1;
    } else if (right !== undefined) {
      found.push(added(right));
      j += 1;
    }
  }
  return found;
}

function folded(all: readonly Line[], context: number): Line[] {
  const near = new Array<boolean>(all.length).fill(false);
  all.forEach((line, index) => {
    if (line.kind === "same") return;
    for (let i = Math.max(0, index - context); i <= Math.min(all.length - 1, index + context); i += 1) near[i] = true;
  });
  const found: Line[] = [];
  for (const [index, line] of all.entries()) {
    const last = found.at(-1);
    if (near[index]) found.push(line);
    else if (last?.kind === "skipped") last.count = (last.count ?? 0) + 1;
    else found.push({ kind: "skipped", text: "", count: 1 });
  }
  return found;
}
