/**
 * The size of everything a stranger or a file can make large. Each has a test at the limit and one past
 * it, in the room that applies it.
 */
export const LIMITS = {
  /** A CheckRequest as it arrives, bytes. Envoy's own header limit is 60 KiB, bodies come on top. */
  checkRequestBytes: 4 * 1024 * 1024,
  /** Header lines of one request. */
  headerLines: 1000,
  /** Certificates of peers that stay parsed, and the longest, in characters of URL-encoded PEM. */
  peerCertificatesKept: 1000,
  peerCertificateKeptChars: 16 * 1024,
  /** Services that CUSTOM policies may name; calls to one of them at a time, and connections to one over HTTP. */
  extensionProviders: 100,
  providerCalls: 1000,
  /** Bytes of all questions that wait for such services. */
  providerOpenBytes: 256 * 1024 * 1024,
  providerConnections: 128,
  /** What such a service answers, head and body together, bytes; headers or parameters of one kind in it. */
  providerReplyBytes: 256 * 1024,
  providerReplyHeaders: 256,
  /** A compact JWT, bytes; Envoy itself takes 20 KB. */
  tokenBytes: 16 * 1024,
  /** Tokens looked at in one request, by all rules together. */
  tokensPerRequest: 16,
  /** Keys tried in one request: one token that many rules verify by many keys would cost them all. */
  keysTriedPerRequest: 64,
  /** Nesting of a token's header and payload, and of a JWKS document. */
  tokenJsonDepth: 32,
  /** Keys of one set that are tried on one token; tokens without `kid` could otherwise cost them all. */
  keysTriedPerToken: 32,
  /** A JWKS document, bytes, and its keys. */
  keySetBytes: 1024 * 1024,
  keySetKeys: 1000,
  /** Redirects followed while a key set is fetched. */
  keyFetchRedirects: 2,
  /** One YAML file, bytes; documents in it; nesting; aliases of a document and the values they add. */
  manifestFileBytes: 8 * 1024 * 1024,
  manifestDocuments: 5000,
  manifestDepth: 64,
  manifestAliases: 100,
  manifestAliasNodes: 10_000,
  /** Reading all folders anew while the service runs: how long it may take, and how much memory. */
  reloadMillis: 5 * 60 * 1000,
  reloadHeapMegabytes: 2048,
  /** All files of one folder. */
  manifestFiles: 10_000,
  manifestFolderBytes: 256 * 1024 * 1024,
  /** A generic secret from a file, bytes, and how many there may be. */
  secretBytes: 64 * 1024,
  secretFiles: 1000,
  /** A file with certificates or keys that the settings name, bytes. */
  smallFileBytes: 1024 * 1024,
  /** The entity tags that a client of the public listener brings along, characters. */
  entityTagChars: 1024,
  /** Values of one list of a Service, ServiceEntry or Gateway; endpoints of a ServiceEntry. */
  serviceValues: 1000,
  serviceEndpoints: 4096,
  /** A DER certificate, bytes; certificates in one chain. */
  certificateBytes: 64 * 1024,
  chainCertificates: 10,
  /** Certificates of a trust bundle that somebody else hands us. */
  bundleCertificates: 1000,
  /** The TTL of an issued certificate: ten years. */
  svidTtlSeconds: 10 * 365 * 24 * 60 * 60,
  /** Revoked certificates in one revocation list; signing it and looking at it again takes the event loop so long. */
  crlEntries: 2000,
  /** Audiences of one JWT-SVID, and all of them together, bytes. */
  audiences: 32,
  audienceBytes: 8192,
  /** What a container engine tells of one container, bytes. */
  dockerAnswerBytes: 1024 * 1024,
  /** An executable that is hashed for the selector `unix:sha256`, bytes. */
  executableBytes: 512 * 1024 * 1024,
  /** An xDS request, bytes; resource names in one subscription, bytes of a name. */
  discoveryRequestBytes: 256 * 1024,
  resourceNames: 1000,
  resourceNameBytes: 2048,
  /** All names that one stream asks for, bytes; a version that a client brings along, characters. */
  subscriptionBytes: 64 * 1024,
  resourceVersionChars: 128,
  /** Names of all streams together, bytes, not counting streams with few: those always have room. */
  subscriptionBytesTotal: 64 * 1024 * 1024,
  subscriptionBytesFree: 4096,
  /** gRPC, per listener. */
  connectionsPerListener: 10_000,
  streamsPerConnection: 1000,
  /** On agent listeners, where strangers call; an Envoy opens one for each secret, and then another connection. */
  agentStreamsPerConnection: 100,
  callsPerListener: 20_000,
  /** At the admin socket: what is asked, and what is answered, bytes. */
  adminRequestBytes: 1024 * 1024,
  adminAnswerBytes: 64 * 1024 * 1024,
  /** Diagnostics that are printed before the rest is counted. */
  diagnostics: 200,
} as const;
