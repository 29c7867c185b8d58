/**
 * The departure board: columns of clusters in the order of the rollout. A rollout has one column now, in which one
 * cluster comes after another; waves are more columns of the same form. Of very many clusters those come first that
 * need somebody; one searches by name and filters by state, both in the address.
 */
import { memo, useDeferredValue, useMemo } from "react";
import type { RolloutStatus } from "~/api/schema";
import { Count, Search } from "~/components/Searching";
import { Tally, toggled } from "~/components/Tally";
import { useTranslation } from "~/i18n/react";
import { useFilters } from "~/lib/useFilters";
import { useGrowing } from "~/lib/useGrowing";
import { stateTone } from "../rollouts/states";
import { Card } from "./Card";
import { counted, MANY, type Placed, placed } from "./targets";

const FILTERED = ["state"] as const;

interface Props {
  rollout: RolloutStatus;
  chosen: string;
  choose: (cluster: string) => void;
}

// Whatever the log says, the board is drawn anew only with the rollout.
export const Board = memo(function Board({ rollout, chosen, choose }: Props) {
  const { t } = useTranslation("rollout");
  const [filters, change] = useFilters(FILTERED);
  const settled = useDeferredValue(filters);
  const all = rollout.targets?.length ?? 0;
  const many = all > MANY;
  const found = useMemo(
    () => (many ? placed(rollout, settled.q, settled.picks["state"] ?? []) : placed(rollout, "", [])),
    [rollout, many, settled],
  );
  return (
    <div className="board">
      <section aria-label={t("board.column", { count: all })}>
        <h2>{t("board.column", { count: all })}</h2>
        {many && (
          <div className="board-tools">
            <States rollout={rollout} />
            <div className="row">
              <Search value={filters.q} onChange={(q) => change({ q })} />
              <Count found={found.length} all={all} filters={filters} clear={() => change({ q: "", picks: {} })} />
            </div>
          </div>
        )}
        <Cards key={`${settled.q}/${settled.picks["state"]?.join() ?? ""}`} {...{ found, chosen, choose }} />
        {!found.length && <p className="muted">{t("board.nothing")}</p>}
      </section>
    </div>
  );
});

interface CardsProps {
  found: readonly Placed[];
  chosen: string;
  choose: (cluster: string) => void;
}

function Cards({ found, chosen, choose }: CardsProps) {
  const [count, end] = useGrowing(found.length);
  return (
    <ol className="board-cards">
      {found.slice(0, count).map(({ target, place }) => (
        <Card key={target.cluster} target={target} place={place} chosen={chosen === target.cluster} choose={choose} />
      ))}
      {count < found.length && <li ref={end} aria-hidden="true" className="board-more" />}
    </ol>
  );
}

/** How many clusters are in each state; each is a filter. */
function States({ rollout }: { rollout: RolloutStatus }) {
  const { t } = useTranslation("rollout");
  const { t: words } = useTranslation("rollouts");
  const [filters, change] = useFilters(FILTERED);
  const picked = filters.picks["state"] ?? [];
  return (
    <fieldset className="tallies plain-set" aria-label={t("board.states")}>
      {counted(rollout).map(([state, count]) => (
        <Tally
          key={state}
          tone={stateTone[state]}
          count={count}
          word={words(`state.${state}`)}
          pressed={picked.includes(state)}
          toggle={() => change({ picks: { state: toggled(picked, state) } })}
        />
      ))}
    </fieldset>
  );
}
