import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { Static, TSchema } from "typebox";

declare module "fastify" {
  /** What a route says of itself in /openapi.json, beside its schemas. */
  interface FastifySchema {
    /** What it does, in a few words. */
    summary?: string;
    description?: string;
    /** Types of body, if not JSON. */
    consumes?: readonly string[];
    /** Files and pages, which are no part of the API. */
    hide?: boolean;
  }
}

/** Gives a handler the types of its schemas. */
interface Typebox extends FastifyTypeProvider {
  validator: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
  serializer: this["schema"] extends TSchema ? Static<this["schema"]> : unknown;
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  Typebox
>;

/** A path with what answers it; what it needs it was given when it was made. */
export type Route = (api: Api) => void;
