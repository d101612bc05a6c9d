import { useLive } from "../../live/use-live.ts";
import { Simulated } from "../../parts/figures.tsx";
import { Screen } from "../../parts/panel.tsx";
import { togglePause, usePausedAt } from "../../parts/pause.ts";
import { Time } from "../../parts/time.tsx";
import { useSession } from "../../session/use-session.ts";
import { Charts } from "./charts.tsx";
import "./live.css";
import { Bands, DeadLetters, NeedsPerson } from "./standing.tsx";
import { Alerts, Decisions, Scores } from "./tickers.tsx";

/** What happens now: how much and how fast, who it is about, and what needs a person. */
const Live = () => {
  const pausedAt = usePausedAt();
  const paused = pausedAt !== null;
  const { simulated } = useSession();
  const { staleSince } = useLive("throughput");
  return (
    <Screen
      title="Live"
      says={
        <>
          last 15 minutes {simulated && <Simulated />}
          {pausedAt !== null && (
            <>
              {" "}
              · paused <Time at={pausedAt} as="clock" />
            </>
          )}
        </>
      }
      acts={
        <button type="button" className="button" onClick={togglePause} aria-pressed={paused}>
          {paused ? "Go on" : "Pause"} <kbd>space</kbd>
        </button>
      }
    >
      <div className={staleSince === null ? "live" : "live live-stale"}>
        <Charts />
        <div className="columns">
          <div className="live-column">
            <Decisions />
            <Scores />
          </div>
          <div className="live-column">
            <Bands />
            <NeedsPerson />
            <Alerts />
            <DeadLetters />
          </div>
        </div>
      </div>
    </Screen>
  );
};

export default Live;
