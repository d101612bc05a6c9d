import { Link } from "wouter";
import type { PanelValues } from "../../../src/serve/messages/live.ts";
import { useHover, useStanding } from "../../live/use-paused.ts";
import { BandMark, bands } from "../../parts/band.tsx";
import { deadWord } from "../../parts/dead-words.ts";
import { count, signed } from "../../parts/figures.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Lines } from "../../parts/states.tsx";

const reasonsMost = 5;

/** The one entry of a panel that stands; it does not change under the pointer. */
const usePointed = <P extends "bands" | "attention" | "dead_letters">(panel: P) => {
  const [over, within] = useHover();
  return { value: useStanding(panel, over), within };
};

const Change = ({ value }: { value: number }) => (
  <span className="soft number">{value === 0 ? "0" : signed(value, 0)}</span>
);

export const Bands = () => {
  const { value, within } = usePointed("bands");
  const most = Math.max(1, ...Object.values(value?.customers ?? {}));
  return (
    <Panel title="Customers by band" aside="change today, UTC">
      {value === undefined ? (
        <Lines rows={4} height={31} />
      ) : (
        <ul className="live-bands" {...within}>
          {bands.map((band) => (
            <li key={band}>
              <Link href={`/customers?band=${band}`}>
                <BandMark band={band} />
              </Link>
              <span className={`live-bar band-${band}`} aria-hidden="true">
                <span style={{ width: `${(100 * value.customers[band]) / most}%` }} />
              </span>
              <b className="number">{count(value.customers[band])}</b>
              <Change value={value.today[band]} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
};

type Attention = PanelValues["attention"];
const waiting: readonly [keyof Attention, string, string, string][] = [
  ["queue", "Customers at risk", "nobody has decided", "/queue"],
  ["calls", "Calls", "to be made", "/calls"],
  ["unknown_sends", "Messages", "perhaps not sent", "/calls"],
  ["dead_letters", "Dead letters", "unusable records", "/dead-letters"],
  ["approvals", "Approvals", "agree or answer", "/approvals"],
];

/** What waits for somebody; what does not is said as well, since zero is an answer. */
export const NeedsPerson = () => {
  const { value, within } = usePointed("attention");
  return (
    <Panel title="Needs a person">
      {value === undefined ? (
        <Lines rows={5} height={30} />
      ) : (
        <ul className="live-waiting" {...within}>
          {waiting.map(([name, title, says, path]) => (
            <li key={name} className={value[name] === 0 ? "soft" : ""}>
              <Link href={path}>{title}</Link>
              <span className="soft">{says}</span>
              <b className="number">{count(Number(value[name]))}</b>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
};

export const DeadLetters = () => {
  const { value, within } = usePointed("dead_letters");
  const reasons = Object.entries(value?.reasons ?? {}).sort(([, a], [, b]) => b - a);
  const rest = reasons.slice(reasonsMost).reduce((sum, [, n]) => sum + n, 0);
  return (
    <Panel title="Dead letters" aside={value ? `${count(value.total)} open` : undefined}>
      {value === undefined ? (
        <Lines rows={1} height={43} />
      ) : reasons.length === 0 ? (
        <p className="panel-body soft">None: every record could be used.</p>
      ) : (
        <ul className="live-waiting two" {...within}>
          {reasons.slice(0, reasonsMost).map(([reason, n]) => (
            <li key={reason}>
              <Link href="/dead-letters">{deadWord(reason)}</Link>
              <b className="number">{count(n)}</b>
            </li>
          ))}
          {rest > 0 && (
            <li className="soft">
              <span>Other reasons</span>
              <b className="number">{count(rest)}</b>
            </li>
          )}
        </ul>
      )}
    </Panel>
  );
};
