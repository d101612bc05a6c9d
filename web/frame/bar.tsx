import { Bell, Menu } from "lucide-react";
import { Link } from "wouter";
import { setZone, useZone } from "../parts/zone.ts";
import { BarFigures } from "./bar-figures.tsx";
import { Hold } from "./hold.tsx";
import { SpaceSwitch } from "./space-switch.tsx";
import { Whoami } from "./whoami.tsx";

type BarProps = { onSearch: () => void; onMenu: () => void };

/** Name, space, search, four figures that are always true, time zone, and who is looking. */
export const Bar = ({ onSearch, onMenu }: BarProps) => {
  const zone = useZone();
  return (
    <header className="bar">
      <button type="button" className="button plain menu-button" onClick={onMenu}>
        <Menu size={16} aria-hidden="true" />
        <span className="for-readers">Screens</span>
      </button>
      <Link href="/" className="brand" aria-label="Bellwether">
        <Bell size={16} fill="currentColor" aria-hidden="true" />
        <span>Bellwether</span>
      </Link>
      <SpaceSwitch />
      <button type="button" className="search" onClick={onSearch}>
        Find a customer, event, topic, or command
        <kbd>/</kbd>
      </button>
      <BarFigures />
      <Hold />
      <button
        type="button"
        className="button plain wide"
        title="Times are shown in this zone; click for the other"
        onClick={() => setZone(zone === "utc" ? "local" : "utc")}
      >
        {zone === "utc" ? "UTC" : "Local"}
      </button>
      <Whoami />
    </header>
  );
};
