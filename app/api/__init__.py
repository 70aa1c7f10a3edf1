"""HTTP and WebSocket edge: translates the wire, decides nothing."""
