import { Command } from "cmdk";
import { Dialog } from "radix-ui";
import { useRef, useState } from "react";
import { useLocation } from "wouter";
import { boundKeys, press } from "../keys/use-keys.ts";
import { setTheme } from "../parts/theme.ts";
import { setZone } from "../parts/zone.ts";
import { useFound } from "./use-found.ts";
import { useScreens } from "./use-screens.ts";
import { signOut } from "./whoami.tsx";

type Item = { id: string; says: string; hint: string; run: () => void };

const settings = (): Item[] => [
  { id: "light", says: "Light theme", hint: "look", run: () => setTheme("light") },
  { id: "dark", says: "Dark theme", hint: "look", run: () => setTheme("dark") },
  { id: "system", says: "The system's theme", hint: "look", run: () => setTheme("system") },
  { id: "utc", says: "Times in UTC", hint: "look", run: () => setZone("utc") },
  { id: "local", says: "Times in my own zone", hint: "look", run: () => setZone("local") },
  { id: "out", says: "Sign out", hint: "session", run: () => void signOut() },
];

/** What the keys do here, for who does not know them. Screens and the search are found by name. */
const commands = (): { where: string; items: Item[] }[] =>
  boundKeys().map(({ where, keys }) => ({
    where,
    items: keys
      .filter(({ keys }) => keys !== "/" && !keys.startsWith("g "))
      .map(({ keys, does }) => ({
        id: `${where} ${keys}`,
        says: does,
        hint: keys,
        run: () => press(keys),
      })),
  }));

type ItemsProps = { title: string; items: Item[]; onChoose: (run: () => void) => void };

const Items = ({ title, items, onChoose }: ItemsProps) =>
  items.length === 0 ? null : (
    <Command.Group heading={title}>
      {items.map(({ id, says, hint, run }) => (
        <Command.Item key={id} value={`${says} ${hint} ${id}`} onSelect={() => onChoose(run)}>
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

/** Search: a customer, a decision, a transaction, a topic, a screen, or a command. */
export const Palette = ({ open, onClose }: { open: boolean; onClose: () => void }) => {
  const [text, setText] = useState("");
  const [, go] = useLocation();
  const found = useFound(open ? text : "");
  const chosen = useRef<(() => void) | undefined>(undefined);
  const places: Item[] = useScreens()
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
  const choose = (run: () => void) => {
    chosen.current = run;
    done();
  };
  /** After the focus has gone back, so that a command may put it elsewhere. */
  const runChosen = () => {
    const run = chosen.current;
    chosen.current = undefined;
    if (run) queueMicrotask(run);
  };
  return (
    <Dialog.Root open={open} onOpenChange={(next) => next || done()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="dialog"
          aria-describedby={undefined}
          onCloseAutoFocus={runChosen}
        >
          <Dialog.Title className="for-readers">Search</Dialog.Title>
          <Command label="Search" filter={fits} className="palette">
            <Command.Input
              value={text}
              onValueChange={setText}
              placeholder="Find a customer, event, topic, or command"
            />
            <Command.List>
              <Command.Empty className="soft" style={{ padding: "12px 0" }}>
                Nothing is called so. An id must be typed whole; a customer's beginning is enough.
              </Command.Empty>
              <Items title="Found" items={things} onChoose={choose} />
              <Items title="Screens" items={places} onChoose={choose} />
              {open &&
                commands().map(({ where, items }) => (
                  <Items key={where} title={where} items={items} onChoose={choose} />
                ))}
              <Items title="The console" items={settings()} onChoose={choose} />
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
};
