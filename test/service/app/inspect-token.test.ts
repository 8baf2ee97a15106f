import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { checkFiles } from '../../../src/app/index.ts';
import { systemClock } from '../../../src/base/index.ts';
import { jwksOf, makeToken } from '../../fakes/token-issuer.ts';
import { makeSite, SETTINGS } from './bed.ts';

const run = promisify(execFile);

it('`jwt inspect` says rule by rule what holds, by the algorithms of the settings, and prints no signature', async () => {
  const site = makeSite(`${SETTINGS}keys: { algorithms: { 'https://id.example.org': [ES256] } }\n`);
  const rule = { issuer: 'https://id.example.org', jwks: jwksOf('p256', 'rsa') };
  site.write(
    'policies/tokens.yaml',
    `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: [${JSON.stringify(rule)}] }
`,
  );
  const inspect = async (key: 'p256' | 'rsa') => {
    const token = makeToken(key, { payload: { iss: rule.issuer, sub: 'ann', note: '\u009b2J' } });
    const args = ['src/cli/main.ts', 'jwt', 'inspect', token, '--config', site.settingsPath];
    const { stdout } = await run(process.execPath, args);
    expect(stdout).not.toContain(token.split('.')[2]);
    return stdout;
  };
  const taken = await inspect('p256');
  expect(taken).toContain('"sub": "ann"');
  expect(taken).toContain('shop/tokens#0: accepted');
  expect(taken).toContain('signature: passed');
  expect(taken).toContain('"note": "\\u009b2J"');
  const refused = await inspect('rsa');
  expect(refused).toContain('shop/tokens#0: refused');
  expect(refused).toContain('wants ES256, has RS256');
  const args = ['src/cli/main.ts', 'jwt', 'inspect', 'Bearer a.b.c', '--config', site.settingsPath];
  const { stdout: pasted } = await run(process.execPath, args);
  expect(pasted).toMatch(/^cannot be read: .*\nhint: give the token alone, without `Bearer`\n$/);
});

it('check and `jwt inspect` say which keys are never fetched, and why', async () => {
  const site = makeSite();
  site.write(
    'policies/tokens.yaml',
    `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec:
  jwtRules:
    - { issuer: "http://id.example.org" }
    - { issuer: "https://id.example.org", jwksUri: "https://169.254.169.254/keys" }
    - { issuer: "https://good.example.org", jwks: '${jwksOf('p256')}' }
`,
  );
  const { diagnostics } = await checkFiles(site.settingsPath, systemClock);
  expect(diagnostics.map(({ code, severity, path }) => [code, severity, path])).toEqual([
    ['ERR_KEY_FETCH_URL', 'warning', 'spec.jwtRules[0].issuer'],
    ['ERR_KEY_FETCH_ADDRESS', 'warning', 'spec.jwtRules[1].jwksUri'],
  ]);
  const token = makeToken('p256', { payload: { iss: 'http://id.example.org' } });
  const args = ['src/cli/main.ts', 'jwt', 'inspect', token, '--config', site.settingsPath];
  const { stdout } = await run(process.execPath, args);
  expect(stdout).toContain('the keys of this rule are not there: `http:` is not fetched from');
});

it('check warns of key sets in policies that verify nothing, and of no others', async () => {
  const site = makeSite();
  const none = '{"keys":[]}';
  const offCurve = '{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"BB"}]}';
  const encryption = jwksOf('p256').replace('"kty"', '"use":"enc","kty"');
  const rules = [none, offCurve, encryption, jwksOf('p256')].map((jwks) => ({
    issuer: 'https://id.example.org',
    jwks,
  }));
  site.write(
    'policies/tokens.yaml',
    `apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: shop }
spec: { jwtRules: ${JSON.stringify(rules)} }
`,
  );
  const { diagnostics } = await checkFiles(site.settingsPath, systemClock);
  expect(diagnostics.map(({ code, severity, path }) => [code, severity, path])).toEqual([
    ['ERR_KEY_SET_EMPTY', 'warning', 'spec.jwtRules[0].jwks'],
    ['ERR_KEY_SET_EMPTY', 'warning', 'spec.jwtRules[1].jwks'],
    ['ERR_KEY_SET_EMPTY', 'warning', 'spec.jwtRules[2].jwks'],
  ]);
});
