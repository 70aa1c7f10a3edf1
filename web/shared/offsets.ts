// Offsets on the wire count Unicode code points; JavaScript strings count UTF-16 units. Pure.

/** Count the code points of a text. */
export function countCodePoints(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Convert a code point offset to the UTF-16 offset of the same place; beyond the end gives the end. */
export function toUtf16Offset(text: string, codePoints: number): number {
  let units = 0;
  let seen = 0;
  for (const character of text) {
    if (seen >= codePoints) break;
    units += character.length;
    seen += 1;
  }
  return units;
}

/** Convert a UTF-16 offset to code points; inside a surrogate pair it means the place before the pair. */
export function toCodePointOffset(text: string, units: number): number {
  let seenUnits = 0;
  let count = 0;
  for (const character of text) {
    seenUnits += character.length;
    if (seenUnits > units) break;
    count += 1;
  }
  return count;
}
