import { createTransport } from "nodemailer";
import { type Answer, addressIn, type Channel } from "./channel.ts";

export type EmailSettings = {
  /** smtp://user:password@host:port, or smtps://. */
  readonly url: string;
  readonly from: string;
  readonly timeoutMs: number;
};

/** What the mail library says of a failure. */
type MailError = {
  code?: string;
  originalCode?: string;
  responseCode?: number;
  timeoutType?: string;
};

/** Ends of a conversation that come before any word of the message. */
const beforeMessage = new Set(["EDNS", "EPROXY"]);
const notConnected = new Set(["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND"]);
const beforeCommands = new Set(["CONNECT_TIMEOUT", "GREETING_TIMEOUT", "UPGRADE_TIMEOUT"]);
/** What only somebody who mends the settings can change; it ends before the message as well. */
const wrongSettings = new Set(["EAUTH", "ENOAUTH", "ETLS", "EREQUIRETLS", "ECONFIG"]);
const wrongCertificate = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)/;

/**
 * Once the text has gone out only a yes counts: whatever ends the conversation after that leaves
 * open whether the server will deliver. Sender and recipient are refused before it.
 */
export const answerOf = (thrown: MailError): Answer => {
  const { code = "", originalCode = "", responseCode, timeoutType = "" } = thrown;
  if (code === "EENVELOPE" && responseCode !== undefined) {
    const reason = `smtp_${responseCode}`;
    return { said: responseCode >= 500 ? "rejected" : "later", reason };
  }
  if (wrongSettings.has(code) || wrongCertificate.test(originalCode))
    return { said: "later", reason: "refused_settings", broken: true };
  if (beforeMessage.has(code) || notConnected.has(originalCode) || beforeCommands.has(timeoutType))
    return { said: "later", reason: "unreachable" };
  if (code === "EABORT" || code === "ETIMEDOUT") return { said: "unknown", reason: "timed_out" };
  const reason = responseCode === undefined ? "connection_lost" : `smtp_${responseCode}`;
  return { said: "unknown", reason };
};

/** E-mail by SMTP, in plain text, on a connection of its own for each message. */
export const emailChannel = ({ url, from, timeoutMs }: EmailSettings): Channel => {
  const { host, hostname, protocol } = new URL(url);
  const isHere = /^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname);
  const transport = createTransport({
    url,
    // Personal data leaves this machine encrypted or not at all.
    requireTLS: protocol === "smtp:" && !isHere,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = from.replace(/^.*@/, "").replace(/[^\w.-]/g, "");
  return {
    name: "email",
    provider: `smtp ${host}`,
    idempotent: false,
    simulated: false,
    addressOf: (to) => addressIn(to, "email"),
    send: async ({ id, to, subject, text }, signal) => {
      try {
        const { messageId } = await transport.sendMail({
          from,
          to: { name: "", address: to ?? "" },
          subject: subject ?? "",
          text,
          messageId: `<${id}@${domain}>`,
          headers: { "Auto-Submitted": "auto-generated" },
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        });
        return { said: "accepted", reference: messageId };
      } catch (thrown) {
        return answerOf(thrown as MailError);
      }
    },
  };
};
