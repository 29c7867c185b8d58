/**
 * The departure board: columns of clusters in the order of the rollout. A rollout has one column now, in which one
 * cluster comes after another; waves are more columns of the same form.
 */

import type { RolloutStatus, TargetStatus } from "~/api/schema";
import { useTranslation } from "~/i18n/react";
import { Card } from "./Card";

interface Column {
  key: string;
  title: string;
  targets: readonly TargetStatus[];
  /** The place of its first cluster in the whole rollout, from 1. */
  first: number;
}

interface Props {
  rollout: RolloutStatus;
  chosen: string;
  choose: (cluster: string) => void;
}

export function Board({ rollout, chosen, choose }: Props) {
  const { t } = useTranslation("rollout");
  const targets = rollout.targets ?? [];
  const columns: Column[] = [{ key: "all", title: t("board.column", { count: targets.length }), targets, first: 1 }];
  return (
    <div className="board" style={{ gridTemplateColumns: `repeat(${columns.length}, minmax(0, 1fr))` }}>
      {columns.map((column) => (
        <section key={column.key} aria-label={column.title}>
          <h2>{column.title}</h2>
          <ol className="board-cards">
            {column.targets.map((target, index) => (
              <Card
                key={target.cluster}
                target={target}
                place={column.first + index}
                chosen={chosen === target.cluster}
                choose={choose}
              />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}
