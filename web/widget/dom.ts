// Builds DOM nodes; strings always become text nodes, never markup.

interface Properties {
  class?: string;
  attrs?: Record<string, string>;
  on?: Record<string, (event: Event) => void>;
}

/** Create an element with attributes, listeners and children. */
export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { class: className, attrs = {}, on = {} }: Properties = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (className !== undefined) element.className = className;
  for (const [name, value] of Object.entries(attrs)) element.setAttribute(name, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  chat: "M12 3.5c-5 0-9 3.4-9 7.7 0 2.4 1.3 4.6 3.3 6l-.7 3.2c-.1.5.4.9.8.6l3.5-1.9c.7.1 1.4.2 2.1.2 5 0 9-3.5 9-8.1 0-4.3-4-7.7-9-7.7Z",
  close: "m6 6 12 12M18 6 6 18",
  down: "M12 5v14m-6-6 6 6 6-6",
  send: "M12 19V5m-6 6 6-6 6 6",
  thumbUp:
    "M7.5 10.5v9h-3a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Zm0 0 3.8-6.6c1.4 0 2.4 1.1 2.2 2.5l-.5 3.1h5.3a2 2 0 0 1 2 2.4l-1.1 6a2 2 0 0 1-2 1.6H7.5",
  thumbDown:
    "M16.5 13.5v-9h3a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1Zm0 0-3.8 6.6c-1.4 0-2.4-1.1-2.2-2.5l.5-3.1H5.7a2 2 0 0 1-2-2.4l1.1-6a2 2 0 0 1 2-1.6h9.7",
  leaf: "M5 19c0-9 5-14 15-14 0 10-5 15-12.5 14M5 19c2-5 5-8 9-10",
} as const;

/** Create one of the widget's icons; it takes the colour of the text and is hidden from screen readers. */
export function icon(name: keyof typeof PATHS): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", `icon icon-${name}`);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
