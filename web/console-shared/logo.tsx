// The product's mark.

export function Logo() {
  return (
    <span class="logo">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" />
        <path d="M8 12h7m4 0h5M8 20h4m4 0h8" />
      </svg>
      SpanDesk
    </span>
  );
}
