import type { ContractListed } from "../../../src/serve/messages/contracts.ts";

export type Found = { contract: ContractListed; paths: readonly string[] };

const has = (text: string | null, word: string): boolean =>
  text?.toLowerCase().includes(word) ?? false;

/** Contracts in which every word of the query is found, with the fields in which it is. */
export const searchContracts = (contracts: readonly ContractListed[], query: string): Found[] => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return contracts.map((contract) => ({ contract, paths: [] }));
  return contracts.flatMap((contract) => {
    const { topic, says, owner, type } = contract;
    const own = words.every((word) => [topic, says, owner, type].some((text) => has(text, word)));
    const fields = contract.fields.filter(({ path, says: told, type: kind, personal }) =>
      words.every(
        (word) =>
          has(path, word) || has(told, word) || kind === word || (personal && word === "personal"),
      ),
    );
    // Several kinds of value may have a field of one name.
    const paths = [...new Set(fields.map(({ path }) => path))];
    return own || paths.length > 0 ? [{ contract, paths }] : [];
  });
};
