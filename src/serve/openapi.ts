import { readFileSync } from "node:fs";
import { STATUS_CODES } from "node:http";
import type { FastifySchema, RouteOptions } from "fastify";
import { sessionCookieOf } from "./access.ts";
import { errorAnswer } from "./messages.ts";
import { type Permission, permissionOf, routeName } from "./permissions.ts";
import type { Api } from "./route.ts";

/** A route as it was declared. */
export type Described = {
  readonly method: string;
  readonly url: string;
  readonly schema: FastifySchema;
  readonly permission: Permission | undefined;
};

/** Notes every route that is added after this; the list fills as they come. */
export const noteRoutes = (api: Api): readonly Described[] => {
  const routes: Described[] = [];
  api.addHook("onRoute", ({ method, url, schema = {} }: RouteOptions) => {
    if (schema.hide) return;
    for (const one of [method].flat()) {
      const permission = permissionOf(routeName(one, url));
      if (one !== "HEAD") routes.push({ method: one, url, schema, permission });
    }
  });
  return routes;
};

/** The version of the product, as package.json has it. */
export const productVersion = (): string =>
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;

type Json = Record<string, unknown>;
type Properties = { properties?: Record<string, Json>; required?: readonly string[] };

const jsonOf = (schema: unknown, type = "application/json") => ({
  content: { [type]: { schema } },
});

const parametersOf = (schema: FastifySchema): Json[] =>
  (["params", "querystring", "headers"] as const).flatMap((place) => {
    const { properties = {}, required = [] } = (schema[place] ?? {}) as Properties;
    const where = { params: "path", querystring: "query", headers: "header" }[place];
    return Object.entries(properties).map(([name, { description, ...rest }]) => ({
      name,
      in: where,
      required: where === "path" || required.includes(name),
      description,
      schema: rest,
    }));
  });

const answersOf = (schema: FastifySchema, permission: Permission): Json => {
  const refusals = permission === "open" ? {} : { 401: errorAnswer, 403: errorAnswer };
  const answers = { ...refusals, ...(schema.response ?? {}) } as Record<string, Json>;
  return Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [
      status,
      {
        description: answer.description ?? meanings[status] ?? STATUS_CODES[status],
        ...jsonOf(answer),
      },
    ]),
  );
};

const meanings: Record<string, string> = {
  200: "Done",
  201: "Made",
  207: "Some of it done: see each result",
  400: "The request cannot be used",
  401: "Nobody says who asks, or not in a way that is known here",
  403: "Not with this role or key",
  404: "Not known here",
  409: "Not possible as things stand",
  413: "Too large",
  426: "Only by the protocol that the answer names",
  422: "None of it can be used: see each result",
  429: "Too much at once",
  503: "Something that it needs is away",
};

const operationOf = ({ schema, permission = "open" }: Described): Json => {
  const types = schema.consumes ?? ["application/json"];
  const bodies = types.map((type) => [type, { schema: schema.body }]);
  return {
    summary: schema.summary,
    description: schema.description,
    parameters: parametersOf(schema),
    ...(schema.body
      ? { requestBody: { required: true, content: Object.fromEntries(bodies) } }
      : {}),
    responses: answersOf(schema, permission),
    ...(permission === "open"
      ? {}
      : { security: [{ key: [] }, { session: [] }, {}], "x-roles": permission }),
  };
};

/** The description of the API in OpenAPI 3.1, whose schemas are JSON Schema as ours are. */
export const openApi = (routes: readonly Described[], version: string): Json => {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  const key = { type: "http", scheme: "bearer", description: "A key of ./bellwether keys create" };
  const session = { type: "apiKey", in: "cookie", name: sessionCookieOf() };
  return {
    openapi: "3.1.0",
    info: {
      title: "Bellwether",
      version,
      description: "Notices that a customer is heading for trouble, says why, and acts once.",
    },
    paths,
    components: { securitySchemes: { key, session } },
  };
};
