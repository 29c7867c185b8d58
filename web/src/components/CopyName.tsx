/**
 * A name that people copy: monospace, with a button that says that it has copied.
 *
 *   <CopyName name="gateway-system" />     <CopyName name={hash} shown={hash.slice(0, 12)} />
 */
import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { type ReactNode, useEffect, useState } from "react";
import { useWords } from "~/i18n/words";

export function CopyName({ name, shown }: { name: string; shown?: ReactNode }) {
  const { t } = useWords();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <span className="copy">
      <code className="clip" title={name}>
        {shown ?? name}
      </code>
      <Button
        type="text"
        size="small"
        icon={copied ? <CheckOutlined /> : <CopyOutlined />}
        aria-label={t("copy.button", { name })}
        onClick={(event) => {
          event.stopPropagation();
          void copy(name).then(setCopied);
        }}
      />
      <span className="visually-hidden" aria-live="polite">
        {copied ? t("copy.done") : ""}
      </span>
    </span>
  );
}

/** Copies; on plain http, where browsers keep the clipboard closed, through a selection. */
export async function copy(text: string): Promise<boolean> {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Falls through: permission may be refused while a selection still works.
    }
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
