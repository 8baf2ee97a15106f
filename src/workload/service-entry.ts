import { z } from 'zod';
import { type Checked, type Diagnostic, formatIpAddress, LIMITS, parseIpRange } from '../base/index.ts';
import { checkShape, diagnosticAt, isDnsSubdomain, type ManifestObject } from '../manifest/index.ts';
import { addressProblem, canonicalAddress, isHostName } from './address.ts';
import { foreign, foreignObject, portNumber } from './foreign-object.ts';
import { labelMap } from './label-map.ts';
import type { ServiceDraft } from './service.ts';

const host = z.string().refine((text) => isDnsSubdomain(text.replace(/^\*\./, '').toLowerCase()), {
  message: 'not a host name',
  params: { hint: 'write `api.example.com` or `*.example.com`' },
});

const serviceEntrySchema = foreignObject({
  spec: foreign({
    hosts: z.array(host).min(1).max(LIMITS.serviceValues),
    addresses: z.array(z.string()).max(LIMITS.serviceValues).optional(),
    ports: z
      .array(foreign({ number: portNumber }))
      .max(LIMITS.serviceValues)
      .optional(),
    workloadSelector: foreign({ labels: labelMap.optional() }).optional(),
    endpoints: z
      .array(foreign({ address: z.string().max(1024).optional() }))
      .max(LIMITS.serviceEndpoints)
      .optional(),
  }),
  status: foreign({
    addresses: z
      .array(foreign({ value: z.string() }))
      .max(LIMITS.serviceValues)
      .optional(),
  }).optional(),
});

/** Where Istio has no address for a service, it writes this. */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * Reads a `networking.istio.io` ServiceEntry. Where it names no address, those that Istio allotted to it (in its
 * `status`) are its own; a range of addresses is none.
 */
export function readServiceEntry(object: ManifestObject): Checked<ServiceDraft> {
  const { value, diagnostics: shape } = checkShape(object, serviceEntrySchema);
  if (value === undefined) {
    return { value: undefined, diagnostics: shape };
  }
  const { addresses = [], ports = [], workloadSelector, endpoints = [] } = value.spec;
  const diagnostics: Diagnostic[] = [];
  if (workloadSelector !== undefined && endpoints.length > 0) {
    diagnostics.push(
      diagnosticAt(object, ['spec', 'endpoints'], {
        code: 'ERR_MANIFEST_SHAPE',
        message: 'only one of `workloadSelector` and `endpoints` can be there',
        hint: 'remove one of them',
        atKey: true,
      }),
    );
  }
  for (const [index, text] of addresses.entries()) {
    if (parseIpRange(text) === undefined) {
      const path = ['spec', 'addresses', index];
      diagnostics.push(addressProblem(object, path, text, 'write an IP address or a CIDR range'));
    }
  }
  for (const [index, { address = '' }] of endpoints.entries()) {
    if (!isEndpoint(address)) {
      const path = ['spec', 'endpoints', index, 'address'];
      diagnostics.push(addressProblem(object, path, address, 'write an IP address or a host name'));
    }
  }
  const allotted = (value.status?.addresses ?? []).map((entry) => entry.value);
  const labels = workloadSelector?.labels;
  return {
    value: {
      object,
      ref: { kind: 'ServiceEntry', namespace: object.namespace, name: object.name },
      addresses: (addresses.length === 0 ? allotted : addresses).flatMap(singleAddress),
      ports: new Set(ports.map((port) => port.number)),
      selector: (labels?.size ?? 0) === 0 ? undefined : labels,
      endpoints: endpoints.flatMap(({ address = '' }) => canonicalAddress(address) ?? []),
    },
    diagnostics,
  };
}

function singleAddress(text: string): readonly string[] {
  const range = parseIpRange(text);
  const isSingle = range !== undefined && range.prefixLength === (range.family === 4 ? 32 : 128);
  const address = isSingle ? canonicalAddress(formatIpAddress(range)) : undefined;
  return address === undefined || UNSPECIFIED.has(address) ? [] : [address];
}

function isEndpoint(text: string): boolean {
  return (
    text === '' || canonicalAddress(text) !== undefined || isHostName(text) || /^unix:\/\/[/@]./.test(text)
  );
}
