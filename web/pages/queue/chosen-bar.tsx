import type { QueueFilters } from "../../../src/serve/messages/queue.ts";
import { count } from "../../parts/figures.tsx";
import { useSession } from "../../session/use-session.ts";
import type { ChosenRows } from "./use-chosen.ts";
import type { Doing } from "./use-doing.ts";

type ChosenBarProps = { chosen: ChosenRows; doing: Doing; filters: QueueFilters };

/** What can be done with the rows that are chosen. */
export const ChosenBar = ({ chosen, doing, filters }: ChosenBarProps) => {
  const { role } = useSession();
  const leads = role === "lead" || role === "admin";
  const act = (name: string, run: () => void, key?: string) => (
    <button type="button" className="button" disabled={!doing.may} onClick={run}>
      {name} {key && <kbd>{key}</kbd>}
    </button>
  );
  return (
    <section className="queue-chosen" aria-label="Chosen customers">
      <b>{count(chosen.ids.length)} chosen</b>
      {act("Decide …", doing.decide, "d")}
      {act("Take care of", doing.take, "a")}
      {leads && act("Give to …", doing.give)}
      {act("Give back", doing.giveBack)}
      {filters.decided !== undefined && act("Reopen", doing.reopen, "o")}
      <button type="button" className="button plain" onClick={chosen.all}>
        Choose all that are shown
      </button>
      <button type="button" className="button plain" onClick={chosen.clear}>
        Let go <kbd>Esc</kbd>
      </button>
    </section>
  );
};
