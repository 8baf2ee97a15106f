import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDer } from '../../../src/x509/der-read.ts';
import {
  fieldsOf,
  readNamedBits,
  readOid,
  readSmallInteger,
  readTime,
} from '../../../src/x509/der-values.ts';
import {
  boolean,
  context,
  type DerValue,
  namedBits,
  octetString,
  oid,
  sequence,
  set,
  time,
  toDer,
  unsignedInteger,
  utf8String,
} from '../../../src/x509/der-write.ts';
import { codeOf } from './code-of.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

describe('readDer', () => {
  it.each([
    ['bytes behind the end', '3000 00'],
    ['an empty input', ''],
    ['a tag alone', '30'],
    ['a content cut off', '0403 0102'],
    ['a child past its parent', '3003 0403 010203'],
    ['an indefinite length', '3080 0000'],
    ['a long form where the short one does', '30 8102 0500'],
    ['a length with leading zeros', `30 820080 ${'0500'.repeat(64)}`],
    ['a length of five bytes', '04 850000000001 00'],
    ['a length far past the end', '04 84ffffffff 00'],
    ['a constructed octet string', '2403 0401 00'],
    ['a primitive sequence', '1000'],
    ['a high tag number', 'bf2100'],
    ['the end-of-contents tag', '0000'],
    ['an application tag', '6000'],
    ['a boolean of 1', '0101 01'],
    ['a boolean of two bytes', '0102 ffff'],
    ['an empty integer', '0200'],
    ['an integer with a leading zero', '0202 0001'],
    ['an integer with leading ones', '0202 ff80'],
    ['a null with content', '0501 00'],
    ['an empty object identifier', '0600'],
    ['an object identifier cut off', '0601 86'],
    ['an object identifier with a leading zero', '0603 558001'],
    ['an empty bit string', '0300'],
    ['eight unused bits', '0302 0800'],
    ['unused bits of nothing', '0301 01'],
    ['unused bits that are set', '0302 0101'],
    ['a UTF8String of no UTF-8', '0c02 c328'],
    ['a PrintableString past ASCII', '1301 c3'],
    ['a set out of order', '3106 020102 020101'],
  ])('refuses %s', (_, hex) => {
    expect(codeOf(() => readDer(bytes(hex)))).toBe('ERR_X509_DER');
  });

  it('reads down to a depth of 24 and no deeper', () => {
    const nested = (depth: number): Uint8Array => {
      let value = octetString(new Uint8Array());
      for (let level = 0; level < depth; level += 1) {
        value = sequence([value]);
      }
      return toDer(value);
    };
    expect(codeOf(() => readDer(nested(24)))).toBe('accepted');
    expect(codeOf(() => readDer(nested(25)))).toBe('ERR_X509_DER');
    expect(codeOf(() => readDer(Uint8Array.from({ length: 60_000 }, () => 0x30)))).toBe('ERR_X509_DER');
  });

  it('reads whatever the writer writes, and hands the same bytes back', () => {
    const leaf: fc.Arbitrary<DerValue> = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map(octetString),
      fc.uint8Array({ minLength: 1, maxLength: 20 }).map(unsignedInteger),
      fc.string().map(utf8String),
      fc.boolean().map(boolean),
      fc.uniqueArray(fc.nat(8), { minLength: 1 }).map(namedBits),
    );
    const tree = fc.letrec<{ node: DerValue }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie('node'), { maxLength: 4 }).map(sequence),
        fc.array(tie('node'), { maxLength: 4 }).map(set),
        fc.array(tie('node'), { maxLength: 2 }).map((items) => context(3, items)),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (value) => {
        const der = toDer(value);
        expect(Buffer.from(readDer(der).bytes).equals(Buffer.from(der))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('never throws anything but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (input) => {
        expect(['accepted', 'ERR_X509_DER']).toContain(codeOf(() => readDer(input)));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('values', () => {
  it('knows object identifiers of every first arc', () => {
    for (const text of ['0.9.2342.19200300.100.1.25', '1.2.840.113549.1.9.14', '2.5.29.17', '2.999.3']) {
      expect(readOid(readDer(toDer(oid(text))))).toBe(text);
    }
  });

  it('knows object identifiers made from a UUID', () => {
    expect(readOid(readDer(bytes('06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776')))).toBe(
      '2.25.329800735698586629295641978511506172918',
    );
  });

  it('keeps small integers below 2^31', () => {
    expect(readSmallInteger(readDer(bytes('02047fffffff')))).toBe(2 ** 31 - 1);
    expect(codeOf(() => readSmallInteger(readDer(bytes('02050080000000'))))).toBe('ERR_X509_DER');
    expect(codeOf(() => readSmallInteger(readDer(bytes('0201ff'))))).toBe('ERR_X509_DER');
  });

  it('refuses a named bit list with trailing zero bits', () => {
    expect(readNamedBits(readDer(bytes('03020780')))).toEqual([0]);
    expect(codeOf(() => readNamedBits(readDer(bytes('03020680'))))).toBe('ERR_X509_DER');
    expect(codeOf(() => readNamedBits(readDer(bytes('030300 8000'))))).toBe('ERR_X509_DER');
  });

  it('reads times of both forms and both centuries', () => {
    for (const iso of ['1999-12-31T23:59:59Z', '2049-12-31T23:59:59Z', '2050-01-01T00:00:00Z']) {
      const seconds = Date.parse(iso) / 1000;
      expect(readTime(readDer(toDer(time(seconds))))).toBe(seconds);
    }
    expect(toDer(time(Date.parse('2049-12-31T23:59:59Z') / 1000))[0]).toBe(0x17);
    expect(toDer(time(Date.parse('2050-01-01T00:00:00Z') / 1000))[0]).toBe(0x18);
  });

  it.each([
    ['without seconds', 0x17, '2711150759Z'],
    ['with an offset', 0x17, '271115075950+0000'],
    ['with a fraction', 0x18, '20271115075950.5Z'],
    ['in month 13', 0x17, '271315075950Z'],
    ['on the 30th of February', 0x17, '270230075950Z'],
    ['at 24:00', 0x17, '271115240000Z'],
    ['in second 60', 0x17, '271115235960Z'],
  ])('refuses a time %s', (_, tag, text) => {
    const der = Buffer.concat([Buffer.from([tag, text.length]), Buffer.from(text)]);
    expect(codeOf(() => readTime(readDer(der)))).toBe('ERR_X509_DER');
  });

  it('misses no field and leaves none', () => {
    const fields = (): ReturnType<typeof fieldsOf> => fieldsOf(readDer(bytes('3005 020101 0500')), 0x30);
    const twice = fields();
    twice.take(0x02);
    expect(codeOf(() => twice.end())).toBe('ERR_X509_DER');
    twice.take(0x05);
    twice.end();
    expect(codeOf(() => twice.takeAny())).toBe('ERR_X509_DER');
    expect(codeOf(() => fields().take(0x05))).toBe('ERR_X509_DER');
    expect(fields().takeIf(0x05)).toBeUndefined();
  });
});
