import { createHmac } from "node:crypto";
import type { Channel, Outgoing } from "./channel.ts";
import { post } from "./post.ts";

export type WebhookSettings = {
  readonly url: string;
  readonly secret: string;
  readonly idempotent: boolean;
  readonly timeoutMs: number;
};

/**
 * The header `bellwether-signature`: `t=<seconds since 1970>,v1=<hex>`, where v1 is HMAC-SHA-256 of
 * `<t>.<body>` under the shared secret. A receiver refuses old times, so a copy is worth nothing.
 */
export const signatureOf = (secret: string, body: string, seconds: number): string =>
  `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;

const bodyOf = (message: Outgoing): string =>
  JSON.stringify({
    notification_id: message.id,
    audience: message.audience,
    customer_id: message.customerId,
    intervention_id: message.interventionId,
    priority: message.priority,
    language: message.language,
    subject: message.subject,
    text: message.text,
  });

/** Hands messages to another system, such as the one behind the bank's app, by a signed POST. */
export const webhookChannel = (settings: WebhookSettings): Channel => {
  const url = new URL(settings.url);
  return {
    name: "push",
    provider: `webhook ${url.host}`,
    idempotent: settings.idempotent,
    simulated: false,
    addressOf: () => null,
    send: (message, signal) => {
      const body = bodyOf(message);
      const seconds = Math.floor(Date.now() / 1_000);
      return post({
        url,
        headers: {
          "content-type": "application/json",
          "idempotency-key": message.id,
          "bellwether-signature": signatureOf(settings.secret, body, seconds),
        },
        body,
        timeoutMs: settings.timeoutMs,
        signal,
      });
    },
  };
};
