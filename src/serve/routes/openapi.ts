import Type from "typebox";
import { withoutNotes } from "../../rules/schema/plain.ts";
import { type Described, openApi, productVersion } from "../openapi.ts";
import type { Route } from "../route.ts";

const schema = {
  summary: "This description of the API, in OpenAPI 3.1",
  response: { 200: Type.Unsafe<unknown>({ type: "object" }) },
};

/** Every route that was declared, described from its own schemas. */
export const openApiRoute =
  (described: readonly Described[]): Route =>
  (api) => {
    const serializerCompiler = () => (document: unknown) => JSON.stringify(document, withoutNotes);
    api.get("/openapi.json", { schema, serializerCompiler }, async () =>
      openApi(described, productVersion()),
    );
  };
