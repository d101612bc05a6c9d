import { useEffect, useState } from "react";
import { useParams } from "wouter";
import type { ContactStateAnswer, ScoresAnswer } from "../../../src/serve/messages/timeline.ts";
import type { CustomerAnswer } from "../../../src/serve/messages.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { Screen } from "../../parts/panel.tsx";
import { Fault } from "../../parts/states.tsx";
import { type PlainFields, Unmask } from "../../session/unmask.tsx";
import { useSession } from "../../session/use-session.ts";
import { Acts } from "./acts.tsx";
import "./customer.css";
import { Head } from "./head.tsx";
import { ScorePanel, useScores } from "./score-panel.tsx";
import { type Selection, useSelection } from "./selection.ts";
import { Timeline } from "./timeline.tsx";
import { Why } from "./why.tsx";

const freshMs = 15_000;

/** Of two chosen scores the earlier is A, however they were chosen. */
const ordered = ({ a, b }: Selection, scores: ScoresAnswer | undefined): [string, string] => {
  if (b === "") return [a, ""];
  const at = (id: string) => scores?.points.findIndex(({ prediction_id }) => prediction_id === id);
  const [first, second] = [at(a) ?? -1, at(b) ?? -1];
  return first >= 0 && second >= 0 && second < first ? [b, a] : [a, b];
};

/** One customer: who, why now, what was done, and everything that led there. */
const Customer = () => {
  const { id = "" } = useParams<{ id: string }>();
  const path = `/customers/${encodeURIComponent(id)}`;
  const customer = useAnswer<CustomerAnswer>(path, { everyMs: freshMs });
  const contact = useAnswer<ContactStateAnswer>(`${path}/contact`, { everyMs: freshMs });
  const scores = useScores(id);
  const selection = useSelection();
  const { simulated = false } = useSession();
  const [plain, setPlain] = useState<PlainFields>();
  useEffect(() => {
    const before = document.title;
    document.title = `${id} · Bellwether`;
    return () => {
      document.title = before;
    };
  }, [id]);

  // Whichever answers first.
  const missing = [customer, scores].find(({ fault }) => fault?.status === 404);
  if (missing?.fault)
    return (
      <Screen title="No such customer">
        <Fault fault={missing.fault} again={missing.again} />
      </Screen>
    );
  const order = ordered(selection, scores.data);
  const newest = scores.data?.newest?.prediction_id ?? null;
  const shown = order[1] || order[0] || newest;
  return (
    <div className="screen customer">
      <Head
        id={id}
        customer={customer.data}
        scores={scores.data}
        contact={contact.data}
        unreached={contact.fault !== null}
        simulated={simulated}
        plain={plain}
        acts={
          <>
            <Unmask customerId={id} onPlain={setPlain} />
            <Acts customer={id} prediction={shown} />
          </>
        }
      />
      {customer.fault && <Fault fault={customer.fault} again={customer.again} />}
      <div className="customer-parts">
        <ScorePanel scores={scores} selection={selection} order={order} />
        <Why
          shown={scores.data ? shown : null}
          waits={!scores.data && !scores.fault}
          since={order[1] === "" ? "" : order[0]}
          isNewest={shown === newest}
          onNewest={selection.clear}
        />
        <Timeline customer={id} selection={selection} order={order} />
      </div>
    </div>
  );
};
export default Customer;
