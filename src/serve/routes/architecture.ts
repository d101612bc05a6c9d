import { type ArchitectureWatch, declaredArchitecture } from "../architecture.ts";
import { architectureAnswer, architectureLiveAnswer } from "../messages/architecture.ts";
import type { OwnPart } from "../own-part.ts";
import type { Route } from "../route.ts";

export type ArchitectureOptions = { own: OwnPart; platformFile: string; watch: ArchitectureWatch };

/** How everything hangs together, as it is declared and as it is seen to run. */
export const architectureRoutes =
  ({ own, platformFile, watch }: ArchitectureOptions): Route =>
  (api) => {
    const summary = "Every component of the product and of the platform around it";
    const declared = { summary, response: { 200: architectureAnswer } };
    api.get("/architecture", { schema: declared }, () => declaredArchitecture(own, platformFile));
    const liveSummary = "What really flows: rates, lag, and what differs from what is declared";
    const live = { summary: liveSummary, response: { 200: architectureLiveAnswer } };
    api.get("/architecture/live", { schema: live }, () => watch.read());
    api.addHook("onListen", async () => watch.start());
    api.addHook("onClose", () => watch.close());
  };
