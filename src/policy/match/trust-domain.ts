const SCHEME = 'spiffe://';

/** Whether an identity is of one of the trust domains. Istio specification, section 1.6. */
export function trustDomainMatcher(values: readonly string[]): (identity: string) => boolean {
  const tests = values.map(one);
  return (identity) => identity.startsWith(SCHEME) && tests.some((test) => test(identity));
}

function one(value: string): (identity: string) => boolean {
  if (value === '*') {
    return () => true;
  }
  const star = value.indexOf('*');
  if (star < 0) {
    const prefix = `${SCHEME}${value}/`;
    return (identity) => identity.startsWith(prefix);
  }
  const before = SCHEME + value.slice(0, star);
  const after = `${value.slice(star + 1)}/`;
  return (identity) => {
    if (!identity.startsWith(before)) {
      return false;
    }
    // The star takes no slash, so the first slash behind it is the one that ends `after`.
    const slash = identity.indexOf('/', before.length);
    const at = slash + 1 - after.length;
    return (
      at >= before.length && identity.startsWith(after, at) && !identity.includes('\n', at + after.length)
    );
  };
}
