/** Registering a cluster, in one of two ways, each of which says what it does. The way is the caller's to keep. */
import { Tabs } from "antd";
import { useTranslation } from "~/i18n/react";
import { RegisterKubeconfig } from "./RegisterKubeconfig";
import { RegisterScript } from "./RegisterScript";
import "./clusters.css";

export const WAYS = ["kubeconfig", "script"] as const;
export type Way = (typeof WAYS)[number];

interface Props {
  way: Way;
  choose: (way: Way) => void;
  done: (cluster: string) => void;
}

export function Register({ way, choose, done }: Props) {
  const { t } = useTranslation("clusters");
  return (
    <Tabs
      activeKey={way}
      onChange={(key) => choose(key as Way)}
      items={[
        {
          key: "kubeconfig",
          label: t("way.kubeconfig"),
          children: <RegisterKubeconfig done={(cluster) => done(cluster.spec.name)} />,
        },
        { key: "script", label: t("way.script"), children: <RegisterScript done={done} /> },
      ]}
    />
  );
}
