import "./architecture.css";
import { Tabs } from "radix-ui";
import { useMemo } from "react";
import type {
  ArchitectureAnswer,
  ArchitectureLiveAnswer,
} from "../../../src/serve/messages/architecture.ts";
import { Refusal } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { Filter } from "../../parts/filter.tsx";
import { Screen } from "../../parts/panel.tsx";
import { Fault, Skeleton } from "../../parts/states.tsx";
import { Explorer } from "./explorer.tsx";
import { Full } from "./full.tsx";
import { graphOf, type View } from "./graph.ts";
import { Simulator } from "./simulator.tsx";
import { type Tab, tabs, useTab, useView } from "./state.ts";
import { liveOf } from "./words.ts";

const tabNames: Record<Tab, string> = {
  diagram: "Full diagram",
  explorer: "Component explorer",
  simulator: "Request-flow simulator",
};
const viewNames: Record<View, string> = {
  own: "Bellwether",
  platform: "Platform around it",
  both: "Both",
};
const liveEveryMs = 5_000;

/** How everything hangs together: as a table, as a picture that lives, and step by step. */
const Architecture = () => {
  const [tab, setTab] = useTab();
  const [view, setView] = useView();
  const { data, fault, again } = useAnswer<ArchitectureAnswer>("/architecture");
  const live = useAnswer<ArchitectureLiveAnswer>("/architecture/live", { everyMs: liveEveryMs });
  // Where the platform's file cannot be used, our own part shows all the same.
  const shown = data && !data.platform ? "own" : view;
  const graph = useMemo(() => data && graphOf(data, shown), [data, shown]);
  const liveNow = useMemo(() => liveOf(live.data), [live.data]);
  const count = (of: View) => data && graphOf(data, of).nodes.size;
  return (
    <Tabs.Root value={tab} onValueChange={(value) => setTab(value as Tab)} asChild>
      <div>
        <Screen
          title="Architecture"
          says={
            data?.platform && view !== "own" ? data.platform.name : "as it is declared and runs"
          }
          acts={
            tab !== "simulator" && (
              <Filter
                label="Part"
                value={shown}
                onChange={(value) => setView((value || "own") as View)}
                choices={(Object.keys(viewNames) as View[]).map((value) => ({
                  value,
                  name: viewNames[value],
                  count: count(value),
                }))}
              />
            )
          }
        >
          <Tabs.List className="arch-tabs" aria-label="Ways to look at it">
            {tabs.map((value) => (
              <Tabs.Trigger key={value} value={value} className="arch-tab">
                {tabNames[value]}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          {data?.platform_fault && <Fault fault={new Refusal(422, data.platform_fault)} />}
          {fault && <Fault fault={fault} again={again} />}
          {!graph && !fault && <Skeleton rows={12} />}
          {graph && data && (
            <>
              <Tabs.Content value="diagram" className="arch-content" tabIndex={-1}>
                <Full graph={graph} live={liveNow} answer={live} />
              </Tabs.Content>
              <Tabs.Content value="explorer" className="arch-content" tabIndex={-1}>
                <Explorer graph={graph} live={liveNow} />
              </Tabs.Content>
              <Tabs.Content value="simulator" className="arch-content" tabIndex={-1}>
                <Simulator answer={data} live={liveNow} />
              </Tabs.Content>
            </>
          )}
        </Screen>
      </div>
    </Tabs.Root>
  );
};

export default Architecture;
