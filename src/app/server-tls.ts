import type { TlsMaterial, TlsSource } from '../grpc/index.ts';
import type { SallyportIssuer, X509Svid } from '../issuer/index.ts';
import { writePem } from '../x509/index.ts';

/** Sallyport's own certificate and trust for listeners with mutual TLS, renewed while they run. */
export interface ServerTls {
  readonly source: TlsSource;
  stop(): void;
}

export async function createServerTls(issuer: SallyportIssuer): Promise<ServerTls> {
  const listeners = new Set<() => void>();
  let svid = await issuer.serverSvid();
  let material = materialOf(svid, issuer);
  const renew = (): void => {
    material = materialOf(svid, issuer);
    for (const listener of [...listeners]) {
      listener();
    }
  };
  const stopKeeping = issuer.keepServerSvid((next) => {
    svid = next;
    renew();
  });
  const stopBundle = issuer.onBundleChanged(renew);
  return {
    source: {
      current: () => material,
      onChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    stop() {
      stopKeeping();
      stopBundle();
      listeners.clear();
    },
  };
}

function materialOf({ certificates, privateKey }: X509Svid, issuer: SallyportIssuer): TlsMaterial {
  return {
    certificateChainPem: writePem('CERTIFICATE', certificates),
    privateKeyPem: writePem('PRIVATE KEY', [privateKey]),
    trustedCaPem: writePem('CERTIFICATE', issuer.bundle().x509Authorities),
  };
}
