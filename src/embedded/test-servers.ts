import { rmSync } from "node:fs";
import { join } from "node:path";
import { after } from "node:test";
import { readConfig } from "../config.ts";
import { removeOutsideData } from "./postgres-home.ts";
import { type Addresses, anyPorts, type ServerName, serverNames, startServers } from "./servers.ts";

/**
 * Servers for a test file: those of the run (`./bellwether test` hands them on in the environment),
 * else the file's own, on free ports with fresh data, stopped and removed after the file's tests.
 * Call it once, at the top of the file. Settings from a `.env` file play no part.
 */
export const testServers = async <N extends ServerName = ServerName>(
  need: readonly N[] = serverNames as readonly N[],
): Promise<Pick<Addresses, N>> => {
  const config = readConfig({}, process.env);
  const folder = join(config.dataFolder, `test-${process.pid}`);
  const servers = await startServers({
    config,
    folder,
    need,
    ports: anyPorts,
    say: (line) => console.error(line),
  });
  after(async () => {
    await servers.stop();
    removeOutsideData(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return servers;
};
