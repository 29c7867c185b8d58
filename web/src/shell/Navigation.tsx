/** The side: where one can go. What the person may not see, and what is not built, is not there. */
import {
  ApartmentOutlined,
  AuditOutlined,
  BellOutlined,
  BlockOutlined,
  ClusterOutlined,
  DeploymentUnitOutlined,
  HistoryOutlined,
  KeyOutlined,
  RocketOutlined,
  SettingOutlined,
  TableOutlined,
  TeamOutlined,
  UserOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import { Link, useLocation } from "react-router";
import { useTranslation } from "~/i18n/react";
import { built, PAGES, permitted } from "~/pages";
import { sectionOf, useScope } from "./scope";
import { useSession } from "./session";

type Item = { page: (typeof WORK)[number] | (typeof RUN)[number]; to: string };
const WORK = ["fleet", "teams", "stacks", "rollouts", "resources", "topology", "events"] as const;
const RUN = ["clusters", "audit", "notifications", "users", "tokens", "settings"] as const;

const ICONS: Record<Item["page"], ReactNode> = {
  fleet: <ClusterOutlined />,
  teams: <TeamOutlined />,
  stacks: <BlockOutlined />,
  rollouts: <RocketOutlined />,
  resources: <TableOutlined />,
  topology: <ApartmentOutlined />,
  events: <HistoryOutlined />,
  clusters: <DeploymentUnitOutlined />,
  audit: <AuditOutlined />,
  notifications: <BellOutlined />,
  users: <UserOutlined />,
  tokens: <KeyOutlined />,
  settings: <SettingOutlined />,
};

export function Navigation() {
  const { t } = useTranslation("shell");
  const { may } = useSession();
  const offered = (pages: readonly Item["page"][]): Item[] =>
    pages.flatMap((page) => {
      const route = PAGES.find((one) => one.page === page);
      const shown = route && built(page) && permitted(route, may);
      return shown ? [{ page, to: route.path }] : [];
    });
  const run = offered(RUN);
  return (
    <nav className="shell-side" aria-label={t("navigation")}>
      <ul>
        {offered(WORK).map((item) => (
          <Place key={item.page} item={item} />
        ))}
      </ul>
      {run.length > 0 && <h2>{t("installation")}</h2>}
      <ul>
        {run.map((item) => (
          <Place key={item.page} item={item} />
        ))}
      </ul>
    </nav>
  );
}

function Place({ item }: { item: Item }) {
  const { t } = useTranslation("shell");
  const { link } = useScope();
  const here = sectionOf(useLocation().pathname) === item.to;
  return (
    <li>
      <Link to={link(item.to)} aria-current={here ? "page" : undefined} title={t(`nav.${item.page}`)}>
        <span aria-hidden="true">{ICONS[item.page]}</span>
        <span className="word">{t(`nav.${item.page}`)}</span>
      </Link>
    </li>
  );
}
