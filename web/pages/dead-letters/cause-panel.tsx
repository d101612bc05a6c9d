import { useState } from "react";
import type { CauseAnswer } from "../../../src/serve/messages/dead-letters.ts";
import { useKeys } from "../../keys/use-keys.ts";
import { count } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Fault, Skeleton } from "../../parts/states.tsx";
import { Letter } from "./letter.tsx";
import { Letters } from "./letters.tsx";
import { RedriveMany } from "./redrive-many.tsx";
import { SetAside } from "./set-aside.tsx";
import { actors, seers, type useLetters } from "./use-letters.ts";
import { reasonWords } from "./words.ts";

type CausePanelProps = {
  cause: CauseAnswer;
  letters: ReturnType<typeof useLetters>;
  role: string | undefined;
};

/** The records of one cause, the chosen one of them, and what may be done with all. */
export const CausePanel = ({ cause, letters, role }: CausePanelProps) => {
  const { wish, choose, pages, records, at, letter } = letters;
  const [asking, setAsking] = useState<"redrive" | "aside" | null>(null);
  const mayAct = actors.has(role ?? "");
  const waits = mayAct && wish.state === "open";
  const canRedrive = waits && cause.group !== null;
  useKeys("A cause", [
    {
      keys: "R",
      does: "Redrive many of the cause",
      run: () => canRedrive && setAsking("redrive"),
      may: mayAct,
    },
  ]);
  const close = () => setAsking(null);
  const done = () => {
    choose("at", "");
    letters.again();
  };
  const acts = waits && (
    <span className="acts">
      <button
        type="button"
        className="button"
        disabled={!canRedrive}
        onClick={() => setAsking("redrive")}
      >
        Redrive many <kbd>R</kbd>
      </button>
      <button type="button" className="button" onClick={() => setAsking("aside")}>
        Set all aside
      </button>
    </span>
  );
  return (
    <Panel title={reasonWords(cause.reason)} aside={acts}>
      <Letters
        records={records}
        selected={at}
        onSelect={(next) => choose("at", next)}
        onMore={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
      />
      {pages.error && <Fault fault={pages.error} />}
      {letter.fault && <Fault fault={letter.fault} again={letter.again} />}
      {role !== undefined && !seers.has(role) && (
        <p className="soft panel-body">Leads, engineers and auditors see its bytes.</p>
      )}
      {letter.loading && at !== "" && <Skeleton rows={10} />}
      {letter.data && !letter.fault && (
        <Letter
          key={`${letter.data.at} ${letter.data.state}`}
          letter={letter.data}
          mayAct={mayAct}
          onDone={done}
        />
      )}
      <RedriveMany
        key={cause.cause}
        cause={cause}
        open={asking === "redrive"}
        onClose={close}
        onDone={done}
      />
      <SetAside
        what={{ cause: cause.cause }}
        title={`Set all ${count(cause.records)} records of this cause aside?`}
        act={`Set ${count(cause.records)} records aside`}
        open={asking === "aside"}
        onClose={close}
        onDone={done}
      />
    </Panel>
  );
};
