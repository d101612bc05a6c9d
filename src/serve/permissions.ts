/**
 * Who may do what: the one table of every route and the roles that may use it. An admin may use all
 * of them, so no line names admins. A route without a line is refused when the API starts.
 */
export const roles = ["viewer", "analyst", "lead", "engineer", "auditor", "admin"] as const;
export type Role = (typeof roles)[number];

/** open: for whoever reaches the server: this machine, and with PUBLIC_URL whom its proxy lets. */
export type Permission = "open" | readonly Role[];

const readers = ["viewer", "analyst", "lead", "engineer", "auditor"] as const;

export const permissions: Readonly<Record<string, Permission>> = {
  // What the console consists of, and what probes ask; no data of any customer.
  "GET /": "open",
  "GET /console": "open",
  "GET /console/*": "open",
  "GET /health": "open",
  "GET /health/live": "open",
  "GET /health/ready": "open",
  "GET /metrics": "open",
  "GET /openapi.json": "open",

  // Coming in and going. Who is not signed in must be able to.
  "GET /session": readers,
  "POST /session": "open",
  "DELETE /session": "open",
  "GET /sessions": readers,
  "DELETE /sessions/:id": readers,
  "GET /sign-in": "open",
  "GET /sign-in/ways": "open",
  "GET /sign-in/oidc": "open",
  "GET /sign-in/oidc/callback": "open",
  "GET /access-log": ["auditor"],

  // Customers and decisions.
  "GET /customers/:id": readers,
  "GET /customers/:id/timeline": readers,
  "GET /customers/:id/timeline/counts": readers,
  "GET /customers/:id/scores": readers,
  "GET /customers/:id/contact": readers,
  "POST /customers/:id/unmask": ["analyst", "lead", "auditor"],
  "POST /customers/:id/erase": ["lead", "auditor"],
  "GET /decisions/:id": readers,
  "GET /stories": readers,
  "POST /decisions/:id/review": ["analyst", "lead", "auditor"],
  "GET /reviews": readers,
  "POST /reviews/:id/close": ["analyst", "lead"],
  "GET /features": readers,
  "GET /features/:customer": readers,
  "POST /features": readers,
  "POST /predict": ["analyst", "lead"],

  // What happens now, over a WebSocket.
  "GET /live": readers,

  // The queue of customers at risk, and finding things.
  "GET /queue": readers,
  "POST /queue/decide": ["analyst", "lead"],
  "POST /queue/assign": ["analyst", "lead"],
  "POST /queue/reopen": ["analyst", "lead"],
  "POST /queue/undo": ["analyst", "lead"],
  "GET /queue/views": readers,
  "PUT /queue/views/:name": readers,
  "DELETE /queue/views/:name": readers,
  "GET /customers": readers,
  "GET /search": readers,

  // Events on their way in.
  "POST /events/:topic": ["engineer"],

  // Calls and messages in doubt.
  "GET /calls": readers,
  "POST /calls/:id/take": ["analyst", "lead"],
  "POST /calls/:id/done": ["analyst", "lead"],
  "POST /calls/:id/no-answer": ["analyst", "lead"],
  "GET /notifications/unknown": readers,
  "POST /notifications/:id/send-again": ["lead"],

  // Decisions to contact or not, one by one and counted.
  "GET /interventions": readers,
  "GET /interventions/statistics": readers,
  "GET /interventions/:id": readers,

  // What travels on each topic; no data of any customer.
  "GET /contracts": readers,
  "GET /contracts/:topic": readers,
  "GET /asyncapi.json": readers,

  // How everything hangs together.
  "GET /architecture": readers,
  "GET /architecture/live": readers,

  // Records that nobody could use: their bytes are shown, masked, to those who mend them.
  "GET /dead-letters": readers,
  "GET /dead-letters/:cause/records": readers,
  "GET /dead-letters/record": ["lead", "engineer", "auditor"],
  "POST /dead-letters/check": ["lead", "engineer"],
  "POST /dead-letters/dry-run": ["lead", "engineer"],
  "POST /dead-letters/redrive": ["lead", "engineer"],
  "POST /dead-letters/set-aside": ["lead", "engineer"],
  "POST /dead-letters/put-back": ["lead", "engineer"],
  "GET /redrives": readers,
  "POST /redrives/:id/stop": ["lead", "engineer"],

  // Who reads what, and from where they go on.
  "GET /groups": readers,
  "POST /groups/:group/offsets/reset": ["lead", "engineer"],

  // What needs a second person; each act says itself which roles may ask and agree.
  "GET /approvals": readers,
  "POST /approvals/:id/approve": ["lead", "engineer", "auditor"],
  "POST /approvals/:id/refuse": ["lead", "engineer", "auditor"],

  // Topics, and a record's way through them.
  "GET /topics": readers,
  "GET /topics/:name": readers,
  "GET /topics/:name/messages": readers,
  "GET /topics/:name/tail": readers,
  "POST /topics/:name/messages": ["engineer"],
  "GET /journey": readers,
};

/** Groups of routes that a key may be limited to, so that a program holds no more than it needs. */
export const scopes: Readonly<Record<string, readonly string[]>> = {
  predict: ["POST /predict"],
  events: ["POST /events/:topic"],
  features: ["GET /features", "GET /features/:customer", "POST /features"],
  customers: ["GET /customers", "GET /customers/:id", "GET /decisions/:id", "GET /queue"],
  calls: [
    "GET /calls",
    "POST /calls/:id/take",
    "POST /calls/:id/done",
    "POST /calls/:id/no-answer",
  ],
  audit: ["GET /access-log"],
};

/** Whether a route is in one of these groups. */
export const isInScope = (route: string, names: readonly string[]): boolean =>
  names.some((name) => scopes[name]?.includes(route));

/** The name of a route in the table; HEAD is as GET. */
export const routeName = (method: string, path: string): string =>
  `${method === "HEAD" ? "GET" : method} ${path}`;

/** What the table says of a route; undefined where it says nothing. */
export const permissionOf = (route: string): Permission | undefined =>
  Object.hasOwn(permissions, route) ? permissions[route] : undefined;
