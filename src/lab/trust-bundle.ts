import { SallyportError } from '../base/index.ts';
import { readPemBlocks, writePem } from '../x509/index.ts';
import { callHttp } from './http-call.ts';
import type { HostPort } from './places.ts';

/**
 * The roots that an Envoy trusts at this moment, as PEM: from its own admin page, so it is what arrived over
 * SDS and not what we believe we sent.
 */
export async function readTrustBundle(admin: HostPort): Promise<string> {
  const { body } = await callHttp(admin, { path: '/config_dump?resource=dynamic_active_secrets' });
  const roots = new Map<string, Uint8Array>();
  for (const text of bundleTexts(JSON.parse(body))) {
    for (const { label, der } of readPemBlocks(text)) {
      if (label === 'CERTIFICATE') {
        roots.set(Buffer.from(der).toString('base64'), der);
      }
    }
  }
  if (roots.size === 0) {
    throw new SallyportError('ERR_LAB_SERVICE', 'an Envoy of the lab has no trust bundle');
  }
  return writePem(
    'CERTIFICATE',
    [...roots.keys()].sort().flatMap((key) => roots.get(key) ?? []),
  );
}

/** Every `trust_bundle` and `trusted_ca` in the dump, whatever its depth. */
function bundleTexts(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'trust_bundle' || name === 'trusted_ca' ? dataSourceText(member) : bundleTexts(member),
  );
}

function dataSourceText(source: unknown): readonly string[] {
  if (typeof source !== 'object' || source === null) {
    return [];
  }
  const { inline_string: text, inline_bytes: bytes } = source as Readonly<Record<string, unknown>>;
  if (typeof text === 'string') {
    return [text];
  }
  return typeof bytes === 'string' ? [Buffer.from(bytes, 'base64').toString('utf8')] : [];
}
