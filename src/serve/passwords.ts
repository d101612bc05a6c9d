import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { failure } from "../errors.ts";

/**
 * Passwords, kept as scrypt hashes with their parameters: `scrypt$N$r$p$salt$hash`. The parameters
 * are those that OWASP's Password Storage Cheat Sheet gives for 32 MB; raising them here makes new
 * hashes stronger, and old ones stay readable.
 */
const cost = { N: 2 ** 15, r: 8, p: 3 } as const;
const saltBytes = 16;
const hashBytes = 32;
const hashMaxBytes = 64_000_000;

/** One check takes 32 MB and a tenth of a second of a thread: few at once, and few that wait. */
const atOnceMost = 2;
const waitingMost = 20;
let running = 0;
const waiting: (() => void)[] = [];

const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
  if (running >= atOnceMost) {
    if (waiting.length >= waitingMost) throw failure("SIGN_IN_BUSY");
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
};

const derive = (password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> =>
  inTurn(
    () =>
      new Promise((resolve, reject) =>
        scrypt(
          password.normalize("NFKC"),
          salt,
          hashBytes,
          { ...options, maxmem: hashMaxBytes },
          (thrown, key) => (thrown ? reject(thrown) : resolve(key)),
        ),
      ),
  );

export const passwordLeast = 12;
export const passwordMost = 200;

/** Throws ARGUMENT_WRONG for a password that could be guessed by trying. */
export const checkPassword = (password: string): void => {
  if (password.length >= passwordLeast && password.length <= passwordMost) return;
  throw failure(
    "ARGUMENT_WRONG",
    `A password has ${passwordLeast} to ${passwordMost} characters`,
    "Give a longer one, or none: then one is made and shown once.",
  );
};

/** A password that nobody has to think of: 120 random bits. */
export const newPassword = (): string => randomBytes(15).toString("base64url");

export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(saltBytes);
  const key = await derive(password, salt, cost);
  const { N, r, p } = cost;
  return ["scrypt", N, r, p, salt.toString("base64url"), key.toString("base64url")].join("$");
};

/** Of nobody: checked where there is no such person, so that both take equally long. */
const nobodys = `scrypt$${cost.N}$${cost.r}$${cost.p}$${"A".repeat(22)}$${"A".repeat(43)}`;

/** Whether this is the password; without a hash it is not, and that takes as long to say. */
export const isPassword = async (password: string, kept: string | undefined): Promise<boolean> => {
  const [, N, r, p, salt, key] = (kept ?? nobodys).split("$");
  const options = { N: Number(N), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, "base64url"), options);
  const same = timingSafeEqual(derived, Buffer.from(key, "base64url"));
  return same && kept !== undefined;
};
