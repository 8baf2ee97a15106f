export { type DerNode, derError, readDer, readOuter, TAG } from './der-read.ts';
export {
  type DerFields,
  expectTag,
  fieldsOf,
  readBitStringBytes,
  readBoolean,
  readNamedBits,
  readOid,
  readSmallInteger,
  readTime,
} from './der-values.ts';
