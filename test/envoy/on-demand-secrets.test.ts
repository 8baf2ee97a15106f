import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { makeSite } from '../service/app/bed.ts';
import { start } from '../service/app/running.ts';
import { SDS_SOURCE, startSdsFront } from './sds-front.ts';

const TYPE = 'type.googleapis.com/envoy.extensions.transport_sockets.tls';
/** Envoy asks for the certificate that has the server name of the client, when a client comes with it. */
const TLS = {
  common_tls_context: {
    custom_tls_certificate_selector: {
      name: 'envoy.tls.certificate_selectors.on_demand_secret',
      typed_config: {
        '@type': `${TYPE}.cert_selectors.on_demand_secret.v3.Config`,
        config_source: SDS_SOURCE,
        certificate_mapper: {
          name: 'envoy.tls.certificate_mappers.sni',
          typed_config: { '@type': `${TYPE}.cert_mappers.sni.v3.SNI`, default_value: 'none.example.org' },
        },
      },
    },
  },
  disable_stateless_session_resumption: true,
  disable_stateful_session_resumption: true,
};

function entry(name: string, dnsNames: readonly string[]): string {
  return `apiVersion: spire.spiffe.io/v1alpha1
kind: ClusterStaticEntry
metadata: { name: ${name} }
spec:
  spiffeID: spiffe://example.org/${name}
  selectors: ["sallyport:socket:web"]
  dnsNames: ${JSON.stringify(dnsNames)}
`;
}

/** The identity that the server shows for a name, or that it shows none in time. */
function shownFor(port: number, servername: string, waitMillis = 5000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false }, () => {
      const uris = socket.getPeerCertificate().subjectaltname?.split(', ') ?? [];
      resolve(uris.find((name) => name.startsWith('URI:')) ?? 'no name');
      socket.destroy();
    });
    socket.setTimeout(waitMillis, () => socket.destroy());
    socket.on('error', () => resolve('refused'));
    socket.on('close', () => resolve('none'));
  });
}

it('Envoy picks certificates by the server names of clients, and names of nobody hold up no one', async ({
  task,
}) => {
  const site = makeSite();
  site.write('entries/orders.yaml', entry('orders', ['orders.example.org', '*.shop.example.org']));
  site.write('entries/billing.yaml', entry('billing', ['billing.example.org']));
  const running = await start(site);
  const { port, release } = await startSdsFront('1.40', site, TLS);
  task.meta.labRuntime = `Envoy ${release}, a local binary`;
  await expect
    .poll(() => shownFor(port, 'orders.example.org'), { timeout: 20_000, interval: 100 })
    .toBe('URI:spiffe://example.org/orders');
  expect(await shownFor(port, 'billing.example.org')).toBe('URI:spiffe://example.org/billing');
  expect(await shownFor(port, 'a.shop.example.org')).toBe('URI:spiffe://example.org/orders');
  const strangers = Array.from({ length: 300 }, (_, index) =>
    shownFor(port, `stranger-${index}.example.com`, 1000),
  );
  expect(await shownFor(port, 'b.shop.example.org')).toBe('URI:spiffe://example.org/orders');
  expect(new Set(await Promise.all(strangers))).not.toContain('URI:spiffe://example.org/orders');
  expect(await shownFor(port, 'billing.example.org')).toBe('URI:spiffe://example.org/billing');
  expect(running.logged('sds.name_refused').length).toBeLessThanOrEqual(60);
  expect(running.logged('issuer.issued').length).toBeLessThanOrEqual(4);
});
