import { Link } from "wouter";
import { useLive } from "../live/use-live.ts";
import { useStanding } from "../live/use-paused.ts";
import { count } from "../parts/figures.tsx";
import { duration } from "../parts/time.tsx";
import { useZone } from "../parts/zone.ts";

const arrows = { growing: "↗", shrinking: "↘", steady: "→" } as const;

/** Four figures that are always true; grey, with since when, while the socket is down. */
export const BarFigures = () => {
  const zone = useZone();
  const { staleSince } = useLive("throughput");
  const newest = useStanding("throughput");
  const latency = useStanding("latency");
  const lag = useStanding("lag");
  const dead = useStanding("dead_letters");
  const unknown = <b className="unknown">unknown</b>;
  const p99 = latency?.intervention_p99_ms;
  const events = newest?.events_per_s ?? 0;
  const since = new Intl.DateTimeFormat("en-GB", {
    timeStyle: "medium",
    timeZone: zone === "utc" ? "UTC" : undefined,
  });
  return (
    <div className={staleSince === null ? "bar-figures" : "bar-figures stale"}>
      {staleSince !== null && (
        <span className="stale-badge" role="status">
          not live since {since.format(staleSince)}
        </span>
      )}
      <Link href="/live">
        {newest ? <b>{count(events, events > 0 && events < 10 ? 1 : 0)}</b> : unknown} events/s
      </Link>
      <Link href="/live" className="extra" title="From a transaction to the decision about it">
        p99 {p99 == null ? unknown : <b>{duration(p99)}</b>}
      </Link>
      <Link href="/groups" className="second" title={lag && `of the slowest group, ${lag.trend}`}>
        lag {lag?.seconds == null ? unknown : <b>{duration(lag.seconds * 1_000)}</b>}
        {lag && <span aria-hidden="true"> {arrows[lag.trend]}</span>}
      </Link>
      <Link href="/dead-letters" className="extra" title="Records that wait for a person">
        dead letters {dead ? <b>{count(dead.total)}</b> : unknown}
      </Link>
    </div>
  );
};
