import { Link } from "wouter";
import { useLive } from "../live/use-live.ts";
import { count } from "../parts/figures.tsx";
import { duration } from "../parts/time.tsx";

/** Four figures that are always true; grey, with since when, while the socket is down. */
export const BarFigures = () => {
  const throughput = useLive("throughput");
  const newest = throughput.entries.at(-1)?.value;
  const latency = useLive("latency").entries.at(-1)?.value;
  const lag = useLive("lag").entries.at(-1)?.value;
  const dead = useLive("dead_letters").entries.at(-1)?.value;
  const stale = throughput.staleSince !== null;
  const unknown = <b className="unknown">unknown</b>;
  const p99 = latency?.prediction_p99_ms;
  const arrows = { growing: "↗", shrinking: "↘", steady: "→" } as const;
  return (
    <div className={stale ? "bar-figures stale" : "bar-figures"}>
      {throughput.staleSince !== null && (
        <span className="stale-badge" role="status">
          not live since {new Date(throughput.staleSince).toLocaleTimeString("en-GB")}
        </span>
      )}
      <Link href="/live">{newest ? <b>{count(newest.events_per_s)}</b> : unknown} events/s</Link>
      <Link href="/live" className="extra">
        p99 {p99 == null ? unknown : <b>{duration(p99)}</b>}
      </Link>
      <Link href="/groups" className="second">
        lag {lag?.seconds == null ? unknown : <b>{duration(lag.seconds * 1_000)}</b>}
        {lag && <span title={lag.trend}> {arrows[lag.trend]}</span>}
      </Link>
      <Link href="/dead-letters" className="extra">
        dead letters {dead ? <b>{count(dead.total)}</b> : unknown}
      </Link>
    </div>
  );
};
