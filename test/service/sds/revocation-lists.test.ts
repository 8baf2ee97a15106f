import { describe, expect, it } from 'vitest';
import type { CrlSet, CrlSource } from '../../../src/issuer/index.ts';
import type { DiscoveryResponse } from '../../../src/proto/index.ts';
import { testDefinitions } from '../../fakes/proto-files.ts';
import { sdsBed } from './bed.ts';

interface Context {
  readonly trusted_ca: { readonly inline_bytes: Uint8Array } | null;
  readonly crl: { readonly inline_bytes: Uint8Array } | null;
  readonly only_verify_leaf_cert_crl: boolean;
  readonly custom_validator_config: object | null;
}

function contextOf({ resources }: DiscoveryResponse): Context | undefined {
  const [any] = resources;
  const type = 'envoy.extensions.transport_sockets.tls.v3.Secret';
  const secret = testDefinitions().decodeMessage(type, any?.value ?? new Uint8Array());
  return (secret as { readonly validation_context?: Context }).validation_context;
}

function textOf(context: Context | undefined): string {
  const pem = Buffer.from(context?.crl?.inline_bytes ?? []).toString();
  expect(pem).toMatch(/^-----BEGIN X509 CRL-----\n/);
  return Buffer.from(pem.replace(/-----[A-Z0-9 ]+-----|\s/g, ''), 'base64').toString();
}

function lists(first: CrlSet | undefined): CrlSource & { replace(text: string): void } {
  const listeners = new Set<() => void>();
  let current = first;
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    replace(text) {
      current = { lists: [Buffer.from(text)] };
      for (const listener of listeners) {
        listener();
      }
    },
  };
}

describe('a listener with revocation lists', () => {
  it('sends them beside a plain list of CAs, for leaves alone, and again when they change', async () => {
    const crls = lists({ lists: [Buffer.from('list one')] });
    const { client } = await sdsBed(undefined, { validatorOf: () => 'crl', crls });
    const stream = client.stream();
    stream.send({ resource_names: ['ROOTCA'] });
    const first = contextOf(await stream.next());
    expect(first).toMatchObject({ only_verify_leaf_cert_crl: true, custom_validator_config: null });
    expect(first?.trusted_ca).toBeTruthy();
    expect(textOf(first)).toBe('list one');
    crls.replace('list two');
    expect(textOf(contextOf(await stream.next()))).toBe('list two');
  });

  it('sends no trust before the lists are there', async () => {
    const crls = lists(undefined);
    const { client } = await sdsBed(undefined, { validatorOf: () => 'crl', crls });
    const stream = client.stream();
    stream.send({ resource_names: ['ROOTCA', 'default'] });
    const { resources } = await stream.next();
    expect(resources).toHaveLength(1);
    expect(contextOf({ resources } as DiscoveryResponse)).toBeUndefined();
    crls.replace('list one');
    expect(textOf(contextOf(await stream.next()))).toBe('list one');
  });

  it('lets no Envoy talk itself out of them by its node metadata', async () => {
    const crls = lists({ lists: [Buffer.from('list one')] });
    const { client } = await sdsBed(undefined, { validatorOf: () => 'crl', crls });
    const fields = { disable_spiffe_cert_validation: { boolValue: false } };
    const node = { id: 'a', cluster: 'b', user_agent_name: 'envoy', metadata: { fields } } as never;
    const stream = client.stream();
    stream.send({ resource_names: ['ROOTCA'], node });
    expect(textOf(contextOf(await stream.next()))).toBe('list one');
    expect(textOf(contextOf(await client.fetch({ resource_names: ['ROOTCA'], node })))).toBe('list one');
  });
});
