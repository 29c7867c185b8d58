/**
 * Permissions in words, by group.
 *
 *   <PermissionList permissions={role.permissions} />
 *   <PermissionPicker offered={mine} value={chosen} change={setChosen} />
 *   const roleName = useRoleName(); roleName("owner")          built-in roles have a name in each language
 *
 * The page loads the namespace `permissions` (`namespaces` in `pages.ts`).
 */
import { Checkbox } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "~/i18n/react";
import { grouped, type Permission } from "~/lib/permissions";
import { SearchField } from "./SearchField";
import "./permissions.css";

const BUILTIN = ["administrator", "owner", "developer", "viewer"] as const;
type Builtin = (typeof BUILTIN)[number];

function isBuiltin(role: string): role is Builtin {
  return (BUILTIN as readonly string[]).includes(role);
}

export function useRoleName(): (role: string) => string {
  const { t } = useTranslation("permissions");
  return (role) => (isBuiltin(role) ? t(`role.${role}`) : role);
}

/** What a built-in role is for; nothing for others. */
export function useRoleAbout(): (role: string) => string | undefined {
  const { t } = useTranslation("permissions");
  return (role) => (isBuiltin(role) ? t(`about.${role}`) : undefined);
}

/** What a permission allows; one that these pages do not know yet is its own name. */
export function usePermissionWords(): (permission: string) => string {
  const { t } = useTranslation("permissions");
  return (permission) => t(`of.${permission as Permission}`, { defaultValue: permission });
}

export function PermissionList({ permissions }: { permissions: readonly string[] }) {
  const { t } = useTranslation("permissions");
  const words = usePermissionWords();
  if (!permissions.length) return <p className="muted">{t("none")}</p>;
  return (
    <div className="permissions">
      {grouped(permissions).map(([group, found]) => (
        <section key={group}>
          <h3>{t(`group.${group}`)}</h3>
          <ul>
            {found.map((one) => (
              <li key={one}>
                <span>{words(one)}</span>
                <code className="muted">{one}</code>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

interface Picked {
  offered: readonly string[];
  value: readonly string[];
  change: (value: string[]) => void;
}

export function PermissionPicker({ offered, value, change }: Picked) {
  const { t } = useTranslation("permissions");
  const words = usePermissionWords();
  const id = useId();
  const [sought, setSought] = useState("");
  const needle = sought.trim().toLowerCase();
  const shown = offered.filter((one) => !needle || `${one} ${words(one)}`.toLowerCase().includes(needle));
  const chosen = new Set(value);
  const set = (names: readonly string[], on: boolean) => {
    const made = new Set(value);
    for (const one of names) on ? made.add(one) : made.delete(one);
    change([...made].sort());
  };
  return (
    <div className="stack">
      <div className="row spread">
        <SearchField value={sought} onChange={setSought} label={t("search")} />
        <span className="muted numbers" role="status">
          {t("chosen", { count: value.length, all: offered.length })}
        </span>
      </div>
      <div className="permissions">
        {shown.length === 0 && <p className="muted">{t("nothing")}</p>}
        {grouped(shown).map(([group, found]) => {
          const on = found.filter((one) => chosen.has(one)).length;
          return (
            <section key={group} aria-labelledby={`${id}-${group}`}>
              <h3 id={`${id}-${group}`}>
                <Checkbox
                  checked={on === found.length}
                  indeterminate={on > 0 && on < found.length}
                  onChange={(event) => set(found, event.target.checked)}
                  aria-label={t("group-all", { group: t(`group.${group}`) })}
                >
                  {t(`group.${group}`)}
                </Checkbox>
              </h3>
              <ul>
                {found.map((one) => (
                  <li key={one}>
                    <Checkbox checked={chosen.has(one)} onChange={(event) => set([one], event.target.checked)}>
                      {words(one)}
                    </Checkbox>
                    <code className="muted">{one}</code>
                  </li>
                ))}
              </ul>
            </section>
          );
        })}
      </div>
    </div>
  );
}
