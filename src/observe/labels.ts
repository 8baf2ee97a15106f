/** Keeps what others choose from filling memory: after so many values of a label, the rest are one. */
export function boundedLabel(valuesMax: number): (value: unknown) => string {
  const known = new Set<string>();
  return (value) => {
    const text = typeof value === 'string' ? value.slice(0, LABEL_CHARACTERS_MAX) : 'unknown';
    if (known.has(text)) {
      return text;
    }
    if (known.size >= valuesMax) {
      return 'other';
    }
    known.add(text);
    return text;
  };
}

const LABEL_CHARACTERS_MAX = 200;
