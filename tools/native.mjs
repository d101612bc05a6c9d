// The Kafka client's native part. Its own install script is switched off in package.json, because
// without a prebuilt binary for this platform it would try to fetch sources; ours falls back to a
// build against the system's libraries (CKJS_LINKING=dynamic) and is skipped when the part loads.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const client = "@confluentinc/kafka-javascript";
try {
  require(client);
  process.exit(0);
} catch {
  // Not there yet, or built for another Node: install it below.
}
const folder = dirname(require.resolve(`${client}/package.json`));
const preGyp = join(
  dirname(require.resolve("@mapbox/node-pre-gyp/package.json", { paths: [folder] })),
  "bin/node-pre-gyp",
);
const result = spawnSync(process.execPath, [preGyp, "install", "--fallback-to-build"], {
  cwd: folder,
  stdio: "inherit",
  env: { CKJS_LINKING: "dynamic", ...process.env },
});
process.exit(result.status ?? 1);
