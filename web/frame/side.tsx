import { Link, useLocation } from "wouter";
import { groups } from "../screens.ts";
import { useScreens } from "./use-screens.ts";
import { useWaiting } from "./use-waiting.ts";

/** The list of screens, with how many wait there for a person. */
export const Side = ({ open }: { open: boolean }) => {
  const [path] = useLocation();
  const waiting = useWaiting();
  const screens = useScreens();
  return (
    <nav className={open ? "side open" : "side"} aria-label="Screens">
      {groups.map((group) => {
        const listed = screens.filter((screen) => screen.group === group);
        if (listed.length === 0) return null;
        return (
          <ul key={group}>
            <li>
              <h2>{group}</h2>
            </li>
            {listed.map((screen) => {
              const count = screen.waiting && waiting?.[screen.waiting];
              const here = path === screen.path || path.startsWith(`${screen.path}/`);
              return (
                <li key={screen.path}>
                  <Link
                    href={screen.path}
                    className="side-link"
                    aria-current={here ? "page" : undefined}
                  >
                    <span>{screen.name}</span>
                    {count ? <span>{count.toLocaleString("en-GB")}</span> : null}
                  </Link>
                </li>
              );
            })}
          </ul>
        );
      })}
    </nav>
  );
};
