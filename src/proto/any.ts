import type { Definitions } from './definitions.ts';
import type { AnyMessage, Secret, SpiffeCertValidatorConfig } from './messages.ts';

export const SECRET_TYPE = 'envoy.extensions.transport_sockets.tls.v3.Secret';
export const SPIFFE_VALIDATOR_TYPE = 'envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig';

/** The type URL of a message by its full name, in the only form that Envoy takes. */
export function typeUrlOf(typeName: string): string {
  return `type.googleapis.com/${typeName}`;
}

/** A message packed into `google.protobuf.Any`. */
export function packAny(definitions: Definitions, typeName: string, message: object): AnyMessage {
  return { type_url: typeUrlOf(typeName), value: definitions.encodeMessage(typeName, message) };
}

export function packSecret(definitions: Definitions, secret: Secret): AnyMessage {
  return packAny(definitions, SECRET_TYPE, secret);
}

export function packSpiffeValidator(definitions: Definitions, config: SpiffeCertValidatorConfig): AnyMessage {
  return packAny(definitions, SPIFFE_VALIDATOR_TYPE, config);
}
