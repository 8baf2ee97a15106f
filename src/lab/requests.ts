import type { Door, HttpAct, LabRow, Verdict } from './lab-row.ts';

const ORDERS: Door = { service: 'frontend', port: 'orders' };
const EDGE: Door = { service: 'edge', port: 'http' };

const NO_RULE: Verdict = { status: '403', reason: 'denied_no_rule', policy: undefined, rule: undefined };
const REFUSED: Verdict = { status: '-', reason: 'tls_refused', policy: undefined, rule: undefined };

/** The lab's table, in the order in which it is run. */
export const LAB_ROWS: readonly LabRow[] = [
  // From service to service: who calls, what for.
  http('orders-allowed', 'frontend: GET /orders', ORDERS, 'GET /orders', allowed('shop/readers', 0)),
  http('orders-one', 'frontend: GET /orders/42', ORDERS, 'GET /orders/42', allowed('shop/readers', 0)),
  http(
    'orders-query',
    'frontend: GET /orders?limit=5',
    ORDERS,
    'GET /orders?limit=5',
    allowed('shop/readers', 0),
  ),
  http(
    'other-principal',
    'intruder: GET /orders',
    { service: 'intruder', port: 'orders' },
    'GET /orders',
    NO_RULE,
  ),
  http('wrong-method', 'frontend: POST /orders', ORDERS, 'POST /orders', NO_RULE),
  http('path-outside', 'frontend: GET /admin', ORDERS, 'GET /admin', NO_RULE),
  http('double-slash', 'frontend: GET //orders', ORDERS, 'GET //orders', NO_RULE),
  http('encoded-dots', 'frontend: GET /orders/%2e%2e/admin', ORDERS, 'GET /orders/%2e%2e/admin', NO_RULE),
  http('path-in-query', 'frontend: GET /admin?next=/orders', ORDERS, 'GET /admin?next=/orders', NO_RULE),
  http('deny-beats-allow', 'frontend: GET /orders/internal/keys', ORDERS, 'GET /orders/internal/keys', {
    status: '403',
    reason: 'denied_by_policy',
    policy: 'shop/closed',
    rule: 0,
  }),
  // From outside: end users and their tokens.
  http('public', 'visitor: GET /public', EDGE, 'GET /public', allowed('edge/visitors', 0)),
  http('no-token', 'no token: GET /account', EDGE, 'GET /account', NO_RULE),
  http('good-token', 'good token: GET /account', EDGE, 'GET /account', allowed('edge/visitors', 1), {
    token: {},
    arrives: { 'x-user': 'alice', authorization: null },
  }),
  http(
    'expired-token',
    'expired token: GET /account',
    EDGE,
    'GET /account',
    badToken('401', 'token_expired'),
    {
      token: { lifetimeSeconds: -600 },
    },
  ),
  http(
    'unknown-issuer',
    'token of an unknown issuer: GET /account',
    EDGE,
    'GET /account',
    badToken('401', 'token_issuer_unknown'),
    { token: { issuer: 'https://elsewhere.example.com' } },
  ),
  http(
    'wrong-audience',
    'token for another audience: GET /account',
    EDGE,
    'GET /account',
    badToken('403', 'token_audience'),
    { token: { audience: 'bank' } },
  ),
  http(
    'forged-token',
    'token signed by a stray key: GET /account',
    EDGE,
    'GET /account',
    badToken('401', 'token_signature'),
    { token: { key: 'stray' } },
  ),
  http('role-missing', 'token without the role: GET /reports', EDGE, 'GET /reports', NO_RULE, {
    token: { roles: ['clerk'] },
  }),
  http(
    'role-present',
    'token with the role: GET /reports',
    EDGE,
    'GET /reports',
    allowed('edge/visitors', 2),
    {
      token: { roles: ['clerk', 'auditor'] },
    },
  ),
  http(
    'user-header-replaced',
    'good token and `x-user: mallory`: GET /account',
    EDGE,
    'GET /account',
    allowed('edge/visitors', 1),
    { token: {}, headers: { 'x-user': 'mallory' }, arrives: { 'x-user': 'alice' } },
  ),
  http(
    'user-header-removed',
    'no token and `x-user: mallory`: GET /public',
    EDGE,
    'GET /public',
    allowed('edge/visitors', 0),
    { headers: { 'x-user': 'mallory' }, arrives: { 'x-user': null } },
  ),
  // Whoever does not come by mutual TLS, and whoever is not who he says.
  {
    id: 'plain-text',
    title: 'plain text into the mTLS port of orders',
    act: { kind: 'handshake', with: 'plain_text' },
    expected: REFUSED,
  },
  {
    id: 'no-certificate',
    title: 'TLS without a certificate',
    act: { kind: 'handshake', with: 'no_certificate' },
    expected: REFUSED,
  },
  {
    id: 'foreign-certificate',
    title: 'a certificate for frontend from a foreign CA',
    act: { kind: 'handshake', with: 'foreign_certificate' },
    expected: REFUSED,
  },
  http(
    'impostor',
    'frontend: GET /orders, and intruder answers in place of orders',
    { service: 'frontend', port: 'impostor' },
    'GET /orders',
    { status: '503', reason: 'tls_refused', policy: undefined, rule: undefined },
  ),
  // Bytes.
  {
    id: 'tcp-allowed',
    title: 'frontend: TCP to the ledger',
    act: { kind: 'tcp', through: { service: 'frontend', port: 'ledger' } },
    expected: allowed('shop/bookkeepers', 0),
  },
  {
    id: 'tcp-denied',
    title: 'intruder: TCP to the ledger',
    act: { kind: 'tcp', through: { service: 'intruder', port: 'ledger' } },
    expected: { ...NO_RULE, status: '-' },
  },
  // While it runs.
  {
    id: 'policy-written-in-place',
    title: 'policy written in place: GET /orders/today',
    act: { kind: 'policy_edit', how: 'write_in_place' },
    expected: closedBy('shop/edited'),
  },
  {
    id: 'policy-renamed-over',
    title: 'policy renamed over: GET /orders/today',
    act: { kind: 'policy_edit', how: 'rename_over' },
    expected: closedBy('shop/edited'),
  },
  {
    id: 'policy-data-symlink',
    title: '`..data` symlink swapped: GET /orders/today',
    act: { kind: 'policy_edit', how: 'data_symlink' },
    expected: closedBy('shop/mounted'),
  },
  {
    id: 'rotation',
    title: 'courier: GET /parcels under load while its certificate rotates',
    act: { kind: 'rotation' },
    expected: allowed('shop/readers', 1),
  },
  {
    id: 'stopped-verdict',
    title: 'Sallyport stopped, frontend: GET /orders',
    act: { kind: 'outage', step: 'verdict_while_stopped' },
    expected: {
      status: '503',
      reason: 'ext_authz_error',
      policy: undefined,
      rule: undefined,
    },
  },
  {
    id: 'stopped-tls',
    title: 'Sallyport stopped, frontend: GET /healthz (needs no verdict)',
    act: { kind: 'outage', step: 'tls_while_stopped' },
    expected: { status: '200', reason: 'no_verdict_needed', policy: undefined, rule: undefined },
  },
  {
    id: 'started-again',
    title: 'Sallyport started again, same CA, frontend: GET /orders',
    act: { kind: 'outage', step: 'verdict_after_restart' },
    expected: allowed('shop/readers', 0),
  },
];

function http(
  id: string,
  title: string,
  through: Door,
  request: string,
  expected: Verdict,
  more: Pick<HttpAct, 'headers' | 'token' | 'arrives'> = {},
): LabRow {
  const [method = '', path = ''] = request.split(' ');
  return { id, title, act: { kind: 'http', through, method, path, ...more }, expected };
}

function allowed(policy: string, rule: number): Verdict {
  return { status: '200', reason: 'allowed_by_policy', policy, rule };
}

function badToken(status: '401' | '403', reason: string): Verdict {
  return { status, reason, policy: 'edge/users', rule: 0 };
}

function closedBy(policy: string): Verdict {
  return { status: '403', reason: 'denied_by_policy', policy, rule: 0 };
}
