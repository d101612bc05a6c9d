import assert from "node:assert/strict";
import { test } from "node:test";
import { type Acl, aclsOf } from "./acls.ts";
import { type RoleName, roleNames } from "./app.ts";
import { type Config, readConfig } from "./config.ts";
import { allTopics } from "./events/topics.ts";
import { topologyIn } from "./map.ts";
import { groupsOf } from "./space-setup.ts";
import { inSpace } from "./stream/space.ts";

const inside = (space: string): Config => readConfig({ space }, {});
const live = aclsOf(inside("live"));
const may = (acls: readonly Acl[], role: string, operation: string, name: string): boolean =>
  acls.some(
    (acl) =>
      acl.role === role &&
      acl.name === name &&
      (acl.operations as readonly string[]).includes(operation),
  );

test("given each contract, then whoever the map says writes or reads it may, by its role", () => {
  for (const space of ["live", "trial"]) {
    const config = inside(space);
    const { nodes, edges } = topologyIn(config);
    const acls = aclsOf(config);
    const roleOf = new Map(nodes.map(({ id, role }) => [id, role]));
    let seen = 0;
    for (const { name } of allTopics) {
      const full = inSpace(space, name);
      for (const { from, to } of edges.filter((e) => [e.from, e.to].includes(`topic:${name}`))) {
        const reads = from === `topic:${name}`;
        const role = roleOf.get(reads ? to : from) as string;
        assert.ok(may(acls, role, reads ? "Read" : "Write", full), `${role} ${full}`);
        seen++;
      }
    }
    assert.ok(seen > allTopics.length, `${seen} readings and writings`);
  }
});

test("given each group, then one role alone owns it beside the API, and its name is whole", () => {
  for (const space of ["live", "trial"]) {
    const groups = aclsOf(inside(space)).filter(({ resource }) => resource === "group");
    for (const { group } of groupsOf(inside(space))) {
      const readers = groups.filter((acl) => acl.name === group && acl.operations[0] === "Read");
      assert.equal(readers.filter(({ role }) => role !== "api").length, 1, group);
    }
  }
});

test("given a processor, then its changelog and its transactional ids are its own alone", () => {
  const writers = (name: string) =>
    live.filter((acl) => acl.name === name && acl.operations.includes("Write"));
  const { topics } = topologyIn(inside("live"));
  const changelogs = topics.filter(({ name }) => name.endsWith("-changelog"));
  assert.ok(changelogs.length >= 2, `${changelogs.length} changelogs`);
  for (const { name } of changelogs) {
    const [own, ...others] = writers(name);
    assert.deepEqual([own.operations, others], [["Read", "Write"], []], name);
    assert.ok(["feature-processor", "intervention-worker"].includes(own.role), own.role);
  }
  assert.deepEqual(
    live.find(({ resource, role }) => resource === "transactional-id" && role.startsWith("feat")),
    {
      role: "feature-processor",
      resource: "transactional-id",
      name: "feature-processor-group-",
      pattern: "prefixed",
      operations: ["Write"],
    },
  );
});

test("given a role that only reads, then it may write nowhere; and every role has rights", () => {
  assert.ok(live.every((acl) => acl.role !== "sink" || !acl.operations.includes("Write")));
  const named = new Set(live.map(({ role }) => role as RoleName));
  assert.deepEqual(
    roleNames.filter((name) => !named.has(name)),
    [],
  );
  const [clock] = live.filter(({ role }) => role === "clock");
  assert.deepEqual([clock.name, clock.operations], ["ticks", ["Read", "Write"]]);
});
