import type { SessionAnswer } from "../../src/serve/messages/session.ts";
import { useAnswer } from "../api/use-answer.ts";

/** Who is looking, in which role and space. */
export const useSession = (): Partial<SessionAnswer> =>
  useAnswer<SessionAnswer>("/session").data ?? {};
