import { SallyportError } from '../base/index.ts';
import { type Certificate, keyIdOf } from '../x509/index.ts';
import type { AuthorityControl, AuthorityView } from './authority-control.ts';
import type { UpstreamAuthorities } from './upstream-authorities.ts';

/** Rotation by hand where the CA comes from above: it can be looked at, and is changed up there alone. */
export function createUpstreamControl(authorities: UpstreamAuthorities, name: string): AuthorityControl {
  const refuse = async (): Promise<never> => {
    throw new SallyportError(
      'ERR_ISSUER_AUTHORITY',
      `the CA comes from \`${name}\`, and the key of its root is not here, so it cannot be rotated by hand`,
      { hint: 'put a new CA there; it is taken up while Sallyport runs' },
    );
  };
  return {
    show() {
      const { certificate, above, roots, root } = authorities.current;
      const isUsed = (one: Certificate): boolean => Buffer.compare(one.der, root.der) === 0;
      const below = isUsed(certificate) ? [] : [certificate, ...above];
      return [
        ...roots.map((one) => viewOf(one, 'root', isUsed(one) ? 'active' : 'prepared')),
        ...below.map((one) => viewOf(one, 'intermediate', 'active')),
      ];
    },
    prepare: refuse,
    activate: refuse,
    taint: refuse,
    revoke: refuse,
  };
}

function viewOf(
  { publicKeyDer, serial, extensions, notBeforeSeconds, notAfterSeconds }: Certificate,
  kind: AuthorityView['kind'],
  status: AuthorityView['status'],
): AuthorityView {
  return {
    id: extensions.subjectKeyId ?? keyIdOf(publicKeyDer),
    kind,
    status,
    tainted: false,
    serial,
    issuerId: kind === 'root' ? undefined : extensions.authorityKeyId,
    notBeforeSeconds,
    notAfterSeconds,
  };
}
