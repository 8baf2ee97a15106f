/**
 * Every stable error code with the one sentence that `docs/errors.md` prints for it.
 * A code is never renamed and never used again for another cause.
 */
export const ERROR_CODES = {
  // base
  ERR_INTERNAL: 'a defect in sallyport itself; the log line holds the cause',
  ERR_LIMIT_EXCEEDED: 'an input is larger than the limit that `base/limits` sets for it',
  // cli
  ERR_CLI_FILE: 'a file named on the command line cannot be read or holds something else',
  ERR_CLI_UNREACHABLE: 'no running sallyport answers at the address given',
  // app
  ERR_INVALID_FILES: 'files that people wrote hold errors; each is printed with its place',
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
  ERR_MANIFEST_METADATA:
    'the name, namespace, labels or annotations of an object are not what Kubernetes allows',
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
  ERR_X509_SVID_KEY_USAGE:
    'the key usage of a leaf certificate is absent, not critical or not that of a leaf',
  ERR_X509_SVID_EXT_KEY_USAGE:
    'the extended key usage of a leaf certificate lacks server or client authentication',
  ERR_X509_SVID_SAN_NOT_CRITICAL: 'a leaf certificate has an empty subject and names that are not critical',
  ERR_X509_SVID_CRITICAL_EXTENSION: 'a certificate has a critical extension that is not understood',
  ERR_X509_SVID_TRUST_DOMAIN: 'a certificate was held against the bundle of another trust domain',
  ERR_X509_SVID_EXPIRED: 'a certificate is past its end',
  ERR_X509_SVID_NOT_YET_VALID: 'a certificate is not valid yet',
  ERR_X509_SVID_CA: 'an issuer in a chain may not issue what it signed',
  ERR_X509_SVID_UNTRUSTED: 'no chain leads from a certificate to an authority of its trust domain',
  // proto
  ERR_PROTO_DEFINITION:
    'an interface definition is missing or does not parse: the installation is incomplete',
  ERR_PROTO_MESSAGE: 'bytes are not a message of the type they should have',
  // grpc, xds, sds
  ERR_GRPC_ADDRESS_IN_USE: 'a port or a Unix socket is in use by another process',
  ERR_GRPC_LISTEN: 'an address cannot be listened on',
  ERR_GRPC_TLS_MATERIAL: 'certificate, key and trust of a listener cannot be used together',
  ERR_GRPC_CALLER_UNKNOWN: 'a call came by a connection that was not accepted by its listener',
  ERR_SDS_OPEN_LISTENER:
    'private keys would travel over TCP without TLS, and nothing says that this is meant',
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
  // keys
  ERR_KEYS_ORIGIN: 'a CA file is set for something other than an https origin',
  ERR_KEY_FETCH_URL: 'the URL of a key set is malformed, names a user, or is http where only https may be',
  ERR_KEY_FETCH_ADDRESS: 'the server of a key set has an address that may not be fetched from',
  ERR_KEY_FETCH_CA: 'the CA file for the server of a key set cannot be read',
  ERR_KEY_FETCH_CONNECTION: 'the server of a key set cannot be reached, or its certificate is not good',
  ERR_KEY_FETCH_TIMEOUT: 'the server of a key set did not answer in time',
  ERR_KEY_FETCH_STATUS: 'the server of a key set answered with an error',
  ERR_KEY_FETCH_REDIRECT: 'the server of a key set redirects too often',
  ERR_KEY_FETCH_TOO_LARGE: 'the answer of a key server is over its limit in bytes',
  ERR_KEY_DISCOVERY: 'the discovery document of an issuer is broken or names another issuer',
  ERR_KEY_SET_UNKNOWN: 'a key set was asked for that no rule names',
  ERR_KEY_SET_EXPIRED: 'the last good keys of a set are older than `keys.maxAge`',
  // policy
  ERR_POLICY_KIND: 'an object among the policies is of a kind that is no policy',
  ERR_POLICY_UNSUPPORTED: 'a policy uses something that sallyport does not support yet',
  ERR_POLICY_ACTION: 'the action of a policy does not go with its rules, its provider or its annotations',
  ERR_POLICY_TARGET: 'a policy names its workloads in two ways at once, or a target that cannot be one',
  ERR_POLICY_SELECTOR: 'a workload selector holds an empty key, a wildcard or a value that is too long',
  ERR_POLICY_EMPTY: 'a list, an entry or a value of a policy is empty where that has no meaning',
  ERR_POLICY_VALUE: 'a value of a policy has a form that its field does not take',
  ERR_POLICY_SOURCE_CONFLICT: 'a source names service accounts beside principals or namespaces',
  ERR_POLICY_SERVICE_ACCOUNT: 'a service account is not `name` or `namespace/name`',
  ERR_POLICY_TRUST_DOMAIN: 'a trust domain holds a slash, or a wildcard in the middle',
  ERR_POLICY_IP: 'a value is neither an IP address nor a CIDR range',
  ERR_POLICY_PORT: 'a port is not a whole number from 0 to 65535',
  ERR_POLICY_PATH_TEMPLATE: 'a path with `{*}` or `{**}` is not one that Envoy can match',
  ERR_POLICY_CONDITION: 'a condition has an unknown key, or neither values nor notValues',
  ERR_POLICY_DRY_RUN:
    'the dry-run annotation has no boolean value, or stands on a policy that cannot have it',
  ERR_POLICY_TOKEN_RULE: 'a token rule lacks an issuer or keys, or names them in two ways',
  ERR_POLICY_JWKS: 'an inline key set is not a JSON Web Key Set with complete keys',
  ERR_POLICY_PORT_MTLS:
    'port level mTLS stands without a selector, without a port, or for a port out of range',
  ERR_LINT_SPIFFE_SCHEME:
    'a principal is written with `spiffe://`, which is added anyway, so it never matches',
  ERR_LINT_INNER_STAR: 'a `*` in the middle of a value is an ordinary character',
  ERR_LINT_STAR_SLASH_STAR: 'the request principal `*/*` matches only the subject `*`',
  ERR_LINT_HOST_PORT: 'a host without its twin for ports does not match a request that names a port',
  ERR_LINT_NOT_PATHS: 'a DENY rule that says only which paths it spares denies everything else',
  ERR_LINT_DENY_TCP: 'a DENY rule with only HTTP attributes denies every TCP connection',
  ERR_LINT_EMPTY_SELECTOR: 'a workload selector without labels selects every workload',
  ERR_LINT_PRIVATE_KEY: 'an inline key set holds private or symmetric key material',
  ERR_LINT_PEER_TWICE: 'two PeerAuthentications hold for the same workloads; only the first counts',
  ERR_LINT_PEER_IGNORED: 'a PeerAuthentication of the root namespace with a selector has no effect',
  // ca
  ERR_CA_TEMPLATE: 'a certificate was asked for that must not exist, so it was not signed',
  ERR_CA_EXPIRED: 'a CA that should sign is past its end',
  ERR_CA_ISSUE: 'a certificate was signed, looked at again and not let out, or the key did not sign',
  // store
  ERR_STATE_MISSING: 'a folder holds no state of a sallyport',
  ERR_STATE_OPEN: 'the state folder can be entered by other users, or belongs to one',
  ERR_STATE_NOT_WRITABLE: 'the state folder cannot be made or written',
  ERR_STATE_LOCKED: 'another sallyport uses the state folder',
  ERR_STATE_DAMAGED: 'a file of the state folder cannot be used',
  ERR_STATE_NEWER: 'the state was written by a newer sallyport',
  ERR_STATE_KEY_OPEN: 'a key file can be read by other users',
  ERR_STATE_KEY_UNREADABLE: 'a key file cannot be read',
  // workload
  ERR_OBJECT_KIND: 'an object is of a kind or version that is not read from this folder',
  ERR_WORKLOAD_ADDRESS: 'the address of a WorkloadEntry is neither an IP address nor a host name',
  ERR_WORKLOAD_KIND: 'the labels of a WorkloadEntry do not say what kind of proxy it is',
  ERR_ENTRY_SPIFFE_ID: 'the SPIFFE ID of an entry is not one that Sallyport may hand out',
  ERR_ENTRY_SELECTOR: 'a selector of an entry is of no known kind, or no caller can have it',
  ERR_ENTRY_DNS_NAME: 'a DNS name of an entry is not one that a certificate can carry',
  ERR_ENTRY_DUPLICATE: 'two entries have the same SPIFFE ID and selectors',
  ERR_ENTRY_UNSUPPORTED: 'an entry asks for what is not built yet',
  // issuer
  ERR_ISSUER_ID: 'a SPIFFE ID is of another trust domain, without a path, or reserved',
  ERR_ISSUER_TTL: 'the TTL of a certificate is out of range',
  ERR_ISSUER_CSR: 'a CSR asks for another identity than the one to be issued',
  ERR_ISSUER_OTHER_TRUST_DOMAIN: 'the state folder holds the CA of another trust domain',
  ERR_ISSUER_NOT_STARTED: 'a state folder holds no CA yet',
  ERR_ISSUER_ROOT_EXPIRED: 'the root certificate is past its end',
  ERR_ISSUER_KEY_MISSING: 'the key file of a CA is missing',
  ERR_ISSUER_KEY: 'the key file of a CA is no key, or that of another certificate',
  // web
  ERR_WEB_ADDRESS_IN_USE: 'the port of the admin listener is in use by another process',
  ERR_WEB_LISTEN: 'the admin listener cannot listen on its address',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;
