import { failure } from "../errors.ts";
import { AdminPort } from "../stream/admin.ts";
import { inSpace } from "../stream/space.ts";

/** The ids that Kafka gives topics at their creation: a topic made anew has another. */
export type TopicIds = {
  /** Throws TOPIC_MISSING. */
  of: (topic: string) => Promise<string>;
  close: () => void;
};

/** The signal closes it. */
export const openTopicIds = (bootstrap: string, space: string, until?: AbortSignal): TopicIds => {
  const admin = AdminPort.open(bootstrap, until);
  return {
    of: async (topic) => {
      const name = inSpace(space, topic);
      const [found] = await admin.describe([name]);
      if (found === undefined || found.id === "") throw failure("TOPIC_MISSING", name);
      return found.id;
    },
    close: () => admin.close(),
  };
};
