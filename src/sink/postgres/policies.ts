import { policyKey } from "../../events/policy.ts";
import { policies } from "../../events/topics.ts";
import { from, table } from "./table.ts";

/** Every version of every policy, for those who must know them while Kafka is away. */
export const policiesTable = table({
  name: "policies",
  columns: {
    policy_key: "text",
    kind: "text",
    name: "text",
    version: "text",
    effective_from: "timestamptz",
    document: "jsonb",
  },
  key: ["policy_key"],
  keeps: "newest",
  from: [
    from(policies, (document) => ({
      policy_key: policyKey(document),
      kind: document.kind,
      name: document.name,
      version: document.version,
      effective_from: document.effective_from,
      document,
    })),
  ],
});
