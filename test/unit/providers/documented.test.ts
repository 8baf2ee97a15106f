import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadSettings } from '../../../src/config/index.ts';
import { load, MESH } from '../policy/load.ts';

test('the example of docs/custom.md is one', () => {
  const blocks = [...readFileSync('docs/custom.md', 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)];
  const [settings = '', policy = ''] = blocks.map(([, yaml]) => yaml ?? '');
  const { value, diagnostics } = loadSettings({ path: 'sallyport.yaml', text: settings });
  expect(diagnostics).toEqual([]);
  const protocols = (value?.extensionProviders ?? []).map(
    ({ name, envoyExtAuthzGrpc }) => [name, envoyExtAuthzGrpc === undefined ? 'http' : 'grpc'] as const,
  );
  expect(protocols.map(([name]) => name)).toEqual(['opa', 'oauth']);
  expect(load(policy, { ...MESH, providers: new Map(protocols) }).diagnostics).toEqual([]);
});
