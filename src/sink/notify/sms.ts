import { addressIn, type Channel } from "./channel.ts";
import { post } from "./post.ts";

export type SmsSettings = {
  readonly url: string;
  readonly token: string | undefined;
  readonly idempotent: boolean;
  readonly timeoutMs: number;
};

/** Text messages by HTTP: POST {to, text, reference} with a bearer token and an idempotency key. */
export const smsChannel = ({ url, token, idempotent, timeoutMs }: SmsSettings): Channel => {
  const address = new URL(url);
  return {
    name: "sms",
    provider: `sms ${address.host}`,
    idempotent,
    simulated: false,
    addressOf: (to) => addressIn(to, "phone"),
    send: ({ id, to, text }, signal) =>
      post({
        url: address,
        headers: {
          "content-type": "application/json",
          "idempotency-key": id,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ to, text, reference: id }),
        timeoutMs,
        signal,
      }),
  };
};
