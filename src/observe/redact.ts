/**
 * The last net under everything that is logged: rooms put no secret into an event, but the text of a
 * stranger's error may quote one.
 */
export function redactText(text: string): string {
  if (!SUSPECT.test(text)) {
    return text;
  }
  let clean = text;
  for (const [pattern, replacement] of SECRETS) {
    clean = clean.replace(pattern, replacement);
  }
  return clean;
}

/** True for the name of a field whose value is a secret, whatever it looks like. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name);
}

export const REDACTED = '[redacted]';

const SUSPECT = /eyJ|PRIVATE KEY|bearer|basic|MI[A-Za-z0-9+/]{40}|=/i;

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  // A JOSE header in base64url begins like this, `{"` as it is.
  [/eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*/g, REDACTED],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+/gi, `$1 ${REDACTED}`],
  // DER in base64: a SEQUENCE with a long length.
  [/MI[A-Za-z0-9+/\r\n]{40,}={0,2}/g, REDACTED],
  [
    /\b((?:access_|id_|refresh_)?token|password|passphrase|secret|client_secret|api_?key)=[^&\s"']+/gi,
    `$1=${REDACTED}`,
  ],
];

const SECRET_NAME =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|api_?key|password|passphrase|(?:client_?)?secret|(?:access_?|id_?|refresh_?)?token|private_?key|jwt|pem|pkcs8)$/i;
