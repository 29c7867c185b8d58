/** The head: brand, team, cluster, search, live sign, language, theme, person. */
import { GlobalOutlined, MoonOutlined, SunOutlined, UserOutlined } from "@ant-design/icons";
import { useQueryClient } from "@tanstack/react-query";
import { Button, Dropdown } from "antd";
import { Link, useNavigate } from "react-router";
import { nameOf, prefer, signOut } from "~/api/session";
import { change, LANGUAGES, type Language, NAMES } from "~/i18n";
import { useTranslation } from "~/i18n/react";
import { built } from "~/pages";
import { type Preference, useTheme } from "~/theme";
import { LiveSign } from "./live";
import { Search } from "./Search";
import { ClusterSwitch, TeamSwitch } from "./Switches";
import { useSession } from "./session";

const THEMES: readonly Preference[] = ["light", "dark", "system"];

export function Header() {
  return (
    <header className="shell-header">
      <Link to="/" className="brand">
        <img src="/gatewright.svg" alt="" />
        <span>Gatewright</span>
      </Link>
      <TeamSwitch />
      <ClusterSwitch />
      <Search />
      <LiveSign />
      <LanguageMenu />
      <ThemeMenu />
      <PersonMenu />
    </header>
  );
}

export function LanguageMenu() {
  const { t, i18n } = useTranslation("shell");
  const client = useQueryClient();
  const choose = async (language: Language) => {
    await change(language);
    await prefer(client, { language: language === "zh-CN" ? "zh" : "en" });
  };
  const items = LANGUAGES.map((language) => ({
    key: language,
    label: <span lang={language}>{NAMES[language]}</span>,
    onClick: () => void choose(language),
  }));
  return (
    <Dropdown trigger={["click"]} menu={{ items, selectable: true, selectedKeys: [i18n.language] }}>
      <Button type="text" icon={<GlobalOutlined />} aria-label={t("language")} title={t("language")} />
    </Dropdown>
  );
}

export function ThemeMenu() {
  const { t } = useTranslation("shell");
  const { preference, mode, choose } = useTheme();
  const client = useQueryClient();
  const items = THEMES.map((one) => ({
    key: one,
    label: t(`theme.${one}`),
    onClick: () => {
      choose(one);
      void prefer(client, { theme: one });
    },
  }));
  return (
    <Dropdown trigger={["click"]} menu={{ items, selectable: true, selectedKeys: [preference] }}>
      <Button
        type="text"
        icon={mode === "dark" ? <MoonOutlined /> : <SunOutlined />}
        aria-label={t("theme.label")}
        title={t("theme.label")}
      />
    </Dropdown>
  );
}

function PersonMenu() {
  const { t } = useTranslation("shell");
  const { session } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const name = nameOf(session);
  const places = (["settings", "tokens"] as const).filter(built).map((page) => ({
    key: page,
    label: t(`nav.${page}`),
    onClick: () => void navigate(`/${page}`),
  }));
  const leave = { key: "sign-out", label: t("sign-out"), onClick: () => void signOut(client) };
  return (
    <Dropdown trigger={["click"]} menu={{ items: [...places, { type: "divider" }, leave] }} placement="bottomRight">
      <Button type="text" icon={<UserOutlined />} aria-label={t("person", { name })}>
        {name}
      </Button>
    </Dropdown>
  );
}
