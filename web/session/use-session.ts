import type { SessionAnswer } from "../../src/serve/messages/session.ts";
import { useAnswer } from "../api/use-answer.ts";

/** Who is looking, in which role and space. */
export const useSession = (): Partial<SessionAnswer> =>
  useAnswer<SessionAnswer>("/session").data ?? {};

/** Whether whoever is looking may use a route, such as `POST /customers/:id/unmask`. */
export const useMay = (route: string): boolean => useSession().may?.includes(route) ?? false;
