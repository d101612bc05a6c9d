import { DropdownMenu } from "radix-ui";
import type { QueueAnswer, QueueFacet, QueueFilters } from "../../../src/serve/messages/queue.ts";
import { count } from "../../parts/figures.tsx";
import { type Choice, Filter } from "../../parts/filter.tsx";
import { facetNames } from "./words.ts";

type Counts = NonNullable<QueueAnswer["summary"]>["counts"];
type FiltersProps = {
  filters: QueueFilters;
  counts: Counts | undefined;
  onChange: (next: Partial<Record<QueueFacet, string | undefined>>) => void;
};

const countOf = (counts: Counts | undefined, facet: QueueFacet, value: string): number | null =>
  counts === undefined ? null : (counts[facet].find((one) => one.value === value)?.count ?? 0);

/** Values that have a chip of their own: there are as many before anything is known. */
const own = {
  band: ["CRITICAL", "HIGH", "MEDIUM"],
  decided: ["waiting", "decided"],
  assignee: ["mine", "nobody"],
} satisfies Partial<Record<QueueFacet, string[]>>;

const chipsOf = (facet: keyof typeof own, counts: Counts | undefined, chosen: string): Choice[] => {
  // One's own name and nobody's stand for themselves; that of another is in the menu.
  const isMore = chosen !== "" && facet !== "assignee";
  const values = [...new Set([...own[facet], ...(isMore ? [chosen] : [])])];
  return values.map((value) => ({
    value,
    name: facetNames[facet].value(value),
    count: countOf(counts, facet, value),
  }));
};

const menus: readonly QueueFacet[] = [
  "assignee",
  "product",
  "reason",
  "contact",
  "country",
  "simulated",
];

type MenuProps = Omit<FiltersProps, "filters"> & { facet: QueueFacet; chosen: string };

/** A filter of many values: a chip that opens them, each with how many there are. */
const MenuChip = ({ facet, chosen: value, counts, onChange }: MenuProps) => {
  const { name, value: nameOf } = facetNames[facet];
  const hasChip = (one: string) => facet === "assignee" && own.assignee.includes(one);
  const found = (counts?.[facet] ?? []).filter((one) => !hasChip(one.value));
  const chosen = hasChip(value) ? "" : value;
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="chip" data-chosen={chosen !== ""}>
        {name}
        {chosen !== "" && `: ${nameOf(chosen)}`} ▾
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu queue-menu" align="start" sideOffset={4}>
          {chosen !== "" && (
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() => onChange({ [facet]: undefined })}
            >
              All
            </DropdownMenu.Item>
          )}
          {found.map((one) => (
            <DropdownMenu.Item
              key={one.value}
              className="menu-item"
              onSelect={() => onChange({ [facet]: one.value })}
            >
              <span>{nameOf(one.value)}</span>
              <span className="soft">{count(one.count)}</span>
            </DropdownMenu.Item>
          ))}
          {found.length === 0 && (
            <DropdownMenu.Label className="menu-item">Nothing to choose from</DropdownMenu.Label>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
};

/** What of the queue is looked at: each value with how many it would show. */
export const Filters = ({ filters, counts, onChange }: FiltersProps) => {
  const chosen = (facet: QueueFacet): string => filters[facet] ?? "";
  const chips = (facet: keyof typeof own) => (
    <Filter
      label={facetNames[facet].name}
      value={chosen(facet)}
      choices={chipsOf(facet, counts, chosen(facet))}
      onChange={(next) => onChange({ [facet]: next })}
    />
  );
  return (
    <div className="queue-filters">
      {chips("band")}
      <Filter
        label={facetNames.decided.name}
        value={filters.decided ?? "waiting"}
        choices={chipsOf("decided", counts, chosen("decided"))}
        onChange={(next) => onChange({ decided: next === "waiting" ? undefined : next || "all" })}
      />
      {chips("assignee")}
      <div className="chips">
        {menus.map((facet) => (
          <MenuChip
            key={facet}
            facet={facet}
            chosen={chosen(facet)}
            counts={counts}
            onChange={onChange}
          />
        ))}
      </div>
    </div>
  );
};
