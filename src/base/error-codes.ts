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
  // options
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
  // x509
  ERR_X509_PEM: 'a text is not PEM, holds text around its blocks, or a block of another kind',
  ERR_X509_DER: 'bytes are not the one canonical encoding of a certificate or request',
  ERR_X509_EXTENSION_TWICE: 'a certificate or request holds an extension twice',
  ERR_X509_KEY: 'a public key is of a kind or size that is not accepted',
  ERR_X509_SIGNATURE: 'a signature does not verify under the key it should be by',
  ERR_X509_SVID_CHAIN_EMPTY: 'a chain of certificates is empty',
  ERR_X509_SVID_URI_COUNT: 'a leaf certificate has no URI name or more than one',
  ERR_X509_SVID_ID: 'the URI name of a leaf certificate is no SPIFFE ID with a path',
  ERR_X509_SVID_LEAF_IS_CA: 'a leaf certificate is a CA certificate',
  ERR_X509_SVID_KEY_USAGE: 'the key usage of a leaf certificate is absent, not critical or not that of a leaf',
  ERR_X509_SVID_EXT_KEY_USAGE: 'the extended key usage of a leaf certificate lacks server or client authentication',
  ERR_X509_SVID_SAN_NOT_CRITICAL: 'a leaf certificate has an empty subject and names that are not critical',
  ERR_X509_SVID_CRITICAL_EXTENSION: 'a certificate has a critical extension that is not understood',
  ERR_X509_SVID_TRUST_DOMAIN: 'a certificate was held against the bundle of another trust domain',
  ERR_X509_SVID_EXPIRED: 'a certificate is past its end',
  ERR_X509_SVID_NOT_YET_VALID: 'a certificate is not valid yet',
  ERR_X509_SVID_CA: 'an issuer in a chain may not issue what it signed',
  ERR_X509_SVID_UNTRUSTED: 'no chain leads from a certificate to an authority of its trust domain',
  // proto
  ERR_PROTO_DEFINITION: 'an interface definition is missing or does not parse: the installation is incomplete',
  ERR_PROTO_MESSAGE: 'bytes are not a message of the type they should have',
  // grpc, xds, sds
  ERR_GRPC_ADDRESS_IN_USE: 'a port or a Unix socket is in use by another process',
  ERR_GRPC_LISTEN: 'an address cannot be listened on',
  ERR_GRPC_TLS_MATERIAL: 'certificate, key and trust of a listener cannot be used together',
  ERR_GRPC_CALLER_UNKNOWN: 'a call came by a connection that was not accepted by its listener',
  ERR_SDS_OPEN_LISTENER: 'private keys would travel over TCP without TLS, and nothing says that this is meant',
  ERR_SDS_NO_IDENTITY: 'no registration entry gives the caller anything of what it asks for',
  ERR_SDS_NOT_READY: 'the certificate a caller asks for could not be issued yet',
  // config
  ERR_FILE_UNREADABLE: 'a file does not exist, may not be read, or is not a regular file',
  ERR_FOLDER_MISSING: 'a folder that the settings name does not exist',
  ERR_FOLDER_EMPTY: 'a folder that the settings name holds no file to read',
  ERR_FOLDER_UNREADABLE: 'a folder that the settings name may not be read, or is not a folder',
  ERR_FOLDER_UNSTABLE: 'the files of a folder keep changing while they are read',
  ERR_CONFIG_NO_LISTENER: 'the settings name no listener for verdicts or certificates',
  ERR_CONFIG_LISTENER_TWICE: 'two listeners have the same name or address',
  ERR_CONFIG_NO_POLICIES: 'the settings name no folder with policies and do not say `allowNoPolicies`',
  // jwt
  ERR_KEY_SET_TOO_LARGE: 'a key set (JWKS) is over its limit in bytes or in keys',
  ERR_KEY_SET_JSON: 'a key set is not a JSON object, or names a member twice',
  ERR_KEY_SET_SHAPE: 'a key set has no list `keys`',
  ERR_KEY_SET_EMPTY: 'a key set holds no key that can verify a token',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
