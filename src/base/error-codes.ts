/**
 * Every stable error code with the one sentence that `docs/errors.md` prints for it.
 * A code is never renamed and never used again for another cause.
 */
export const ERROR_CODES = {
  // base
  ERR_INTERNAL: 'a defect in sallyport itself; the log line holds the cause',
  ERR_LIMIT_EXCEEDED: 'an input is larger than the limit that `base/limits` sets for it',
  // identity
  ERR_SPIFFE_ID_EMPTY: 'a SPIFFE ID is empty',
  ERR_SPIFFE_ID_SCHEME: 'a SPIFFE ID does not start with `spiffe://`',
  ERR_SPIFFE_ID_TRUST_DOMAIN_MISSING: 'a SPIFFE ID has no trust domain',
  ERR_SPIFFE_ID_TRUST_DOMAIN_CHAR: 'a trust domain holds a character other than a-z, 0-9, `.`, `-`, `_`',
  ERR_SPIFFE_ID_PATH_CHAR: 'a SPIFFE ID path holds a character other than A-Z, a-z, 0-9, `.`, `-`, `_`',
  ERR_SPIFFE_ID_PATH_EMPTY_SEGMENT: 'a SPIFFE ID path has an empty segment',
  ERR_SPIFFE_ID_PATH_DOT_SEGMENT: 'a SPIFFE ID path has a `.` or `..` segment',
  ERR_SPIFFE_ID_PATH_TRAILING_SLASH: 'a SPIFFE ID path ends with a slash',
  ERR_SPIFFE_ID_TOO_LONG: 'a trust domain is over 255 bytes or a SPIFFE ID over 2048',
  // manifest
  ERR_MANIFEST_ENCODING: 'a file is not UTF-8 text, or holds control characters',
  ERR_MANIFEST_YAML: 'a file is not YAML 1.2',
  ERR_MANIFEST_EMPTY: 'a file that must hold a document holds none',
  ERR_MANIFEST_DUPLICATE_KEY: 'a key stands twice in one map',
  ERR_MANIFEST_SHAPE: 'a value is missing, of the wrong type or out of range',
  ERR_MANIFEST_UNKNOWN_FIELD: 'a field has a name that is not known',
  ERR_MANIFEST_METADATA: 'the name, namespace, labels or annotations of an object are not what Kubernetes allows',
  ERR_MANIFEST_DUPLICATE_OBJECT: 'two objects of one kind have the same namespace and name',
  // options, config
  ERR_DURATION: 'a duration is not written as such, or out of its range',
  ERR_LISTEN_ADDRESS: 'an address to listen on is neither an IP address with a port nor a Unix socket',
  ERR_UNIX_PATH_TOO_LONG: 'the path of a Unix socket is over 107 bytes',
  ERR_LISTENER_OPEN: 'a listener can be reached from other machines and nothing says who may call',
  ERR_LISTENER_OPTIONS: 'a setting of a listener is malformed or does not fit its address',
  ERR_PROFILE: 'a profile is of no known kind',
  ERR_CA_TTL: 'the lifetimes of root, intermediate and certificate contradict each other',
  ERR_KEYS_REFRESH: 'the times by which key sets are fetched contradict each other',
  ERR_KEYS_CIDR: 'an address range is malformed',
  // envoy
  ERR_ENVOY_VERSION: 'a version of Envoy for which no configuration is known',
  // lab
  ERR_LAB_ENVOY_MISSING: 'no Envoy was found on this machine and none could be had',
  ERR_LAB_PORT: 'a port of the lab is unknown, malformed or in use',
  ERR_LAB_PLATFORM: 'the lab does not run in this way on this system',
  ERR_LAB_SERVICE: 'a service of the lab did not start, or ended while it was needed',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
