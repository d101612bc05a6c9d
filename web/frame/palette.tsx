import { Command } from "cmdk";
import { useState } from "react";
import { useLocation } from "wouter";
import { setTheme } from "../parts/theme.ts";
import { setZone } from "../parts/zone.ts";
import { screens } from "../screens.ts";
import { useFound } from "./use-found.ts";

type Item = { id: string; says: string; hint: string; run: () => void };

const settings = (): Item[] => [
  { id: "light", says: "Light theme", hint: "look", run: () => setTheme("light") },
  { id: "dark", says: "Dark theme", hint: "look", run: () => setTheme("dark") },
  { id: "system", says: "The system's theme", hint: "look", run: () => setTheme("system") },
  { id: "utc", says: "Times in UTC", hint: "look", run: () => setZone("utc") },
  { id: "local", says: "Times in my own zone", hint: "look", run: () => setZone("local") },
];

const Items = ({ title, items, onDone }: { title: string; items: Item[]; onDone: () => void }) =>
  items.length === 0 ? null : (
    <Command.Group heading={title}>
      {items.map(({ id, says, hint, run }) => (
        <Command.Item
          key={id}
          value={`${says} ${hint} ${id}`}
          onSelect={() => {
            onDone();
            run();
          }}
        >
          <span>{says}</span>
          <span className="soft">{hint}</span>
        </Command.Item>
      ))}
    </Command.Group>
  );

/** Every word has to be in it; what comes sooner in the line stands higher. */
const fits = (value: string, search: string): number => {
  const line = value.toLowerCase();
  const places = search
    .toLowerCase()
    .split(/\s+/)
    .map((word) => line.indexOf(word));
  return places.includes(-1) ? 0 : 1 / (1 + Math.max(...places));
};

/** Search: a customer, a decision, a transaction, a topic, a screen, or a setting of the look. */
export const Palette = ({ open, onClose }: { open: boolean; onClose: () => void }) => {
  const [text, setText] = useState("");
  const [, go] = useLocation();
  const found = useFound(open ? text : "");
  const places: Item[] = screens
    .filter(({ path }) => !path.includes(":"))
    .map(({ path, name, says }) => ({ id: path, says: name, hint: says, run: () => go(path) }));
  const things: Item[] = found.map(({ id, kind, says, path }) => ({
    id: `${text} ${id}`,
    says,
    hint: kind,
    run: () => go(path),
  }));
  const done = () => {
    setText("");
    onClose();
  };
  return (
    <Command.Dialog
      open={open}
      onOpenChange={(next) => next || done()}
      label="Search"
      filter={fits}
      className="palette"
      overlayClassName="overlay"
      contentClassName="dialog"
    >
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="Find a customer, event, topic, or command"
      />
      <Command.List>
        <Command.Empty className="soft" style={{ padding: "12px 0" }}>
          Nothing is called so. An id must be typed whole; a customer's beginning is enough.
        </Command.Empty>
        <Items title="Found" items={things} onDone={done} />
        <Items title="Screens" items={places} onDone={done} />
        <Items title="Look" items={settings()} onDone={done} />
      </Command.List>
    </Command.Dialog>
  );
};
