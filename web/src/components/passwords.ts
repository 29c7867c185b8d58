/** The rules of a new password that a form can check; the server also knows the commonest ones. */
import type { FormRule } from "antd";
import { useTranslation } from "~/i18n/react";

const SHORTEST = 12;

/** `name`: whose password it will be; it is not their name. */
export function usePasswordRules(name: string): FormRule[] {
  const { t } = useTranslation("common");
  return [
    { required: true, message: t("password.missing") },
    { min: SHORTEST, message: t("password.short", { count: SHORTEST }) },
    {
      validator: (_, value: string | undefined) =>
        value && value.toLowerCase() === name.toLowerCase()
          ? Promise.reject(new Error(t("password.name")))
          : Promise.resolve(),
    },
  ];
}
