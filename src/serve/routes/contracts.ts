import Type from "typebox";
import { type AsyncApiOptions, asyncApi } from "../asyncapi.ts";
import { type ContractsOptions, listContracts, readContract } from "../contracts.ts";
import { contractAnswer, contractsAnswer } from "../messages/contracts.ts";
import { errorAnswer, textOf } from "../messages.ts";
import { productVersion } from "../openapi.ts";
import type { Route } from "../route.ts";

const list = {
  summary: "What travels on each topic: who writes and reads it, and its fields",
  response: { 200: contractsAnswer },
};
const one = {
  summary: "One contract: schema, example, versions and how they differ",
  params: Type.Object({ topic: textOf(200) }),
  response: { 200: contractAnswer, 404: errorAnswer },
};
const document = {
  summary: "The topics, who writes and who reads them, in AsyncAPI 3.0",
  response: { 200: Type.Unsafe<unknown>({ type: "object" }) },
};

/** What the product's topics carry, for people and for programs. */
export const contractsRoutes =
  (options: ContractsOptions & Omit<AsyncApiOptions, "version">): Route =>
  (api) => {
    const serializerCompiler = () => JSON.stringify;
    api.get("/contracts", { schema: list }, async () => ({ contracts: listContracts(options) }));
    api.get("/contracts/:topic", { schema: one, serializerCompiler }, async ({ params }) =>
      readContract(options, params.topic),
    );
    api.get("/asyncapi.json", { schema: document, serializerCompiler }, async () =>
      asyncApi({ ...options, version: productVersion() }),
    );
  };
