import { type ComponentType, type LazyExoticComponent, lazy } from "react";

export type Group = "See" | "Act" | "Prove" | "Run";

/** A screen of the console: where it is, how it is reached, and what draws it. */
export type ScreenEntry = {
  /** Under /console; `:name` is a part that varies. */
  path: string;
  name: string;
  /** Where it stands at the left; without it, it is reached from another screen. */
  group?: Group;
  /** Goes there after `g`. */
  key?: string;
  /** What it is for, in the palette and for who has not been there. */
  says: string;
  /** Its entry in the panel `attention`: how many there wait for a person. */
  waiting?: "queue" | "calls" | "dead_letters" | "approvals";
  /** Nobody is led there but where the people are simulated. */
  simulated?: true;
  /** The route that it shows: whose role may not use it is not led there, and refused by URL. */
  needs?: string;
  page: LazyExoticComponent<ComponentType>;
};

/** Every screen, in the order of the list at the left. */
export const screens: readonly ScreenEntry[] = [
  {
    path: "/live",
    name: "Live",
    group: "See",
    key: "l",
    says: "What happens now: events, latency, lag, decisions, alerts, what needs a person",
    page: lazy(() => import("./pages/live/live.tsx")),
  },
  {
    path: "/queue",
    name: "Queue",
    group: "See",
    key: "q",
    says: "Customers at risk that wait for a person, by what is likely lost",
    waiting: "queue",
    page: lazy(() => import("./pages/queue/queue.tsx")),
  },
  {
    path: "/customers",
    name: "Customers",
    group: "See",
    key: "c",
    says: "All customers: find one, or those in a band, a country, a circumstance",
    page: lazy(() => import("./pages/customers/customers.tsx")),
  },
  {
    path: "/customers/:id",
    name: "Customer",
    says: "One customer: why now, what was done, and everything that led there",
    page: lazy(() => import("./pages/customer/customer.tsx")),
  },
  {
    path: "/stories",
    name: "Stories",
    group: "See",
    key: "s",
    says: "What the simulated people live through, and whether it was noticed",
    simulated: true,
    page: lazy(() => import("./pages/stories/stories.tsx")),
  },
  {
    path: "/interventions",
    name: "Interventions",
    group: "Act",
    key: "i",
    says: "Every decision to contact a customer or not: what stopped it, what became of it",
    page: lazy(() => import("./pages/interventions/interventions.tsx")),
  },
  {
    path: "/calls",
    name: "Call list",
    group: "Act",
    key: "k",
    says: "Calls for people to make, and messages of which nobody knows whether they were sent",
    waiting: "calls",
    page: lazy(() => import("./pages/calls/calls.tsx")),
  },
  {
    path: "/approvals",
    name: "Approvals",
    group: "Act",
    key: "v",
    says: "What one person asked for and a second must agree to, and doubts to be answered",
    waiting: "approvals",
    page: lazy(() => import("./pages/approvals/approvals.tsx")),
  },
  {
    path: "/access",
    name: "Access",
    group: "Prove",
    says: "Who came in, who was refused, and who looked at personal data, and why",
    needs: "GET /access-log",
    page: lazy(() => import("./pages/access/access.tsx")),
  },
  {
    path: "/topics",
    name: "Topics",
    group: "Run",
    key: "t",
    says: "What travels, how fast, who is behind; messages from any place",
    page: lazy(() => import("./pages/topics/topics.tsx")),
  },
  {
    path: "/topics/:name",
    name: "Topic",
    says: "One topic: its messages by time, offset, key or filter, and live",
    page: lazy(() => import("./pages/topics/topic.tsx")),
  },
  {
    path: "/groups",
    name: "Groups",
    group: "Run",
    key: "r",
    says: "Who reads what, how far behind they are, and from where they go on",
    page: lazy(() => import("./pages/groups/groups.tsx")),
  },
  {
    path: "/journey",
    name: "Journey",
    group: "Run",
    key: "j",
    says: "The way of one record: what caused it, what it caused, and how long each took",
    page: lazy(() => import("./pages/journey/journey.tsx")),
  },
  {
    path: "/dead-letters",
    name: "Dead letters",
    group: "Run",
    key: "d",
    says: "Records that could not be used: why, and how they go back",
    waiting: "dead_letters",
    page: lazy(() => import("./pages/dead-letters/dead-letters.tsx")),
  },
  {
    path: "/architecture",
    name: "Architecture",
    group: "Run",
    key: "a",
    says: "How everything hangs together, as declared and as it runs",
    page: lazy(() => import("./pages/architecture/architecture.tsx")),
  },
  {
    path: "/contracts",
    name: "Contracts",
    group: "Run",
    key: "o",
    says: "What the records of each topic say, field by field; versions; who writes and reads them",
    page: lazy(() => import("./pages/contracts/contracts.tsx")),
  },
  {
    path: "/contracts/:topic",
    name: "Contract",
    says: "What the records of one topic say",
    page: lazy(() => import("./pages/contracts/contracts.tsx")),
  },
  {
    path: "/sessions",
    name: "Sessions",
    says: "Who is signed in, and the way to end that",
    page: lazy(() => import("./pages/sessions/sessions.tsx")),
  },
];

export const groups: readonly Group[] = ["See", "Act", "Prove", "Run"];
