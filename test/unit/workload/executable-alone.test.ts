import { expect, it } from 'vitest';
import { loadEntries } from '../../../src/workload/index.ts';
import { EXAMPLE_ORG, objectsOf, objectText } from './objects.ts';

const HASH = `unix:sha256:${'0'.repeat(64)}`;

function warningsOf(...selectors: readonly string[]): readonly string[] {
  const spec = ['spiffeID: spiffe://example.org/a', `selectors: ${JSON.stringify(selectors)}`];
  const { value, diagnostics } = loadEntries(
    objectsOf(objectText('ClusterStaticEntry', 'a', spec)),
    EXAMPLE_ORG,
  );
  expect(value?.entries).toHaveLength(1);
  return diagnostics.map(({ code, severity }) => `${severity} ${code}`);
}

it.each([[['unix:path:/bin/x']], [[HASH]], [['unix:path:/bin/x', HASH]], [[HASH, 'unix:gid:7']]])(
  'warns that %j can be borrowed',
  (selectors) => {
    expect(warningsOf(...selectors)).toEqual(['warning ERR_LINT_EXECUTABLE_ALONE']);
  },
);

it.each([
  [['unix:path:/bin/x', 'unix:uid:7']],
  [[HASH, 'unix:user:orders']],
  [[HASH, 'sallyport:socket:orders']],
  [['unix:uid:7']],
])('has nothing against %j', (selectors) => {
  expect(warningsOf(...selectors)).toEqual([]);
});
