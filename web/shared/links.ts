// Which addresses a page may link to or load: http(s), or a path of the same site. Pure.

/** Give the address if it is safe to follow, else null (javascript:, data:, protocol-relative …). */
export function safeLink(address: string): string | null {
  const isPath = /^\/(?![/\\])/u.test(address);
  const isWeb = /^https?:\/\/[^/\\]/iu.test(address);
  if (!isPath && !isWeb) return null;
  // Browsers drop tabs and line ends inside addresses, which could turn one kind into another.
  return hasControlCharacter(address) ? null : address;
}

/** Whether the address leads away from the page's own site. */
export function isExternal(address: string): boolean {
  return !address.startsWith("/");
}

function hasControlCharacter(text: string): boolean {
  for (const character of text) {
    if (character <= " ") return true;
  }
  return false;
}
