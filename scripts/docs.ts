/**
 * Makes `docs/errors.md`, `docs/config.md` and `docs/divergences.md` from the code, so that they cannot say anything else:
 * `npm run docs`. `test/docs.test.ts` fails while they differ.
 */
import { writeFileSync } from 'node:fs';
import { REQUEST_DIVERGENCES } from '../src/authz/index.ts';
import { byCodeUnit, ERROR_CODES } from '../src/base/index.ts';
import { describeSettings, type SettingDescription } from '../src/config/index.ts';
import { TOKEN_DIVERGENCES } from '../src/jwt/index.ts';
import { POLICY_DIVERGENCES } from '../src/policy/index.ts';

/** The text of each made file by its path from the top of the repository. */
export function makeDocs(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/errors.md', errorsPage()],
    ['docs/config.md', configPage()],
    ['docs/divergences.md', divergencesPage()],
  ]);
}

const MADE = '<!-- Made by `npm run docs`; changes belong into the code. -->';

function errorsPage(): string {
  const codes = Object.entries(ERROR_CODES).sort(([a], [b]) => byCodeUnit(a, b));
  return page([
    '# Error codes',
    MADE,
    'A code is stable: it is never renamed and never used again for another cause. Programs should look at codes, people at messages and hints.',
    table(
      ['code', 'means'],
      codes.map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
  ]);
}

function divergencesPage(): string {
  return page([
    '# Where Sallyport differs from Istio and Envoy',
    MADE,
    'Same files, same verdicts, but for the rows below. In each of them Sallyport denies, refuses a file, knows less, or leaves more of a request as it was sent; in none does it allow what Istio denies. Istio is meant as it is with `PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS`: without it, it denies what several providers would be asked about.',
    '## Requests',
    table(
      ['row', 'Istio', 'Sallyport', 'why'],
      REQUEST_DIVERGENCES.map(({ id, istio, sallyport, why }) => [`\`${id}\``, istio, sallyport, why]),
    ),
    '## Policy files',
    table(
      ['row', 'Istio', 'Sallyport', 'why'],
      POLICY_DIVERGENCES.map(({ id, istio, sallyport, why }) => [`\`${id}\``, istio, sallyport, why]),
    ),
    '## Tokens',
    'A token that is too long, one of too many, one with `crit`, `b64` or a nested token, and one whose claims cannot be sent in a header end the request. Any other token that is refused by one of these rows counts as not sent: where another token of the request is good under another rule, it speaks for the caller, who could have sent it alone.',
    table(
      ['row', 'Envoy', 'Sallyport', 'why'],
      TOKEN_DIVERGENCES.map(({ id, envoy, sallyport, why }) => [`\`${id}\``, envoy, sallyport, why]),
    ),
  ]);
}

function configPage(): string {
  const groups = Map.groupBy(describeSettings(), ({ path }) => groupOf(path));
  const alone = [...groups.values()].flatMap((settings) => (isAlone(settings) ? settings : []));
  const together = [...groups].filter(([, settings]) => !isAlone(settings));
  return page([
    '# Settings',
    MADE,
    'The settings are one YAML file, `sallyport serve --config sallyport.yaml`. An unknown key is an error, relative paths are seen from the folder of the file, and durations are texts such as `10s`, `1h30m` or `10y`. It is read at start alone; the folders that it names (policies, workloads, entries) are watched, and a change there comes into force by itself, or the log says what is wrong with it and what was read before serves on. The smallest file that does something:',
    '```yaml\ntrustDomain: example.org\nlisteners:\n  authz:\n    - address: 127.0.0.1:9191\npolicies: [./policies]\n```',
    settingsTable(alone),
    ...together.map(([group, [head, ...members]]) =>
      [
        `## \`${group}\``,
        sentence(head?.description ?? ''),
        ...(members.length > 0 ? [settingsTable(members)] : []),
      ].join('\n\n'),
    ),
  ]);
}

/** The first name of a path; listeners, whose members differ, are split further. */
function groupOf(path: string): string {
  const [first = '', second] = path.split('.').map((part) => part.replace('[]', ''));
  return first === 'listeners' && second !== undefined ? `${first}.${second}` : first;
}

/** A setting that is a value itself. */
function isAlone([head, ...members]: readonly SettingDescription[]): boolean {
  return members.length === 0 && head?.type !== 'map';
}

function settingsTable(settings: readonly SettingDescription[]): string {
  return table(
    ['path', 'type', 'default', 'meaning'],
    settings.map((setting) => [
      `\`${setting.path}\``,
      setting.type,
      fallbackOf(setting),
      setting.description,
    ]),
  );
}

function fallbackOf(setting: SettingDescription): string {
  if (setting.isRequired) {
    return 'required';
  }
  return setting.default === undefined ? '–' : `\`${setting.default}\``;
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function page(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`;
}

if (import.meta.main) {
  for (const [path, text] of makeDocs()) {
    writeFileSync(path, text);
    process.stdout.write(`${path}\n`);
  }
}
