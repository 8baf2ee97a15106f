import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../src/base/index.ts';
import { compilePolicies, evaluate, type Target } from '../../../src/policy/index.ts';
import { authorization, MESH, mustLoad } from './load.ts';
import { attributesOf, readVectors } from './vectors.ts';

const WAYPOINT: Target = {
  namespace: 'web',
  kind: 'waypoint',
  labels: new Map([
    ['a', '1'],
    ['b', '2'],
  ]),
  gatewayName: 'wp',
  services: [{ kind: 'Service', namespace: 'shop', name: 'cart' }],
};

const SIDECAR: Target = { ...WAYPOINT, kind: 'sidecar', gatewayName: undefined, services: [] };

describe('a compiled set', () => {
  const set = compilePolicies(mustLoad(authorization('{ action: DENY, rules: [{}] }')), MESH);

  it('prepares equal targets once, whatever the order of their labels', () => {
    const prepared = set.forTarget(WAYPOINT);
    expect(set.forTarget({ ...WAYPOINT })).toBe(prepared);
    expect(set.forTarget({ ...WAYPOINT, labels: new Map([...WAYPOINT.labels].toReversed()) })).toBe(prepared);
  });

  it.each([
    [{ namespace: 'other' }],
    [{ kind: 'gateway' as const }],
    [{ gatewayName: undefined }],
    [{ gatewayName: 'other' }],
    [{ labels: new Map([['a', '1']]) }],
    [
      {
        labels: new Map([
          ['a', '2'],
          ['b', '1'],
        ]),
      },
    ],
    [{ services: [] }],
    [{ services: [{ kind: 'ServiceEntry' as const, namespace: 'shop', name: 'cart' }] }],
  ])('keeps a target that differs in %o apart', (part) => {
    expect(set.forTarget({ ...WAYPOINT, ...part })).not.toBe(set.forTarget(WAYPOINT));
  });

  it('goes on when more targets come than it remembers', () => {
    const attributes = readVectors()
      .slice(0, 1)
      .map((vector) => attributesOf(vector.request));
    const effects = Array.from({ length: 10_050 }, (_, index) => {
      const target = { ...WAYPOINT, kind: 'sidecar' as const, labels: new Map([['a', String(index)]]) };
      return attributes.map((one) => evaluate(set, target, one).effect);
    });
    expect(new Set(effects.flat())).toEqual(new Set(['deny']));
  });

  it('prepares a target a little at a time, and then has it', () => {
    const rules = Array.from(
      { length: 500 },
      (_, index) => `{ to: [{ operation: { paths: [/p${index}] } }] }`,
    );
    const large = compilePolicies(
      mustLoad(authorization(`{ action: DENY, rules: [${rules.join(', ')}] }`)),
      MESH,
    );
    let steps = 0;
    for (const work = large.prepare(SIDECAR); work.next().done !== true; ) {
      steps += 1;
    }
    expect(steps).toBeGreaterThan(500);
    const prepared = large.forTarget(SIDECAR);
    expect(atOnce(prepared.prepareRules('http'))).toBe(prepared.rules('http'));
    let stepsAgain = 0;
    for (const work = large.prepare(SIDECAR); work.next().done !== true; ) {
      stepsAgain += 1;
    }
    expect(stepsAgain).toBe(0);
  });

  it('knows which targets were asked for', () => {
    const fresh = compilePolicies(mustLoad(authorization('{}')), MESH);
    expect(fresh.recentTargets()).toEqual([]);
    fresh.forTarget(WAYPOINT);
    fresh.forTarget({ ...WAYPOINT });
    atOnce(fresh.prepare({ ...WAYPOINT, namespace: 'other' }));
    expect(fresh.recentTargets().map(({ namespace }) => namespace)).toEqual(['web', 'other']);
  });

  it('compiles one list of policies once, for all targets that it holds for', () => {
    const many = compilePolicies(
      mustLoad(
        [
          authorization('{ rules: [{}] }', 'all'),
          authorization('{ selector: { matchLabels: { a: "1" } }, rules: [{}] }', 'one'),
          authorization('{ selector: { matchLabels: { a: "2" } }, rules: [{}] }', 'two'),
        ].join('---\n'),
      ),
      MESH,
    );
    const rulesAt = (a: string, b: string) =>
      many
        .forTarget({
          ...SIDECAR,
          labels: new Map([
            ['a', a],
            ['b', b],
          ]),
        })
        .rules('http');
    expect(rulesAt('1', 'x')).toBe(rulesAt('1', 'y'));
    expect(rulesAt('3', 'x')).toBe(rulesAt('4', 'x'));
    expect(rulesAt('1', 'x')).not.toBe(rulesAt('2', 'x'));
    const names = (a: string) => rulesAt(a, 'x').allow?.rules.map(({ policy }) => policy.name);
    expect([names('1'), names('2'), names('3')]).toEqual([['all', 'one'], ['all', 'two'], ['all']]);
  });

  it.each(['principals: [td/', 'notPrincipals: [td/'])('takes each of very many values of %s', (field) => {
    const values = Array.from({ length: 2500 }, (_, index) => `td/ns/n${index}/sa/s`).join(', ');
    const long = compilePolicies(
      mustLoad(authorization(`{ rules: [{ from: [{ source: { ${field}x, ${values}] } }] }] }`)),
      MESH,
    );
    const effectOf = (name: string) =>
      readVectors()
        .slice(0, 1)
        .map(({ request }) => attributesOf({ ...request, principals: [`spiffe://td/ns/${name}/sa/s`] }))
        .map((attributes) => evaluate(long, SIDECAR, attributes).effect)[0];
    const isNegated = field.startsWith('not');
    for (const name of ['n0', 'n999', 'n1000', 'n1001', 'n2499']) {
      expect(effectOf(name)).toBe(isNegated ? 'deny' : 'allow');
    }
    expect(effectOf('n2500')).toBe(isNegated ? 'allow' : 'deny');
  });

  it.each([
    ['ALLOW', 'DENY', 'denied_no_rule'],
    ['DENY', 'ALLOW', 'denied_no_rule'],
    ['DENY', 'DENY', 'allowed_no_policy'],
  ])(
    'with %s in force and %s on trial says what became of a request that neither means',
    (action, trial, reason) => {
      const rules = 'rules: [{ to: [{ operation: { paths: [/elsewhere] } }] }]';
      const dryRun = authorization(`{ action: ${trial}, ${rules} }`, 'trial').replace(
        'namespace: web',
        'namespace: web, annotations: { "istio.io/dry-run": "true" }',
      );
      const text = [authorization(`{ action: ${action}, ${rules} }`), dryRun].join('---\n');
      const tried = compilePolicies(mustLoad(text), MESH);
      const [decision] = readVectors()
        .slice(0, 1)
        .map(({ request }) => evaluate(tried, SIDECAR, attributesOf({ ...request, path: '/here' })));
      expect(decision?.ifEnforced?.reason).toBe(reason);
    },
  );

  it('is plain data that can be posted to a worker', () => {
    expect(structuredClone(set.objects)).toEqual(set.objects);
  });
});
