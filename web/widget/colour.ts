// Which text colour can be read on the accent colour (WCAG relative luminance). Pure.

const HEX = /^#(?<r>[\da-f]{2})(?<g>[\da-f]{2})(?<b>[\da-f]{2})$/iu;

/** Give white or near-black, whichever has the higher contrast; white for a colour that is not #rrggbb. */
export function readableOn(colour: string): "#ffffff" | "#14181a" {
  const { r, g, b } = HEX.exec(colour)?.groups ?? {};
  if (r === undefined || g === undefined || b === undefined) return "#ffffff";
  const luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const contrastWithWhite = 1.05 / (luminance + 0.05);
  const contrastWithBlack = (luminance + 0.05) / 0.059;
  return contrastWithWhite >= contrastWithBlack ? "#ffffff" : "#14181a";
}

function linear(hex: string): number {
  const share = Number.parseInt(hex, 16) / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}
