import type { Say } from "../../db.ts";
import { failure } from "../../errors.ts";
import { type ContactChannel, contactChannels } from "../../events/customer.ts";
import type { Channel } from "./channel.ts";
import { emailChannel } from "./email.ts";
import { logChannel } from "./log.ts";
import { phoneChannel } from "./phone.ts";
import { smsChannel } from "./sms.ts";
import { webhookChannel } from "./webhook.ts";

/** What of the settings chooses channels. */
export type ChannelSettings = {
  readonly space: string;
  readonly logLevel: string;
  readonly smsUrl: string | undefined;
  readonly smsToken: string | undefined;
  readonly smsIdempotent: string;
  readonly smtpUrl: string | undefined;
  readonly smtpFrom: string;
  readonly webhookUrl: string | undefined;
  readonly webhookSecret: string | undefined;
  readonly webhookIdempotent: string;
  readonly callList: string;
  readonly sendMaxMs: number;
};

type Maker = (settings: ChannelSettings) => Channel | undefined;

/** The bank's own app is handed its messages by webhook. */
const push: Maker = ({ webhookUrl: url, webhookSecret: secret, ...settings }) => {
  if (url === undefined) return undefined;
  if (secret === undefined)
    throw failure("SETTINGS_WRONG", "  WEBHOOK_URL needs WEBHOOK_SECRET: set both");
  const idempotent = settings.webhookIdempotent === "yes";
  return webhookChannel({ url, secret, idempotent, timeoutMs: settings.sendMaxMs });
};

const sms: Maker = ({ smsUrl: url, smsToken: token, smsIdempotent, sendMaxMs }) =>
  url === undefined
    ? undefined
    : smsChannel({ url, token, idempotent: smsIdempotent === "yes", timeoutMs: sendMaxMs });

const email: Maker = ({ smtpUrl: url, smtpFrom: from, sendMaxMs: timeoutMs }) =>
  url === undefined ? undefined : emailChannel({ url, from, timeoutMs });

const phone: Maker = ({ callList }) => (callList === "yes" ? phoneChannel : undefined);

/** How each channel is made where it is set up. */
const makers: Readonly<Record<ContactChannel, Maker>> = { phone, sms, email, push };

/**
 * The channels of a space. Only the live space may load one that leaves the house, and only where
 * it is set up; every other is simulated.
 */
export const channelsFor = (settings: ChannelSettings, say: Say): Channel[] => {
  const quietly: Say = settings.logLevel === "debug" ? say : () => {};
  return contactChannels.map((name) => {
    const real = settings.space === "live" ? makers[name](settings) : undefined;
    return real ?? logChannel(name, quietly);
  });
};
