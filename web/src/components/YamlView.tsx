/** An object as YAML, to read and to copy: `<YamlView value={manifest} />`. Long texts scroll; keys stand out. */
import { useMemo } from "react";
import { useTranslation } from "~/i18n/react";
import { toYaml } from "~/lib/yaml";
import { CopyName } from "./CopyName";

const KEY = /^(\s*(?:- )*)("[^"]*"|[^\s:#"][^:]*)(:)(.*)$/;

interface Props {
  value?: unknown;
  text?: string;
  /** What it describes, where a page shows several. */
  name?: string;
}

export function YamlView({ value, text, name }: Props) {
  const { t } = useTranslation();
  const shown = useMemo(() => text ?? toYaml(value), [text, value]);
  const lines = shown.replace(/\n$/, "").split("\n");
  return (
    <div className="stack tight">
      <span className="muted">
        <CopyName name={shown} shown={t("yaml.lines", { count: lines.length })} />
      </span>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled with the keyboard */}
      <section className="text-view" tabIndex={0} aria-label={name ? t("yaml.of", { name }) : t("detail.yaml")}>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
          <span className="line" key={index}>
            <Line text={line} />
          </span>
        ))}
      </section>
    </div>
  );
}

function Line({ text }: { text: string }) {
  const found = KEY.exec(text);
  if (text.trimStart().startsWith("#")) return <span className="comment">{text}</span>;
  if (!found) return text || " ";
  const [, lead, key, colon, rest] = found;
  return (
    <>
      {lead}
      <span className="key">{key}</span>
      {colon}
      {rest?.trimStart().startsWith('"') ? <span className="text">{rest}</span> : rest}
    </>
  );
}
