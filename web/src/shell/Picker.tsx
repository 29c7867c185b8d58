/**
 * A list that one searches by typing, reached with a single key: the team and cluster switches, and "go to". That
 * nothing has the name is an entry of the list too, so that it is read out.
 */
import { type RefSelectProps, Select } from "antd";
import { type ReactNode, useCallback, useRef, useState } from "react";
import { useTranslation } from "~/i18n/react";
import { useKey } from "./keys";

export interface Choice {
  value: string;
  label: string;
}

export interface Group<C extends Choice> {
  label: string;
  options: C[];
}

interface Props<C extends Choice> {
  letter: string;
  label: string;
  placeholder: string;
  className: string;
  value?: string | undefined;
  groups: Group<C>[];
  loading: boolean;
  clear?: boolean;
  icon?: ReactNode;
  draw?: (choice: C) => ReactNode;
  choose: (value: string | undefined) => void;
  opened: () => void;
}

/** What Ant Design takes: a choice, or a group of them. */
interface Entry {
  value?: string;
  label: string;
  options?: Entry[];
}

const WIDTH = 280;
/** The value of the entry that says that nothing was found. */
const NOTHING = "";

export function Picker<C extends Choice>(props: Props<C>) {
  const { letter, label, placeholder, className, value, groups, loading, clear, icon, draw, choose, opened } = props;
  const { t } = useTranslation(["shell", "common"]);
  const select = useRef<RefSelectProps>(null);
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const show = useCallback(() => {
    select.current?.focus();
    setOpen(true);
    opened();
  }, [opened]);
  useKey(letter, show);
  const all = groups.flatMap((group) => group.options);
  const found = narrowed(groups, typed);
  const nothing: Entry = { value: NOTHING, label: loading ? t("common:loading") : t("nothing") };
  const entries: Entry[] = groups.length === 1 ? (found[0]?.options ?? []) : found;
  const drawn = (shown: string): ReactNode => {
    const choice = all.find((one) => one.value === shown);
    return choice && draw ? draw(choice) : (choice?.label ?? shown);
  };
  return (
    <Select<string | null, Entry>
      ref={select}
      className={className}
      showSearch={{ searchValue: typed, onSearch: setTyped, filterOption: false }}
      allowClear={clear ?? false}
      suffixIcon={icon}
      aria-label={label}
      aria-keyshortcuts={letter}
      placeholder={placeholder}
      value={value ?? null}
      options={entries.length ? entries : [nothing]}
      open={open}
      onOpenChange={(now) => {
        setOpen(now);
        setTyped("");
        if (now) opened();
      }}
      onChange={(chosen) => {
        setOpen(false);
        setTyped("");
        select.current?.blur();
        if (chosen !== NOTHING) choose(chosen ?? undefined);
      }}
      optionRender={(option) =>
        option.value ? drawn(String(option.value)) : <span className="muted">{option.label}</span>
      }
      labelRender={(chosen) => drawn(String(chosen.value))}
      popupMatchSelectWidth={WIDTH}
    />
  );
}

/** The choices that have what was typed in their name, those that begin with it first. */
export function narrowed<C extends Choice>(groups: readonly Group<C>[], typed: string): Group<C>[] {
  const word = typed.trim().toLowerCase();
  return groups
    .map((group) => ({ label: group.label, options: word ? matching(group.options, word) : group.options }))
    .filter((group) => group.options.length > 0);
}

function matching<C extends Choice>(choices: readonly C[], word: string): C[] {
  const place = (choice: C) => choice.label.toLowerCase().indexOf(word);
  const found = choices.filter((choice) => place(choice) >= 0);
  return [...found.filter((choice) => place(choice) === 0), ...found.filter((choice) => place(choice) > 0)];
}
