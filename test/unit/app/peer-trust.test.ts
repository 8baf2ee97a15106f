import { expect, test } from 'vitest';
import { createPeerTrust } from '../../../src/app/peer-trust.ts';
import { readCertificate, readPem } from '../../../src/x509/index.ts';
import { opensslCa } from '../../fakes/openssl-ca.ts';
import { newFolder, requestFor, run } from '../issuer/on-folder.ts';

const HOUR_SECONDS = 3600;

async function bed() {
  const running = await run(newFolder());
  const [leafDer] = (await running.issuer.x509Svid(requestFor('/ns/web/sa/frontend'))).certificates;
  const leaf = readCertificate(leafDer ?? new Uint8Array());
  const now = (): number => running.clock.nowMillis() / 1000;
  return { ...running, leaf, now, trust: createPeerTrust(running.issuer) };
}

test('a leaf of our own CA is believed between its dates, and not at its end or before its start', async () => {
  const { trust, leaf, now } = await bed();
  expect(trust.isTrusted(leaf, now())).toBe(true);
  expect(trust.isTrusted(leaf, now())).toBe(true);
  expect(trust.isTrusted(leaf, leaf.notAfterSeconds)).toBe(false);
  expect(trust.isTrusted(leaf, leaf.notBeforeSeconds - 1)).toBe(false);
  expect(trust.isTrusted(leaf, leaf.notAfterSeconds - 1)).toBe(true);
});

test('a leaf of another CA with the same name in it is not', async () => {
  const { trust, leaf, now } = await bed();
  const [uri] = leaf.extensions.alternativeNames.uris;
  const { certificateChainPem } = opensslCa('Sallyport').issue(`URI:${uri}`);
  const [der] = readPem(certificateChainPem, 'CERTIFICATE');
  const forged = readCertificate(der ?? new Uint8Array());
  const today = (forged.notBeforeSeconds + forged.notAfterSeconds) / 2;
  expect(trust.isTrusted(forged, now())).toBe(false);
  expect(trust.isTrusted(forged, today)).toBe(false);
});

test('a leaf whose signature was changed is not, though its issuer is ours', async () => {
  const { trust, leaf, now } = await bed();
  const der = Uint8Array.from(leaf.der);
  const last = der.length - 1;
  der[last] = (der[last] ?? 0) ^ 1;
  expect(trust.isTrusted(readCertificate(der), now())).toBe(false);
});

test('what an intermediate signed is believed on after the next one is active', async () => {
  const { trust, leaf, now, issuer } = await bed();
  await issuer.authority.prepare('intermediate');
  await issuer.authority.activate('intermediate');
  expect(trust.isTrusted(leaf, now())).toBe(true);
});

test('what a revoked root is behind is not believed any more, known before or not', async () => {
  const { trust, leaf, now, issuer } = await bed();
  expect(trust.isTrusted(leaf, now() + HOUR_SECONDS / 60)).toBe(true);
  const [old] = issuer.authority.show().filter(({ kind }) => kind === 'root');
  await issuer.authority.prepare('root');
  await issuer.authority.activate('root');
  expect(trust.isTrusted(leaf, now())).toBe(true);
  await issuer.authority.taint(old?.id ?? '');
  await issuer.authority.revoke(old?.id ?? '', { force: true, unsettledStreams: () => 0 });
  expect(trust.isTrusted(leaf, now())).toBe(false);
});
