/** What every tab of the page of a team is given. `cluster`: the one that the page is about, else all of the team's. */
import type { Health, TeamView } from "~/api/schema";

export interface Part {
  team: TeamView & { etag: string };
  health: Health | undefined;
  cluster: string | undefined;
}
