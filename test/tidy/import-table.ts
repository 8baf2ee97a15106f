/** One row of the table of rooms in ARCHITECTURE.md. */
export interface Room {
  readonly tier: number;
  readonly name: string;
  readonly mayImport: ReadonlySet<string>;
}

/** Reads the rows `| tier | \`room\` | … | a, b |` under the heading `## Rooms`. */
export function readRooms(architecture: string): ReadonlyMap<string, Room> {
  const rooms = new Map<string, Room>();
  for (const cells of tableUnder(architecture, '## Rooms')) {
    const [tier, name, , imports] = cells;
    if (tier === undefined || name === undefined || imports === undefined || !/^\d$/.test(tier)) {
      continue;
    }
    const roomName = name.replaceAll('`', '');
    const mayImport = new Set(imports === '–' ? [] : imports.split(',').map((room) => room.trim()));
    rooms.set(roomName, { tier: Number(tier), name: roomName, mayImport });
  }
  return rooms;
}

/** Reads the rows `| \`library\` | a, b |` under the heading `## Doors`. */
export function readDoors(architecture: string): ReadonlyMap<string, ReadonlySet<string>> {
  const doors = new Map<string, ReadonlySet<string>>();
  for (const [library, rooms] of tableUnder(architecture, '## Doors')) {
    if (library?.startsWith('`') === true && rooms !== undefined) {
      doors.set(library.replaceAll('`', ''), new Set(rooms.split(',').map((room) => room.trim())));
    }
  }
  return doors;
}

function tableUnder(text: string, heading: string): readonly (readonly string[])[] {
  const start = text.indexOf(`\n${heading}\n`);
  const end = text.indexOf('\n## ', start + 1);
  return text
    .slice(start, end < 0 ? undefined : end)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim()),
    );
}
