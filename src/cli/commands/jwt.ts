import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { inspectTokenByFiles } from '../../app/index.ts';
import { systemClock, systemRandom } from '../../base/index.ts';
import type { TokenInspection } from '../../jwt/index.ts';

/** `sallyport jwt inspect`: why a token is taken or refused, rule by rule. */
export function jwtCommand(): Command {
  const inspect = new Command('inspect')
    .description('say what each rule finds in a token; its signature is never printed')
    .argument('<token>', 'the token, or `-` to read it from standard input')
    .requiredOption('--config <file>', 'the settings file')
    .action(async (text: string, flags: { readonly config: string }) => {
      const token = (text === '-' ? readFileSync(0, 'utf8') : text).trim();
      const input = { settingsPath: flags.config, token, clock: systemClock, random: systemRandom };
      const lines = linesOf(await inspectTokenByFiles(input));
      const hints = /^bearer\s/i.test(token) ? ['hint: give the token alone, without `Bearer`'] : [];
      process.stdout.write(`${[...lines, ...hints].join('\n')}\n`);
    })
    .exitOverride();
  return new Command('jwt').description('look at tokens').addCommand(inspect);
}

function linesOf({ token, malformed, rules }: TokenInspection): readonly string[] {
  if (token === undefined) {
    return [`cannot be read: ${malformed}`];
  }
  const fields = [
    ['algorithm', token.algorithm],
    ['key id', token.keyId],
    ...[...token.claims].map(([name, value]) => [name, value] as const),
  ] as const;
  return [
    ...fields.map(([name, value]) => `${safe(name)}: ${safe(value)}`),
    ...rules.flatMap(({ ruleId, verdict, checks }) => [
      `${ruleId}: ${verdict}`,
      ...checks.map(({ name, outcome, detail }) => `  ${name}: ${outcome}: ${safe(detail)}`),
    ]),
    ...(rules.length === 0 ? ['no rule looks at tokens'] : []),
  ];
}

/** As JSON in plain ASCII: what a stranger wrote into a token must not steer a terminal. */
function safe(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
