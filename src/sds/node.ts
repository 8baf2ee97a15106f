import type { Node, ProtoValue } from '../proto/index.ts';
import type { Validator } from './sources.ts';

const DISABLE_KEY = 'disable_spiffe_cert_validation';
/** The first Envoy 1.x with the SPIFFE validator is the one after this. */
const MINOR_WITHOUT_VALIDATOR = 17;

/** The validator for one Envoy: its node metadata wins, then its age, then what we are set to. */
export function validatorOf(node: Node, fallback: Validator): Validator {
  if (fallback === 'crl') {
    // Whoever asks for revocation lists must not lose them by what an Envoy says of itself.
    return fallback;
  }
  const disabled = readBoolean(ownValue(node.metadata?.fields, DISABLE_KEY));
  if (disabled !== undefined) {
    return disabled ? 'plain' : 'spiffe';
  }
  const version = node.user_agent_build_version?.version;
  const isTooOld = version?.major_number === 1 && version.minor_number <= MINOR_WITHOUT_VALIDATOR;
  return isTooOld ? 'plain' : fallback;
}

function ownValue(
  fields: Readonly<Record<string, ProtoValue>> | undefined,
  key: string,
): ProtoValue | undefined {
  return fields !== undefined && Object.hasOwn(fields, key) ? fields[key] : undefined;
}

/** True and false also as text; anything else is as if it were not there. */
function readBoolean(value: ProtoValue | undefined): boolean | undefined {
  if (typeof value?.boolValue === 'boolean' && (value.kind ?? 'boolValue') === 'boolValue') {
    return value.boolValue;
  }
  return value?.stringValue === 'true' ? true : value?.stringValue === 'false' ? false : undefined;
}
