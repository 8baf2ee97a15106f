import { createPrivateKey, createPublicKey } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { SallyportError } from '../../../src/base/index.ts';
import type {
  JwtBundlesResponse,
  JwtSvidResponse,
  X509BundlesResponse,
  X509SvidMessage,
  X509SvidResponse,
} from '../../../src/spiffe/messages.ts';
import { readCertificate, verifySvid } from '../../../src/x509/index.ts';
import { entryFor } from '../../fakes/entries.ts';
import { type ApiBed, apiBed, BILLING, HEADER, ORDERS, SELECTOR } from './bed.ts';

const TD = 'spiffe://example.org';
const STREAMS = ['FetchX509SVID', 'FetchX509Bundles', 'FetchJWTBundles'] as const;

/** The DER values of a concatenation, each cut off by its own length. */
function split(bytes: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [, first = 0, ...lengths] = bytes.subarray(at, at + 5);
    const count = first < 0x80 ? 0 : first & 0x7f;
    const length = count === 0 ? first : lengths.slice(0, count).reduce((sum, byte) => sum * 256 + byte, 0);
    parts.push(bytes.subarray(at, at + 2 + count + length));
    at += 2 + count + length;
  }
  return parts;
}

/** The serial of an SVID after everything a client checks was checked. */
function checked({ x509_svid, x509_svid_key, bundle, spiffe_id }: X509SvidMessage, bed: ApiBed): string {
  const chain = split(x509_svid);
  const roots = { ...bed.issuer.bundle(), x509Authorities: split(bundle) };
  expect(verifySvid(chain, roots, Date.now() / 1000).spiffeId.uri).toBe(spiffe_id);
  const leaf = readCertificate(chain[0] ?? new Uint8Array());
  const key = createPrivateKey({ key: Buffer.from(x509_svid_key), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  expect(publicKey.equals(leaf.publicKeyDer)).toBe(true);
  return leaf.serial;
}

describe('FetchX509SVID', () => {
  it('sends at once every identity of the caller, the default first, with hints that differ', async () => {
    const bed = await apiBed([
      entryFor(ORDERS, [SELECTOR], { name: 'a', hint: 'internal' }),
      entryFor(BILLING, [SELECTOR], { name: 'b', hint: 'internal', dnsNames: ['billing.test'] }),
      entryFor(`${TD}/other`, ['sallyport:socket:other'], { name: 'c' }),
    ]);
    const { svids, crl, federated_bundles } = await bed.client
      .stream<X509SvidResponse>('FetchX509SVID')
      .next();
    expect(svids.map(({ spiffe_id, hint }) => [spiffe_id, hint])).toEqual([
      [ORDERS, 'internal'],
      [BILLING, ''],
    ]);
    expect([crl, federated_bundles]).toEqual([[], {}]);
    expect(new Set(svids.map((svid) => checked(svid, bed))).size).toBe(2);
  });

  it('sends the whole new state when an entry comes, changes or goes', async () => {
    const bed = await apiBed();
    const stream = bed.client.stream<X509SvidResponse>('FetchX509SVID');
    await stream.next();
    bed.entries.replace(entryFor(ORDERS, [SELECTOR]), entryFor(BILLING, [SELECTOR]));
    expect((await stream.next()).svids.map(({ spiffe_id }) => spiffe_id)).toEqual([BILLING, ORDERS]);
    bed.entries.replace(entryFor(BILLING, [SELECTOR], { hint: 'new' }));
    const { svids } = await stream.next();
    expect(svids.map(({ spiffe_id, hint }) => [spiffe_id, hint])).toEqual([[BILLING, 'new']]);
  });

  it('sends nothing when nothing of the caller has changed', async () => {
    const bed = await apiBed();
    const stream = bed.client.stream<X509SvidResponse>('FetchX509SVID');
    await stream.next();
    bed.entries.replace(entryFor(ORDERS, [SELECTOR]), entryFor(BILLING, ['sallyport:socket:other']));
    bed.entries.replace(entryFor(ORDERS, [SELECTOR], { hint: 'last' }));
    expect((await stream.next()).svids[0]?.hint).toBe('last');
    expect(stream.seen).toHaveLength(2);
  });

  it('renews, each time with another key', async () => {
    const bed = await apiBed([entryFor(ORDERS, [SELECTOR], { x509TtlSeconds: 5 })]);
    const stream = bed.client.stream<X509SvidResponse>('FetchX509SVID');
    const [first] = (await stream.next()).svids;
    const [second] = (await stream.next()).svids;
    expect(Buffer.from(first?.x509_svid_key ?? []).equals(second?.x509_svid_key ?? Buffer.alloc(0))).toBe(
      false,
    );
    expect(second === undefined ? '' : checked(second, bed)).not.toBe('');
  });

  it('sends a new root before anything is under it, on every stream of X.509', async () => {
    const bed = await apiBed();
    const svids = bed.client.stream<X509SvidResponse>('FetchX509SVID');
    const bundles = bed.client.stream<X509BundlesResponse>('FetchX509Bundles');
    await Promise.all([svids.next(), bundles.next()]);
    await bed.issuer.authority.prepare('root');
    expect(split((await svids.next()).svids[0]?.bundle ?? Buffer.alloc(0))).toHaveLength(2);
    expect(split((await bundles.next()).bundles[TD] ?? Buffer.alloc(0))).toHaveLength(2);
  });

  it('lets go of everything when the client goes', async () => {
    const bed = await apiBed();
    const stream = bed.client.stream<X509SvidResponse>('FetchX509SVID');
    await stream.next();
    expect(bed.api.openStreams).toBe(1);
    stream.cancel();
    await expect.poll(() => bed.api.openStreams).toBe(0);
  });
});

describe('bundles', () => {
  it('are those of the trust domain, by its ID', async () => {
    const bed = await apiBed();
    const { bundles } = await bed.client.stream<X509BundlesResponse>('FetchX509Bundles').next();
    expect(Object.keys(bundles)).toEqual([TD]);
    expect(split(bundles[TD] ?? Buffer.alloc(0)).map((der) => Buffer.from(der))).toEqual(
      bed.issuer.bundle().x509Authorities.map((der) => Buffer.from(der)),
    );
  });

  it('of tokens are a plain JWK set, in which every key has a name', async () => {
    const bed = await apiBed();
    const { bundles } = await bed.client.stream<JwtBundlesResponse>('FetchJWTBundles').next();
    expect(Object.keys(bundles)).toEqual([TD]);
    expect(JSON.parse(Buffer.from(bundles[TD] ?? []).toString())).toEqual({
      keys: [
        {
          kty: 'EC',
          crv: 'P-256',
          x: expect.any(String),
          y: expect.any(String),
          kid: bed.issuer.bundle().jwtAuthorities[0]?.keyId,
        },
      ],
    });
  });
});

describe('FetchJWTSVID', () => {
  const entries = [
    entryFor(BILLING, [SELECTOR], { hint: 'b', jwtTtlSeconds: 60 }),
    entryFor(ORDERS, [SELECTOR]),
    entryFor(`${TD}/other`, ['sallyport:socket:other']),
  ];

  it('gives a token for each identity, which another library accepts by the bundle', async () => {
    const bed = await apiBed(entries);
    const { svids } = await bed.client.unary<JwtSvidResponse>('FetchJWTSVID', { audience: ['x', 'y'] });
    expect(svids.map(({ spiffe_id, hint }) => [spiffe_id, hint])).toEqual([
      [BILLING, 'b'],
      [ORDERS, ''],
    ]);
    const { bundles } = await bed.client.stream<JwtBundlesResponse>('FetchJWTBundles').next();
    const keys = createLocalJWKSet(JSON.parse(Buffer.from(bundles[TD] ?? []).toString()));
    const { payload } = await jwtVerify(svids[0]?.svid ?? '', keys, { audience: 'y', subject: BILLING });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  });

  it('gives the one that is asked for, and nobody else’s', async () => {
    const { client } = await apiBed(entries);
    const request = { audience: ['x'], spiffe_id: ORDERS };
    const { svids } = await client.unary<JwtSvidResponse>('FetchJWTSVID', request);
    expect(svids.map(({ spiffe_id }) => spiffe_id)).toEqual([ORDERS]);
    await expect(
      client.unary('FetchJWTSVID', { audience: ['x'], spiffe_id: `${TD}/other` }),
    ).rejects.toMatchObject({ code: status.PERMISSION_DENIED, details: 'no identity issued' });
  });

  it.each([
    ['no audience', { audience: [] }, status.INVALID_ARGUMENT],
    ['an empty audience', { audience: ['a', ''] }, status.INVALID_ARGUMENT],
    ['what is no SPIFFE ID', { audience: ['a'], spiffe_id: 'orders' }, status.INVALID_ARGUMENT],
    ['33 audiences', { audience: Array.from({ length: 33 }, (_, n) => `a${n}`) }, status.RESOURCE_EXHAUSTED],
    ['an audience over the limit', { audience: ['a'.repeat(8193)] }, status.RESOURCE_EXHAUSTED],
  ])('refuses %s', async (_, request, code) => {
    const { client } = await apiBed(entries);
    await expect(client.unary('FetchJWTSVID', request)).rejects.toMatchObject({ code });
  });

  it('takes audiences up to the limits, and its own validator takes the token', async () => {
    const { client } = await apiBed([entryFor(ORDERS, [SELECTOR])]);
    const audience = Array.from({ length: 32 }, (_, n) => String(n).padStart(256, '0'));
    const { svids } = await client.unary<JwtSvidResponse>('FetchJWTSVID', { audience });
    const seen = await client.unary('ValidateJWTSVID', { audience: audience[31], svid: svids[0]?.svid });
    expect(seen).toMatchObject({ spiffe_id: ORDERS });
  });
});

describe('ValidateJWTSVID', () => {
  it('tells a process without an identity what a token says', async () => {
    const bed = await apiBed();
    const { svids } = await bed.client.unary<JwtSvidResponse>('FetchJWTSVID', { audience: ['x'] });
    bed.entries.replace();
    const request = { audience: 'x', svid: svids[0]?.svid };
    expect(await bed.client.unary('ValidateJWTSVID', request)).toMatchObject({
      spiffe_id: ORDERS,
      claims: {
        fields: {
          sub: { stringValue: ORDERS },
          aud: { listValue: { values: [{ stringValue: 'x' }] } },
          exp: { numberValue: expect.any(Number) },
        },
      },
    });
  });

  it.each([
    ['for another audience', 'other', (token: string) => token],
    ['without an audience', '', (token: string) => token],
    ['that was changed', 'x', (token: string) => `${token.slice(0, -8)}AAAAAAAA`],
    ['that is none', 'x', () => 'none'],
  ])('refuses one %s', async (_, audience, change) => {
    const { client, log } = await apiBed();
    const { svids } = await client.unary<JwtSvidResponse>('FetchJWTSVID', { audience: ['x'] });
    const token = change(svids[0]?.svid ?? '');
    await expect(client.unary('ValidateJWTSVID', { audience, svid: token })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    expect(JSON.stringify(log.all)).not.toContain((svids[0]?.svid ?? '?').slice(0, 60));
  });
});

describe('a caller', () => {
  it.each(STREAMS)(
    'without an identity is told no more than that by %s, and the log says what was missing',
    async (name) => {
      const { client, log } = await apiBed([entryFor(ORDERS, [SELECTOR, 'unix:uid:7'], { name: 'orders' })]);
      const { code, details } = await client.stream(name).status;
      expect([code, details]).toEqual([status.PERMISSION_DENIED, 'no identity issued']);
      await client.stream(name).status;
      const told = log.named('spiffe.no_identity');
      expect(told).toHaveLength(1);
      expect(told[0]?.message).toContain('`orders` also asks for `unix:uid:7`');
      expect(told[0]?.fields?.['selectors']).toEqual([SELECTOR]);
    },
  );

  it.each(STREAMS)('that loses its identity loses the stream of %s', async (name) => {
    const { client, entries } = await apiBed();
    const stream = client.stream(name);
    await stream.next();
    entries.replace();
    expect((await stream.status).code).toBe(status.PERMISSION_DENIED);
  });

  it.each([...STREAMS, 'FetchJWTSVID', 'ValidateJWTSVID'])('has to send the header with %s', async (name) => {
    const { client } = await apiBed();
    const isStream = (STREAMS as readonly string[]).includes(name);
    for (const headers of [{}, { 'workload.spiffe.io': 'True' }, { 'workload.spiffe.io': 'true, true' }]) {
      const code = isStream
        ? (await client.stream(name, headers).status).code
        : await client.unary(name, { audience: [] }, headers).catch((error) => error.code);
      expect(code).toBe(status.INVALID_ARGUMENT);
    }
    expect(HEADER).toEqual({ 'workload.spiffe.io': 'true' });
  });

  it.each(STREAMS)('is told to come back by %s when the server stops', async (name) => {
    const { client, listener } = await apiBed();
    const stream = client.stream(name);
    await stream.next();
    await listener.stop(100);
    expect((await stream.status).code).toBe(status.UNAVAILABLE);
  });

  it('waits for attestation, and is refused when its process is gone', async () => {
    const gone = new SallyportError('ERR_WORKLOAD_CALLER_GONE', 'gone');
    const { client } = await apiBed(undefined, {
      selectorsOf: () => Promise.resolve([SELECTOR]),
    });
    expect((await client.stream<X509SvidResponse>('FetchX509SVID').next()).svids).toHaveLength(1);
    const other = await apiBed(undefined, { selectorsOf: () => Promise.reject(gone) });
    expect((await other.client.stream('FetchX509SVID').status).code).toBe(status.UNAUTHENTICATED);
  });
});
