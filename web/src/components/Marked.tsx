/**
 * A sentence in which commands and names to type stand between backticks: they are drawn as code.
 *
 *   <Marked text={say(remedy)} />
 */
export function Marked({ text }: { text: string }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
  return <>{text.split("`").map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part))}</>;
}
