/**
 * The URI names of the peer in the last element of X-Forwarded-Client-Cert, which the nearest proxy wrote;
 * undefined when the header cannot be read. Elements are set apart by `,`, pairs by `;`, and both may stand
 * inside of a quoted value.
 */
export function peerOfForwardedCert(header: string): readonly string[] | undefined {
  const pairs: string[] = [];
  let pair = '';
  let isQuoted = false;
  for (let index = 0; index < header.length; index += 1) {
    const char = header.charAt(index);
    if (isQuoted && char === '\\') {
      index += 1;
      pair += header.charAt(index);
    } else if (char === '"') {
      isQuoted = !isQuoted;
    } else if (!isQuoted && (char === ',' || char === ';')) {
      pairs.push(pair);
      pair = '';
      if (char === ',') {
        pairs.length = 0;
      }
    } else {
      pair += char;
    }
  }
  if (isQuoted) {
    return undefined;
  }
  return [...pairs, pair].flatMap((text) => {
    const equals = text.indexOf('=');
    const key = text.slice(0, Math.max(0, equals)).trim().toLowerCase();
    const value = text.slice(equals + 1).trim();
    return key === 'uri' && value !== '' ? [value] : [];
  });
}
