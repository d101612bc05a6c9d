import { useQueryClient } from "@tanstack/react-query";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import type {
  QueueFacet,
  QueueFilters,
  QueueView,
  ViewsAnswer,
} from "../../../src/serve/messages/queue.ts";
import { ask } from "../../api/ask.ts";
import { useAnswer } from "../../api/use-answer.ts";
import { Confirm } from "../../parts/dialog.tsx";
import { tell } from "../../parts/toast.tsx";
import { facetNames } from "./words.ts";

const path = "/queue/views";
const pathOf = (name: string): string => `${path}/${encodeURIComponent(name)}`;

const facets = Object.keys(facetNames) as QueueFacet[];

const wordsOf = (filters: QueueFilters): string => {
  const chosen = facets.flatMap((facet) => {
    const value = filters[facet];
    return value === undefined ? [] : [facetNames[facet].value(value)];
  });
  return chosen.length === 0 ? "High and Critical that wait" : chosen.join(" · ");
};

const areSame = (a: QueueFilters, b: QueueFilters): boolean =>
  facets.every((facet) => a[facet] === b[facet]);

type ViewsProps = { filters: QueueFilters; onChoose: (filters: QueueFilters) => void };

/** Filters under a name: one's own, and those that others share. */
export const Views = ({ filters, onChoose }: ViewsProps) => {
  const client = useQueryClient();
  const { data } = useAnswer<ViewsAnswer>(path);
  const [saving, setSaving] = useState(false);
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const put = (answer: ViewsAnswer) => client.setQueryData([path], answer);
  const save = async () => {
    const body = { filters, shared };
    put(await ask<ViewsAnswer>(pathOf(name.trim()), { method: "PUT", body }));
    tell(`Saved as ${name.trim()}.`);
  };
  const drop = async (view: QueueView) => {
    put(await ask<ViewsAnswer>(pathOf(view.name), { method: "DELETE" }));
    tell(`Removed ${view.name}.`);
  };
  const views = data?.views ?? [];
  const chosen = views.find((view) => areSame(view.filters, filters));
  return (
    <>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger className="button">
          {chosen ? `View: ${chosen.name}` : "Views"} ▾
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu queue-menu" align="end" sideOffset={4}>
            <DropdownMenu.Item className="menu-item" onSelect={() => onChoose({})}>
              <span>What waits</span>
              <span className="soft">High and Critical</span>
            </DropdownMenu.Item>
            {views.map((view) => (
              <DropdownMenu.Item
                key={`${view.owner}\n${view.name}`}
                className="menu-item"
                onSelect={() => onChoose(view.filters)}
              >
                <span>{view.name}</span>
                <span className="soft">
                  {view.mine ? wordsOf(view.filters) : `by ${view.owner}`}
                </span>
              </DropdownMenu.Item>
            ))}
            <DropdownMenu.Separator className="queue-line" />
            <DropdownMenu.Item className="menu-item" onSelect={() => setSaving(true)}>
              Save what is shown as a view …
            </DropdownMenu.Item>
            {chosen?.mine && (
              <DropdownMenu.Item className="menu-item" onSelect={() => void drop(chosen)}>
                Remove the view {chosen.name}
              </DropdownMenu.Item>
            )}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <Confirm
        title="Save as a view"
        says={wordsOf(filters)}
        act="Save"
        ready={name.trim() !== ""}
        open={saving}
        onClose={() => setSaving(false)}
        run={save}
      >
        <label className="field">
          <span>Name; one that you have already is replaced</span>
          <input value={name} maxLength={60} onChange={(event) => setName(event.target.value)} />
        </label>
        <label className="queue-check">
          <input
            type="checkbox"
            checked={shared}
            onChange={(event) => setShared(event.target.checked)}
          />
          <span>Others see it too</span>
        </label>
      </Confirm>
    </>
  );
};
