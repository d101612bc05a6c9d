import type { FastifyReply } from "fastify";

/** A cookie that no script can read. */
type Cookie = {
  readonly name: string;
  readonly value: string;
  /** 0 takes it away. */
  readonly maxAgeS: number;
  readonly path: string;
  /** Lax is sent also when another site leads here. */
  readonly sameSite: "Strict" | "Lax";
  /** Only where the browser came by https: on this machine there is none. */
  readonly secure: boolean;
};

export const setCookie = (reply: FastifyReply, cookie: Cookie): FastifyReply => {
  const { name, value, maxAgeS, path, sameSite, secure } = cookie;
  const parts = [
    `${name}=${value}`,
    `Path=${path}`,
    `Max-Age=${maxAgeS}`,
    "HttpOnly",
    `SameSite=${sameSite}`,
    ...(secure ? ["Secure"] : []),
  ];
  return reply.header("set-cookie", parts.join("; "));
};
