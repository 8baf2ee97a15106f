import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The members of the union types that make up `AuthzReason`. */
function reasons(): readonly string[] {
  return ['src/authz/reason.ts', 'src/policy/decision.ts', 'src/jwt/authenticate-types.ts'].flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/Reason =$([^;]*);/gm)].flatMap(([, union = '']) =>
      [...union.matchAll(/\| '(\w+)'/g)].map(([, code = '']) => code),
    ),
  );
}

it('docs/policies.md explains every reason that a client may see, and no other', () => {
  const explained = readFileSync('docs/policies.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `') && line.includes('_'))
    .flatMap((line) =>
      [...(line.split('|')[1] ?? '').matchAll(/`([a-z]+_[a-z_]+)`/g)].map(([, code]) => code),
    );
  expect(reasons().length).toBeGreaterThan(30);
  expect([...explained].sort()).toEqual([...reasons()].sort());
});
