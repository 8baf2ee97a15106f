import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { type BundleContent, type JwtAuthority, spiffeBundleDocument } from '../../identity/index.ts';
import { writeFileWhole } from '../../store/index.ts';
import { readCertificate, writePem } from '../../x509/index.ts';
import { type AskFlags, ask, columns, show, timeText, withAskOptions } from '../ask-sallyport.ts';

interface BundleView {
  readonly trustDomain: string;
  readonly sequence: number;
  readonly refreshHintSeconds: number;
  /** DER in base64. */
  readonly x509Authorities: readonly string[];
  readonly jwtAuthorities: readonly JwtAuthority[];
}

interface ExportFlags extends AskFlags {
  readonly format: 'pem' | 'spiffe';
  readonly write?: string;
}

/** `sallyport bundle`: what peers have to trust. */
export function bundleCommand(): Command {
  const showOne = withAskOptions(new Command('show'))
    .description('show the trust bundle that is published now')
    .action(async (flags: AskFlags) => {
      const bundle = (await ask(flags, 'bundle.show')) as BundleView;
      show(flags, bundle, [
        `${bundle.trustDomain}, sequence ${bundle.sequence}`,
        ...columns(bundle.x509Authorities.map(rowOf)),
        ...bundle.jwtAuthorities.map(({ keyId }) => `JWT key ${keyId}`),
      ]);
    });
  const exportOne = withAskOptions(new Command('export'))
    .description('write the trust bundle for other verifiers')
    .addOption(
      new Option('--format <format>', 'certificates in PEM, or the JSON of SPIFFE')
        .choices(['pem', 'spiffe'])
        .default('pem'),
    )
    .option('--write <file>', 'where to; default: standard output')
    .action(async (flags: ExportFlags) => {
      const bundle = (await ask(flags, 'bundle.show')) as BundleView;
      const text =
        flags.format === 'pem'
          ? pemOf(bundle)
          : `${JSON.stringify(spiffeBundleDocument(contentOf(bundle)), null, 2)}\n`;
      if (flags.write === undefined) {
        process.stdout.write(text);
      } else {
        writeFileWhole(resolve(flags.write), Buffer.from(text), 0o644);
      }
    });
  return new Command('bundle')
    .description('what peers have to trust')
    .addCommand(showOne)
    .addCommand(exportOne);
}

function rowOf(base64: string): readonly string[] {
  const { der, serial, notAfterSeconds } = readCertificate(Buffer.from(base64, 'base64'));
  const fingerprint = createHash('sha256').update(der).digest('hex');
  return ['root', serial, `until ${timeText(notAfterSeconds)}`, `sha256 ${fingerprint}`];
}

function pemOf({ x509Authorities }: BundleView): string {
  return writePem(
    'CERTIFICATE',
    x509Authorities.map((base64) => Buffer.from(base64, 'base64')),
  );
}

function contentOf({ x509Authorities, ...rest }: BundleView): BundleContent {
  return { ...rest, x509Authorities: x509Authorities.map((base64) => Buffer.from(base64, 'base64')) };
}
