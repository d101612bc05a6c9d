import { Suspense, useEffect, useState } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { Skeleton } from "../parts/states.tsx";
import { screens } from "../screens.ts";
import { Bar } from "./bar.tsx";
import { Failing } from "./failing.tsx";
import { KeyList } from "./key-list.tsx";
import { Palette } from "./palette.tsx";
import { Side } from "./side.tsx";
import { useFrameKeys } from "./use-frame-keys.ts";

/** The whole console: bar, list of screens, and the screen that the URL names. */
export const Console = () => {
  const [open, setOpen] = useState<"palette" | "keys" | "side" | null>(null);
  const [path] = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another screen closes what lay over it
  useEffect(() => setOpen(null), [path]);
  useFrameKeys(setOpen);
  const close = () => setOpen(null);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        To the content
      </a>
      <Bar onSearch={() => setOpen("palette")} onMenu={() => setOpen(open ? null : "side")} />
      <Side open={open === "side"} />
      <main className="main" id="main" tabIndex={-1}>
        <Failing key={path}>
          <Suspense fallback={<Skeleton rows={6} />}>
            <Switch>
              {screens.map(({ path: at, page }) => (
                <Route key={at} path={at} component={page} />
              ))}
              <Route path="/">
                <Redirect to={screens[0]?.path ?? "/"} replace />
              </Route>
              <Route>
                <NoScreen />
              </Route>
            </Switch>
          </Suspense>
        </Failing>
      </main>
      <Palette open={open === "palette"} onClose={close} />
      <KeyList open={open === "keys"} onClose={close} />
    </div>
  );
};

const NoScreen = () => (
  <div className="screen">
    <h1>There is no such screen</h1>
    <p className="soft">
      Press <kbd>/</kbd> to search, or choose one at the left.
    </p>
  </div>
);
