/** Where a value stands in a document: member names and list indices from the top. */
export type ValuePath = readonly (string | number)[];

/** `spec.rules[0].from[1].source.ipBlocks[2]`; names that are not plain words stand in brackets. */
export function formatPath(path: ValuePath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') {
      text += `[${step}]`;
    } else if (/^[A-Za-z_$][\w$-]*$/.test(step)) {
      text += text === '' ? step : `.${step}`;
    } else {
      text += `[${JSON.stringify(step)}]`;
    }
  }
  return text;
}
