// Entry of widget.js: makes <spandesk-chat> known to the page.

import { SpanDeskChat } from "./element";

if (customElements.get("spandesk-chat") === undefined) customElements.define("spandesk-chat", SpanDeskChat);
