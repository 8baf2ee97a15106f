import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../../src/base/index.ts';
import { readPem, readPemBlocks, writePem } from '../../../src/x509/index.ts';
import { codeOf } from './code-of.ts';

const DER = Uint8Array.from({ length: 100 }, (_, index) => index);
const PEM = writePem('CERTIFICATE', [DER]);

describe('PEM', () => {
  it('is written in lines of 64 characters and read back', () => {
    expect(PEM.split('\n').map((line) => line.length)).toEqual([27, 64, 64, 8, 25, 0]);
    expect(readPem(PEM, 'CERTIFICATE')).toEqual([DER]);
  });

  it('holds several blocks, with Windows line ends and blank lines', () => {
    const text = `\n${writePem('CERTIFICATE', [DER, DER])}\n${writePem('PRIVATE KEY', [DER])}`;
    expect(readPemBlocks(text.replaceAll('\n', '\r\n')).map((block) => block.label)).toEqual([
      'CERTIFICATE',
      'CERTIFICATE',
      'PRIVATE KEY',
    ]);
  });

  it.each([
    ['nothing', ''],
    ['text before a block', `subject=x\n${PEM}`],
    ['text after a block', `${PEM}x`],
    ['a block without end', PEM.slice(0, -30)],
    ['an end of another label', PEM.replace('END CERTIFICATE', 'END X')],
    ['a block inside of a block', PEM.replace('\n', '\n-----BEGIN CERTIFICATE-----\n')],
    ['headers', PEM.replace('\n', '\nProc-Type: 4,ENCRYPTED\n\n')],
    ['a character that is not base64', PEM.replace('AAEC', 'AA*C')],
    ['base64 that is not canonical', PEM.replace('Yw==', 'Yx==')],
    ['base64 without padding', PEM.replace('Yw==', 'Yw')],
    ['an empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
  ])('refuses %s', (_, text) => {
    expect(text).not.toBe(PEM);
    expect(codeOf(() => readPemBlocks(text))).toBe('ERR_X509_PEM');
  });

  it('refuses a block of another label', () => {
    expect(codeOf(() => readPem(writePem('PRIVATE KEY', [DER]), 'CERTIFICATE'))).toBe('ERR_X509_PEM');
  });

  it('takes text up to the limit and none past it', () => {
    const charsMax = LIMITS.certificateBytes * 2 * LIMITS.chainCertificates;
    const filled = PEM + '\n'.repeat(charsMax - PEM.length);
    expect(codeOf(() => readPemBlocks(filled))).toBe('accepted');
    expect(codeOf(() => readPemBlocks(`${filled}\n`))).toBe('ERR_LIMIT_EXCEEDED');
  });
});
