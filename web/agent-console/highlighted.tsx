// A customer's text with its entities highlighted.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { words } from "../shared/formatters";
import { cutAtSpans, type Span } from "./spans";

/** The bot's entity types in a fixed order: each has a colour of its own, the same everywhere. */
export const EntityTypes = createContext<readonly string[]>([]);

interface HighlightedProps {
  text: string;
  spans: readonly Span[];
  /** Whether the entity's name stands behind each span; it is drawn by the style, so copied text is the customer's. */
  isLabelled: boolean;
}

export function Highlighted({ text, spans, isLabelled }: HighlightedProps) {
  const hueOf = useHues();
  return (
    <>
      {cutAtSpans(text, spans).map((segment) =>
        segment.span === null ? (
          <span key={segment.start}>{segment.text}</span>
        ) : (
          <mark
            key={segment.start}
            style={hueOf(segment.span.entity)}
            title={describe(segment.span)}
            data-label={isLabelled ? labelOf(segment.span) : undefined}
          >
            {segment.text}
          </mark>
        ),
      )}
    </>
  );
}

/** Give the function from an entity type to the style that sets its hue, spread around the circle. */
export function useHues(): (entity: string) => Record<string, string> {
  const types = useContext(EntityTypes);
  return (entity) => {
    const place = Math.max(0, types.indexOf(entity));
    return { "--hue": String(Math.round((210 + (place * 360) / Math.max(1, types.length)) % 360)) };
  };
}

function labelOf(span: Span): string {
  return span.role === null ? words(span.entity) : `${words(span.entity)}, ${words(span.role)}`;
}

function describe(span: Span): string {
  return `${labelOf(span)} = ${span.value} (${Math.round(span.confidence * 100)} %)`;
}
