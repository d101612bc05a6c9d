import { useState } from "react";
import { useKeys } from "../../keys/use-keys.ts";
import { useLive } from "../../live/use-live.ts";
import { Simulated } from "../../parts/figures.tsx";
import { Screen } from "../../parts/panel.tsx";
import { Time } from "../../parts/time.tsx";
import { useSession } from "../../session/use-session.ts";
import { Charts } from "./charts.tsx";
import "./live.css";
import { Bands, DeadLetters, NeedsPerson } from "./standing.tsx";
import { Alerts, Decisions, Scores } from "./tickers.tsx";

/** What happens now: how much and how fast, who it is about, and what needs a person. */
const Live = () => {
  const [pausedAt, pause] = useState<number | null>(null);
  const paused = pausedAt !== null;
  const toggle = () => pause(paused ? null : Date.now());
  const { simulated } = useSession();
  const { staleSince } = useLive("throughput");
  useKeys("Live", [{ keys: "space", does: paused ? "Go on" : "Pause", run: toggle }]);
  return (
    <Screen
      title="Live"
      says={
        <>
          last 15 minutes {simulated && <Simulated />}
          {pausedAt !== null && (
            <>
              {" "}
              · paused <Time at={pausedAt} />
            </>
          )}
        </>
      }
      acts={
        <button type="button" className="button" onClick={toggle} aria-pressed={paused}>
          {paused ? "Go on" : "Pause"} <kbd>space</kbd>
        </button>
      }
    >
      <div className={staleSince === null ? "live" : "live live-stale"}>
        <Charts paused={paused} />
        <div className="columns">
          <div className="live-column">
            <Decisions paused={paused} />
            <Scores paused={paused} />
          </div>
          <div className="live-column">
            <Bands paused={paused} />
            <NeedsPerson paused={paused} />
            <Alerts paused={paused} />
            <DeadLetters paused={paused} />
          </div>
        </div>
      </div>
    </Screen>
  );
};

export default Live;
